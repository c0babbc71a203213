package broker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// SignedOut is what became of a session.
type SignedOut struct {
	Present    bool             // there was a session
	Revoked    bool             // the provider ended the session too
	NotRevoked error            // why it was not ended there; nil where it was, or nothing of it could be
	At         *login.Workspace // where it was; nil for the sign-in with an identity
	Beside     []SignedOut      // those at workspaces, which ended with it
}

// SignOut ends a provider's session: deleted from the keyring, revoked at the provider where that is possible, and with
// it every cached role goes.
func (b *Broker) SignOut(ctx context.Context, provider login.Provider) (out SignedOut, err error) {
	if !provider.Method.SignsIn() { // a workload has no session to end
		return out, b.forgetOut(ctx, provider)
	}
	_, err = b.parts.Sessions.Load(ctx, provider)
	out.Present = err == nil
	// The session goes first: a renewal under way looks for it before it stores, and finds it gone.
	out.Revoked, err = b.parts.Sessions.Delete(ctx, provider, func(ctx context.Context) error { return b.forgetOut(ctx, provider) })
	if notRevoked(err) {
		out.NotRevoked, err = err, nil
	}
	if err != nil {
		return out, err
	}
	out.Beside, err = b.signOutBeside(ctx, provider, func(*login.Workspace) bool { return true })
	// What can't be used here, as that of another region, or can't be read, was there all the same.
	out.Present = out.Present || out.Revoked || out.NotRevoked != nil
	return out, err
}

// Peek returns the cached AWS credentials of a role if they live and are what the role gives by the present map, else nil. It
// renews nothing and is for display only: nothing is handed out.
func (b *Broker) Peek(ctx context.Context, r Request) (*sts.Credentials, error) {
	r = b.asking(r)
	it, err := b.peek(ctx, r, b.kindOf(r))
	if it == nil {
		return nil, err
	}
	return it.Credentials, nil
}

// asking is a request with whether an agent asks.
func (b *Broker) asking(r Request) Request {
	r.Agent = b.parts.Agent
	return r
}

// PeekToken is Peek for the token of the role's workspace. A role without one is an error, as for WorkspaceToken.
func (b *Broker) PeekToken(ctx context.Context, r Request) (*databricks.Token, error) {
	it, err := b.peek(ctx, b.asking(r), b.workspace())
	if it == nil {
		return nil, err
	}
	return it.Token, nil
}

func (b *Broker) peek(ctx context.Context, r Request, k kind) (*item, error) {
	key, err := k.key(r)
	if err != nil {
		return nil, err
	}
	it, err := b.cached(ctx, key)
	if err != nil || it == nil || !it.Alive(r.Role, b.parts.Now()) {
		return nil, err
	}
	if b.unchanged(it) && it.ValidFor(r) {
		return it.For(r.Role), nil
	}
	c := call{Broker: b, request: r, kind: k}
	o, err := c.order(ctx)
	if err != nil || !o.made(it, c.jobOf(o.signIn)) {
		return nil, nil // what is wrong is told where it is asked for
	}
	if it = it.Accepted(r.Role, o.terms, o.stamp); !it.Alive(r.Role, b.parts.Now()) {
		return nil, nil
	}
	return it.For(r.Role), nil
}

// Standing is what a session is good for, as far as that is known without a request.
func (b *Broker) Standing(p login.Provider, s *login.Session) login.Standing {
	return s.Standing(p, b.parts.Failures, b.parts.Now())
}

// TryAgain forgets what failed lately, in whichever process: a person waits, and wants it tried now.
func (b *Broker) TryAgain() { b.parts.Failures.Clear() }

// Session returns the provider's session with an ID token that lives for minLife at least, renewed if need be.
func (b *Broker) Session(ctx context.Context, p login.Provider, minLife time.Duration) (*login.Session, error) {
	before, err := b.parts.Sessions.Load(ctx, p)
	if err != nil {
		return nil, err
	}
	session, err := b.parts.Sessions.Lasting(ctx, p, before, minLife)
	if err != nil {
		return nil, err
	}
	return session, b.changedHere(ctx, p, before, session)
}

// Renew returns the provider's session renewed now, whatever life is left in it: groups and assignments are asked for
// again.
func (b *Broker) Renew(ctx context.Context, p login.Provider, before *login.Session) (*login.Session, error) {
	session, err := b.parts.Sessions.Renew(ctx, p, before)
	if err != nil {
		return nil, err
	}
	return session, b.changedHere(ctx, p, before, session)
}

// Changing is for login.Stored. Groups come with each renewal: where they changed, what was cached by the old ones is forgotten, so
// that a role lost at the provider is not served on until its credentials end, and which roles the new ones give is recorded. Both
// before the new ones are stored: whatever ends this process or fails, the next call sees the change until all of it is done.
func (b *Broker) Changing(ctx context.Context, p login.Provider, before, after *login.Session) error {
	if after == before || after.ID == before.ID && slices.Equal(b.given(p, before), b.given(p, after)) {
		return nil
	}
	if err := b.Forget(context.WithoutCancel(ctx), p); err != nil {
		return fmt.Errorf("forgetting what the groups of before gave: %w", err)
	}
	for _, r := range b.entitled(p, after) {
		if err := b.record(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// changedHere is Changing for a workload, whose session is stored nowhere.
func (b *Broker) changedHere(ctx context.Context, p login.Provider, before, after *login.Session) error {
	if after.Token == nil {
		return nil
	}
	return b.Changing(ctx, p, before, after)
}

// given is what the person's claims say as far as it gives roles: the groups, what the sign-in proves, and the roles with their ends
// by all rules of every identity of the map that shares the session.
func (b *Broker) given(p login.Provider, s *login.Session) []string {
	all := append(slices.Sorted(slices.Values(s.Groups)), s.Authentication.Fingerprint())
	view, err := b.view()
	if err != nil {
		return all
	}
	for _, name := range view.Map.People() {
		identity := view.Map.Identities[name]
		if other := access.ProviderOf(view.Map, identity); login.SessionKey(other) == login.SessionKey(p) {
			all = append(all, name)
			for _, grant := range access.NewSignIn(view.Map, identity, s.For(other), b.parts.Now()).Grants {
				all = append(all, grant.Role+" "+grant.Words())
			}
		}
	}
	return all
}

// SignIn signs a person in and stores the session in place of the present one. What was cached for the former one goes
// first, so that no interruption leaves it to another person, and what a renewal under way added goes after. The
// session that was replaced is not revoked: at Keycloak that would end the new one too, where one browser approved
// both.
func (b *Broker) SignIn(ctx context.Context, p login.Provider, screen login.Screen) (*login.Session, error) {
	session, err := b.parts.Sessions.SignIn(ctx, p, screen)
	if session == nil {
		b.recordRefused(ctx, audit.New(b.parts.Now(), audit.SignIn, login.WhoOf(p, nil)), err)
		return nil, err
	}
	if err == nil && session.Subject == "" { // Identity Center's tokens name no person
		err = b.name(ctx, p, session)
	}
	if err != nil { // whatever ended the looking up, Ctrl-C too: the person has approved
		session.Groups, session.GroupsPresent = nil, false
		session.Subject, session.Username = login.Unassigned, login.Unassigned
		ctx = context.WithoutCancel(ctx)
	}
	if err := b.store(ctx, p, session); err != nil {
		return nil, err
	}
	return session, unfinished(p, err)
}

// store saves a new session in place of the present one, and forgets what that gave.
func (b *Broker) store(ctx context.Context, p login.Provider, session *login.Session) error {
	if err := b.Forget(ctx, p); err != nil {
		return err
	}
	if err := b.parts.Sessions.Save(ctx, p, session, b.entitled(p, session)...); err != nil {
		return err
	}
	lasting := context.WithoutCancel(ctx)
	if !session.Unnamed() { // what someone else left at workspaces is of no use to this person
		others := func(w *login.Workspace) bool { return w.Subject != session.Subject }
		if _, err := b.signOutBeside(lasting, p, others); err != nil {
			return err
		}
	}
	return b.Forget(lasting, p)
}
