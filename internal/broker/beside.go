package broker

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// beside is a person's sign-in at a workspace, beside that with their identity.
type beside struct {
	provider login.Provider
	session  *login.Session
}

// signedInBeside loads the sign-in at a workspace; LoginNeeded where there is none of this person's.
func (k workspaceToken) signedInBeside(ctx context.Context, p login.Provider) (*beside, error) {
	session, err := k.sessions.Load(ctx, p)
	if err != nil {
		return nil, err
	}
	return &beside{p, session}, nil
}

// askBeside has the sign-in at the workspace last: its access token is the credential.
func (k workspaceToken) askBeside(ctx context.Context, o *order) (*item, error) {
	p, session := o.beside.provider, o.beside.session
	session, err := k.sessions.Lasting(ctx, p, session, tokenLife(o.request, session.IDTokenExpires.Sub(session.Refreshed)))
	if err != nil {
		return nil, err
	}
	if session.ID != o.beside.session.ID {
		return nil, errSignedInAnew(p)
	}
	return &item{Expires: session.IDTokenExpires, Token: &databricks.Token{
		Host: o.binding.Host, AccountID: o.binding.AccountID, WorkspaceID: o.binding.WorkspaceID,
		AccessToken: session.AccessToken, Expires: session.IDTokenExpires,
	}}, nil
}

// renewBeside renews the sign-in at a role's workspace, whose token is no longer taken there although it lives; nothing where
// there is none.
func (b *Broker) renewBeside(ctx context.Context, r Request) error {
	c := call{Broker: b, request: r, kind: b.workspace()}
	o, err := c.order(ctx)
	if err != nil || o.beside == nil {
		return err
	}
	_, err = b.parts.Sessions.Renew(ctx, o.beside.provider, o.beside.session)
	return err
}

// whileGiven calls work while the sessions that an order was made from are kept from being replaced or deleted. over is why
// they no longer give it, nil where they do.
func (c *call) whileGiven(ctx context.Context, o *order, work func(over error) error) error {
	return c.parts.Sessions.While(ctx, o.signIn.Provider, func(now *login.Session) error {
		over := o.stillGiven(now)
		if over != nil || o.beside == nil {
			return work(over)
		}
		p := o.beside.provider
		return c.parts.Sessions.While(ctx, p, func(now *login.Session) error {
			switch {
			case now == nil:
				over = ui.Errorf("signed-out-meanwhile", ui.LoginNeeded, "signed out while the credentials were being renewed").With(p.SignInFix())
			case now.ID != o.beside.session.ID:
				over = errSignedInAnew(p)
			}
			return work(over)
		})
	})
}

// SignInAt signs the person of a sign-in in at a workspace, which is one of SignIn.Beside, and stores the session in place of
// the present one. What was made from that goes before and after, as for SignIn. It is stored only while the identity's own
// sign-in is still that person's.
func (b *Broker) SignInAt(ctx context.Context, s *access.SignIn, p login.Provider, screen login.Screen) (*login.Session, error) {
	session, err := b.parts.Sessions.SignIn(ctx, p, screen)
	if err != nil {
		b.recordRefused(ctx, audit.New(b.parts.Now(), audit.SignIn, login.WhoOf(p, nil)), err)
		return nil, err
	}
	if err := b.forgetAt(ctx, s, p); err != nil {
		return nil, err
	}
	err = b.parts.Sessions.While(ctx, s.Provider, func(now *login.Session) error {
		if now == nil || now.Subject != s.Session.Subject {
			return errSignedInAnew(s.Provider)
		}
		return b.parts.Sessions.Save(ctx, p, session)
	})
	if err != nil {
		return nil, err
	}
	return session, b.forgetAt(context.WithoutCancel(ctx), s, p)
}

// forgetAt removes the cached tokens of a workspace that were issued from a sign-in.
func (b *Broker) forgetAt(ctx context.Context, s *access.SignIn, p login.Provider) error {
	keys, err := b.parts.Store.Keys(ctx, credential.WorkspacePrefix)
	if err != nil {
		return err
	}
	mine, w := of(s.Provider), p.Workspace
	return b.forget(ctx, keys, func(made Binding) bool {
		return mine(made) && made.Host == w.Host && made.AccountID == w.AccountID && made.WorkspaceID == w.WorkspaceID
	})
}

// SessionAt returns the session at a workspace that lasts, renewed if need be; LoginNeeded where only a sign-in brings one.
func (b *Broker) SessionAt(ctx context.Context, p login.Provider) (*login.Session, error) {
	session, err := b.parts.Sessions.Load(ctx, p)
	if err != nil {
		return nil, err
	}
	return b.parts.Sessions.Lasting(ctx, p, session, freshToken)
}

// signOutBeside ends the sessions that stand beside a provider's, all that are meant, also those at workspaces that the map no
// longer names.
func (b *Broker) signOutBeside(ctx context.Context, p login.Provider, meant func(*login.Workspace) bool) (out []SignedOut, err error) {
	var failed []error
	for _, w := range b.besideOf(ctx, p) {
		if !meant(w.Workspace) {
			continue
		}
		one := SignedOut{Present: true, At: w.Workspace}
		one.Revoked, err = b.parts.Sessions.Delete(ctx, w, func(context.Context) error { return nil })
		if notRevoked(err) {
			one.NotRevoked, err = err, nil
		}
		if err != nil {
			failed = append(failed, err)
		}
		out = append(out, one)
	}
	return out, errors.Join(failed...)
}

// besideOf are the workspaces where someone is signed in beside a provider; where the keyring can't list that, those that the
// map names.
func (b *Broker) besideOf(ctx context.Context, p login.Provider) (found []login.Provider) {
	key := login.SessionKey(p)
	sessions, unlisted := login.All(ctx, b.parts.Store)
	for _, session := range sessions {
		if session.Workspace != nil && session.Workspace.Beside == key {
			found = append(found, session.Provider())
		}
	}
	if unlisted == nil || len(found) > 0 {
		return found
	}
	view, err := b.view()
	if err != nil {
		return nil
	}
	for _, name := range view.Map.People() {
		identity := view.Map.Identities[name]
		if login.SessionKey(access.ProviderOf(view.Map, identity)) != key {
			continue
		}
		for _, w := range view.Beside(identity) {
			if _, err := b.parts.Sessions.Load(ctx, w); !errors.Is(err, login.ErrNotSignedIn) {
				found = append(found, w)
			}
		}
	}
	return found
}

// notRevoked reports whether a session is gone from here alone.
func notRevoked(err error) bool {
	return errors.Is(err, login.ErrNotRevoked) || errors.Is(err, login.ErrNoRevocation)
}

// Beside is how a sign-in at a workspace stands.
type Beside struct {
	Provider login.Provider
	Session  *login.Session // nil where there is none of this person's
	Standing login.Standing // of the session
	Why      error          // why there is none that can be used, beyond that nobody is signed in; nil for that
}

// Beside tells of each workspace where the person of a sign-in signs in besides how that stands. It asks no server.
func (b *Broker) Beside(ctx context.Context, s *access.SignIn) (all []Beside, err error) {
	for _, p := range s.Beside() {
		one := Beside{Provider: p}
		session, err := b.parts.Sessions.Load(ctx, p)
		switch {
		case err == nil:
			one.Session, one.Standing = session, b.Standing(p, session)
		case ui.CodeOf(err) != ui.LoginNeeded:
			return nil, err
		case !errors.Is(err, login.ErrNotSignedIn):
			one.Why = err
		}
		all = append(all, one)
	}
	return all, nil
}

// LoginNeededAt reports whether the token of a role's workspace takes a sign-in there first, as far as that is known without a
// request.
func (b *Broker) LoginNeededAt(ctx context.Context, r Request) bool {
	c := call{Broker: b, request: r, kind: b.workspace()}
	o, err := c.order(ctx)
	if err != nil {
		return ui.CodeOf(err) == ui.LoginNeeded
	}
	return o.beside != nil && !b.Standing(o.beside.provider, o.beside.session).Over.IsZero()
}
