package broker

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// entitlement is what the map gives the signed-in person for one request, ready to be asked of STS.
type entitlement struct {
	m        *accessmap.Map
	identity *accessmap.Identity
	provider login.Provider
	session  *login.Session
	role     string
	grants   *accessmap.Effective
	policy   string
	hops     []accessmap.Hop // of AWS credentials: see chain
	binding  Binding
	stamp    source.Stamp
}

// entitle looks the request up: map, session, groups, role. It needs no network. What it is to be made into is bound by
// its kind.
func (b *Broker) entitle(ctx context.Context, r Request) (*entitlement, error) {
	view, err := b.View()
	if err != nil {
		return nil, err
	}
	identity, err := access.Identity(view.Map, r.Identity)
	if err != nil {
		return nil, err
	}
	signIn, err := view.SignIn(ctx, identity)
	if err != nil {
		return nil, err
	}
	if err := signIn.Check(r.Role); err != nil {
		return nil, err
	}
	role, err := view.Map.Effective(r.Role)
	if err != nil {
		return nil, err
	}
	e := &entitlement{
		m: view.Map, identity: identity, provider: signIn.Provider, session: signIn.Session, stamp: b.loaded.stamp, role: r.Role, grants: role,
	}
	e.binding = Binding{Issuer: e.provider.Issuer, ClientID: e.provider.ClientID, Subject: e.session.Subject, Key: e.session.Key}
	return e, nil
}

// adopt takes the session that a renewal brought. It must be of the same sign-in, and its groups must still give the
// role: they come anew with every ID token.
func (e *entitlement) adopt(session *login.Session) error {
	if session.ID != e.session.ID {
		return errSignedInAnew(e.provider)
	}
	e.session = session
	return e.stillGiven()
}

// stillGiven looks the role up among those that the session's groups give now.
func (e *entitlement) stillGiven() error {
	return access.NewSignIn(e.m, e.identity, e.session).Check(e.role)
}

func (e *entitlement) sessionName() string {
	return sts.SessionName(e.session.Email, e.session.Username, e.session.Subject)
}

// errOtherSignIn marks that the session was replaced: what the former one was given is not to be served on.
var errOtherSignIn = errors.New("somebody signed in anew meanwhile")

func errSignedInAnew(p login.Provider) error {
	return ui.Fault(ui.Failed, "try again", "%s: %w", ui.Clean(p.Issuer), errOtherSignIn)
}

func loginNeeded(identity, why string) error {
	return ui.Fault(ui.LoginNeeded, "dbxaccess login --identity "+identity, "%s", why)
}
