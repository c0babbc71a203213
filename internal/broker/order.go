package broker

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// entitlement is what the map gives a sign-in for one request. It is complete when it is made and never changes.
type entitlement struct {
	request Request
	m       *accessmap.Map
	signIn  *access.SignIn // gives the role
	role    *accessmap.Effective
	stamp   source.Stamp        // of the map
	terms   credential.Terms    // on which the map gives the role
	data    accessmap.Sensitive // that is why
}

func (e *entitlement) session() *login.Session { return e.signIn.Session }

// sessionName is the role session name of the person, of one run of theirs, or of an agent that works for them.
func (e *entitlement) sessionName() string {
	if e.request.Agent != "" {
		return sts.AgentSessionName(e.personName(), e.request.Run, e.request.Agent)
	}
	return sts.RunSessionName(e.personName(), e.request.Run)
}

func (e *entitlement) personName() string {
	s := e.session()
	return sts.SessionName(s.Email, s.Username, s.Subject)
}

// order is an entitlement made ready to be asked of AWS or of a workspace, complete like it.
type order struct {
	entitlement
	binding Binding
	policy  string          // session policy of AWS credentials; "" for none
	layer   string          // what STS narrows the session by afterwards; "" for none
	managed []string        // ARNs of managed policies beside it
	beside  *beside         // where the person signs in once more, for a workspace's token; nil where its login is federation
	hops    []accessmap.Hop // the roles from the sign-in to the one that was asked for; nil for a workspace
	// otherwise is the same by another way, for where STS narrows no session; nil where there is none.
	otherwise *order
}

// bindingOf is the part of a credential's binding that says whose it is.
func bindingOf(s *access.SignIn) Binding {
	return Binding{Issuer: s.Provider.Issuer, ClientID: s.Provider.ClientID, Subject: s.Session.Subject, Key: s.Session.Key}
}

// order looks a request up: map, session, claims, role. It needs no network, unless a workload's token does.
func (c *call) order(ctx context.Context) (*order, error) {
	view, err := c.view()
	if err != nil {
		return nil, err
	}
	identity, err := access.Identity(view.Map, c.request.Identity)
	if err != nil {
		return nil, err
	}
	role, unknown := view.Map.Effective(c.request.Role)
	signIn, err := view.SignIn(ctx, identity)
	if err == nil {
		c.asker = login.WhoOf(signIn.Provider, signIn.Session)
		err = signIn.Check(c.request.Role)
	}
	switch {
	case unknown != nil: // no matter who signs in
		return nil, unknown
	case err != nil:
		return nil, err
	}
	data, err := view.Map.Sensitive(c.request.Role, c.kind.scope(c.request))
	if err != nil {
		return nil, err
	}
	recent, err := signIn.Proves(c.request.Role, data)
	if err != nil {
		return nil, err
	}
	e := entitlement{
		request: c.request, m: view.Map, signIn: signIn, role: role, stamp: view.Stamp, data: data, terms: termsOf(view.Map, c.request.Agent, signIn.Grant(c.request.Role), data, recent),
	}
	e.terms.LookUp = c.request.Agent == "" && (c.parts.LookUp || view.Map.SpeaksOfAgents())
	c.entitlement = &e
	if err := e.allowed(); err != nil {
		return nil, err
	}
	o, err := c.kind.order(ctx, e)
	if err == nil {
		c.parts.Log.Debug("the sign-in gives the role", "role", c.request.Role, "identity", identity.Name, "subject", signIn.Session.Subject,
			"renewed", signIn.Session.Refreshed, "token_expires", signIn.Session.IDTokenExpires, "policy", o.binding.PolicyDigest, "hops", len(o.hops))
	}
	return o, err
}

// with is the order with the session that a renewal brought. It must be of the same sign-in, and its groups must still give the
// role: they come again with every ID token. The policy is that of before, with the end that the grant had.
func (o *order) with(session *login.Session) (*order, error) {
	if session.ID != o.session().ID {
		return nil, errSignedInAnew(o.signIn.Provider)
	}
	next := *o
	next.signIn = o.signIn.With(session)
	if err := next.signIn.Check(o.role.Role); err != nil {
		return &next, err
	}
	recent, err := next.signIn.Proves(o.role.Role, o.data)
	next.terms = termsOf(next.m, o.request.Agent, next.signIn.Grant(o.role.Role), o.data, recent)
	next.terms.LookUp = o.terms.LookUp
	if o.otherwise != nil {
		other := *o.otherwise
		other.signIn, other.terms = next.signIn, next.terms
		next.otherwise = &other
	}
	return &next, err
}

// made reports whether an item is what the order would bring, by either way.
func (o *order) made(it *item, job *credential.Job) bool {
	return it.MadeFor(o.binding, job) || o.otherwise != nil && it.MadeFor(o.otherwise.binding, job)
}

// stillGiven returns nil if the session that is stored now, nil for none, is the order's own, or one that another
// process renewed meanwhile and that still gives the role.
func (o *order) stillGiven(now *login.Session) error {
	if now == nil {
		return ui.Errorf("signed-out-meanwhile", ui.LoginNeeded, "signed out while the credentials were being renewed").
			With(ui.Command("dbxaccess login --identity " + o.signIn.Provider.Name))
	}
	_, err := o.with(now)
	return err
}

// errOtherSignIn marks that the session was replaced: what the former one was given is not to be served on.
var errOtherSignIn = errors.New("another sign-in took its place meanwhile")

func errSignedInAnew(p login.Provider) error {
	return ui.Errorf("signed-in-meanwhile", ui.Failed, "%s: %w", ui.Clean(p.Issuer), errOtherSignIn).With(ui.Advice("try again"))
}
