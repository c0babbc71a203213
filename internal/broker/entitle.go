package broker

import (
	"context"
	"errors"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
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
	stamp    accessmap.Stamp
}

// entitle looks the request up: map, session, groups, role. It needs no network. What it is to be made into is bound by
// its kind.
func (b *Broker) entitle(ctx context.Context, r Request) (*entitlement, error) {
	m, stamp, err := b.Map()
	if err != nil {
		return nil, err
	}
	identity, err := identityOf(m, r.Identity)
	if err != nil {
		return nil, err
	}
	provider := ProviderOf(m, identity)
	session, err := b.Sessions.Load(ctx, provider)
	if err != nil {
		return nil, err
	}
	e := &entitlement{m: m, identity: identity, provider: provider, session: session, stamp: stamp, role: r.Role}
	if err := e.stillGiven(); err != nil {
		return nil, err
	}
	role, err := m.Effective(r.Role)
	if err != nil {
		return nil, err
	}
	e.grants = role
	e.binding = Binding{Issuer: provider.Issuer, ClientID: provider.ClientID, Subject: session.Subject, Key: session.Key}
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
	if !slices.Contains(mayTake(e.m, e.identity.Name, e.session), e.role) {
		return NoSuchRole(e.m, e.identity, e.session, e.role)
	}
	if e.identity.Center() && Unnamed(e.session) {
		return ui.Fault(ui.LoginNeeded, "dbxaccess login --identity "+e.identity.Name,
			"nothing was assigned yet when somebody signed in at %s, so it is not known who that was", ui.Clean(e.provider.Issuer))
	}
	return nil
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
