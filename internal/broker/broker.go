// Package broker is the one place that decides: serve the cached credential, renew it, or say that a login is needed.
//
// In comes a role of the access map; out come AWS credentials, or a Databricks workspace's token, that the signed-in
// person may have by that map. The warm path for AWS is one read from the keyring and one stat of the map. Everything that
// is issued passes through one seam (Broker.Issued), whether fresh or cached, so that every use can be traced to a
// verified person. The broker must never serve a credential for a role that the map or the person's groups no longer give,
// never prompt, and never let two processes renew the same thing at once.
package broker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// lockWait bounds waiting for another process that renews the same credential.
	lockWait = 30 * time.Second
	// lockWaitAlive bounds it where a living credential can be served instead.
	lockWaitAlive = 5 * time.Second
	// credentialsWait bounds one request: the AWS SDK for Go gives its helper a minute. A refresh token is not spent in
	// the last seconds, as being killed between the provider's answer and the keyring would cost a sign-in.
	credentialsWait = 50 * time.Second
	// freshToken is the age up to which refreshing an ID token can't be what it takes for it to be accepted.
	freshToken = time.Minute
)

// Broker joins the map, the keyring, the sign-in and STS.
type Broker struct {
	MapPath       string                                       // the file that LoadMap reads; its stat tells whether it changed
	LoadMap       func() (*accessmap.Map, source.Stamp, error) // parsed on demand: the warm path never needs it
	ProfilePrefix string                                       // of the names of profiles, for the View
	Store         *store.Store                                 // the keyring
	Sessions      *login.Sessions                              // who is signed in
	STS           *sts.Client                                  // where AWS credentials come from
	Ambient       *sts.Ambient                                 // what AWS gives this machine, for identities that use it
	Databricks    *databricks.Client                           // where workspace tokens come from
	Now           func() time.Time                             // wall clock
	Notice        func(message string)                         // a word for the person on stderr
	Remark        func(message string)                         // one that only a person needs, and no SDK's log; may be nil
	Issued        func(Issue)                                  // every credential that leaves, see Issue
	Waiting       func(what string) (done func())              // tells the person what takes long; may be nil
	loadOnce      sync.Once
	loaded        struct {
		view  *access.View
		stamp source.Stamp
		err   error
	}
}

// Request names what is wanted.
type Request struct {
	Identity string   // of the access map; "" where the map leaves no choice
	Role     string   // of the access map
	Scope    []string // datasets to narrow the session policy to; empty for all of the role's
}

// Credentials returns AWS credentials for a role: cached ones that are fresh enough, else new ones. Errors carry exit
// codes: login needed, no such role, refused by AWS, keyring unavailable. Where renewing is impossible but the cached
// ones still live, they are served and Notice says so.
func (b *Broker) Credentials(ctx context.Context, r Request) (*sts.Credentials, error) {
	it, err := b.serve(ctx, r, assumed{b})
	if err != nil {
		return nil, err
	}
	return it.Credentials, nil
}

// WorkspaceToken returns a token for the role's Databricks workspace, as Credentials does for AWS. A role without a
// workspace, or one whose workspace has another login than federation, is an error. Scope means nothing here. The token is
// shared by all roles through which the same person, or the same service principal, works at one host.
func (b *Broker) WorkspaceToken(ctx context.Context, r Request) (*databricks.Token, error) {
	it, err := b.serve(ctx, r, exchanged{b})
	if err != nil {
		return nil, err
	}
	return it.Token, nil
}

// serve is the line from a request to a credential: the cached one if it is fresh, else a new one.
func (b *Broker) serve(ctx context.Context, r Request, k kind) (*item, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	r, err := b.Resolve(ctx, r)
	if err != nil {
		return nil, err
	}
	key, err := k.key(r)
	if err != nil {
		return nil, err
	}
	cached, err := b.cached(ctx, key)
	if err != nil {
		return nil, err
	}
	if b.servable(cached, r) || b.vouched(ctx, r, k, cached) {
		return b.hand(r, cached, true), nil
	}
	return b.renew(ctx, r, k, key, cached)
}

// servable reports whether a cached credential can be handed out as it is: fresh, and right for the role by the map as
// it stands.
func (b *Broker) servable(cached *item, r Request) bool {
	return cached != nil && cached.fresh(b.Now()) && cached.of(r.Role) && b.unchanged(cached)
}

// unchanged reports whether the map is still the one by which the credential was last found right, and whether a
// machine's surroundings are still those of the job that got it.
func (b *Broker) unchanged(cached *item) bool {
	stamp, err := source.StampOf(b.MapPath)
	return err == nil && stamp.Equal(cached.Map) && b.sameJob(cached)
}

// renew holds the credential's lock from looking again to storing, so that however many processes ask, one works.
func (b *Broker) renew(ctx context.Context, r Request, k kind, key string, cached *item) (*item, error) {
	wait := lockWait
	if cached != nil && cached.alive(b.Now()) && b.unchanged(cached) {
		wait = lockWaitAlive // it can be served instead
	}
	lockCtx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	waited := b.waiting("waiting for another dbxaccess that renews the same")
	unlock, err := b.Store.Lock(lockCtx, key)
	waited()
	if err != nil {
		return b.serveAlive(ctx, r, cached, err)
	}
	defer func() { _ = unlock() }()

	if cached, err = b.cached(ctx, key); err != nil {
		return nil, err
	}
	if b.servable(cached, r) { // somebody else renewed it while we waited
		return b.hand(r, cached, true), nil
	}
	want, err := b.entitle(ctx, r)
	if err == nil {
		err = k.bind(want, r)
	}
	if err != nil {
		if ui.CodeOf(err) == ui.NoSuchRole && cached != nil && cached.Credentials != nil { // a token is also that of other roles
			_ = b.Store.Delete(ctx, key) // best effort: the binding check keeps it from being served anyway
		}
		if cached != nil && cached.Job != nil { // whose token is asked for anew each time, of somebody who may be down
			return b.serveAlive(ctx, r, cached, err)
		}
		return nil, err
	}
	mine := b.jobOf(want.provider, want.session)
	if cached != nil && (cached.Binding != want.binding || !mine.of(cached.Job)) {
		cached = nil // made for another person, job, role or policy: as good as absent
	}
	if cached != nil && cached.fresh(b.Now()) {
		cached.adopt(want.stamp, r.Role) // the map changed, and the role did not; or another role shares it
		if err := b.storeForSession(ctx, key, want, cached); err != nil {
			return nil, err
		}
		return b.hand(r, cached, true), nil
	}
	fresh, err := b.issue(ctx, want, k)
	if err != nil {
		return b.serveAlive(ctx, r, cached, err)
	}
	if err := b.storeForSession(ctx, key, want, fresh); err != nil {
		return nil, err
	}
	return b.hand(r, fresh, false), nil
}

// issue trades the session's ID token; a token that is refused is refreshed once.
func (b *Broker) issue(ctx context.Context, want *entitlement, k kind) (*item, error) {
	life := want.session.IDTokenExpires.Sub(want.session.Refreshed)
	session, err := b.sessionAfter(ctx, want.provider, want.session, k.tokenLife(life))
	if err != nil {
		return nil, err
	}
	if err := want.adopt(session); err != nil {
		return nil, err
	}
	it, err := k.issue(ctx, want)
	// A token as fresh as this one would be refused again: what is missing is a trust, not a refresh.
	if k.tokenRefused(err) && b.Now().Sub(session.Refreshed) > freshToken {
		renewed, refreshErr := b.Sessions.Renew(ctx, want.provider, session)
		if refreshErr != nil {
			return nil, b.notRenewed(session, err, refreshErr)
		}
		if err := errors.Join(b.forgetOnChange(ctx, want.provider, session, renewed), want.adopt(renewed)); err != nil {
			return nil, err
		}
		it, err = k.issue(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	it.Binding, it.Map, it.Issued, it.SessionName = want.binding, want.stamp, b.Now().UTC(), want.sessionName()
	it.Roles, it.Job = []string{want.role}, b.jobOf(want.provider, want.session)
	return it, nil
}

// notRenewed is the error where an ID token was refused and could not be refreshed. At the token's end that is all there is
// to say, and a new sign-in mends it; before, the refusal says what is wrong, and a new sign-in is the second best guess.
func (b *Broker) notRenewed(session *login.Session, refused, refreshErr error) error {
	switch {
	case ui.CodeOf(refreshErr) != ui.LoginNeeded:
		return refused
	case session.IDTokenExpires.Sub(b.Now()) < freshToken:
		return refreshErr
	}
	fix := slices.Concat(ui.FixOf(refused), ui.FixOf(refreshErr))
	return &ui.Error{ID: ui.IDOf(refused), Code: ui.CodeOf(refused), Err: errors.New(refused.Error()), Fix: fix}
}

// serveAlive answers a failed renewal: with the cached credential while it lives and the cause is not a refusal, else
// with the error.
func (b *Broker) serveAlive(ctx context.Context, r Request, cached *item, cause error) (*item, error) {
	code := ui.CodeOf(cause)
	final := code == ui.Refused || code == ui.NoSuchRole || errors.Is(cause, errOtherSignIn) || errors.Is(cause, login.ErrNotSignedIn)
	if cached == nil || !cached.alive(b.Now()) || errors.Is(ctx.Err(), context.Canceled) || final {
		return nil, cause
	}
	// Waiting for the lock ended before the map was looked at: only an unchanged map vouches for the credential.
	if !b.unchanged(cached) || !cached.of(r.Role) {
		return nil, cause
	}
	left := cached.Expires.Sub(b.Now()).Truncate(time.Second)
	b.notice("could not renew the credentials for " + r.Role + " (" + ui.Clean(cause.Error()) +
		"); the present ones live for another " + left.String())
	return b.hand(r, cached, true), nil
}

func (b *Broker) waiting(what string) (done func()) {
	if b.Waiting == nil {
		return func() {}
	}
	return b.Waiting(what)
}

func (b *Broker) remark(message string) {
	if b.Remark != nil {
		b.Remark(message)
	}
}

func (b *Broker) notice(message string) {
	if b.Notice != nil {
		b.Notice(message)
	}
}

// View returns the access map with who is signed in by it. The map is parsed at most once.
func (b *Broker) View() (*access.View, error) {
	b.loadOnce.Do(func() {
		var m *accessmap.Map
		m, b.loaded.stamp, b.loaded.err = b.LoadMap()
		b.loaded.view = &access.View{Map: m, Prefix: b.ProfilePrefix, Load: b.Sessions.Load}
	})
	if b.loaded.err != nil {
		return nil, b.loaded.err
	}
	return b.loaded.view, nil
}

// Resolve completes a request with the identity through which its role is meant, where none is named: see
// access.View.ForRole.
func (b *Broker) Resolve(ctx context.Context, r Request) (Request, error) {
	if r.Identity != "" {
		return r, nil
	}
	view, err := b.View()
	if err != nil {
		return r, err
	}
	identity, err := view.ForRole(ctx, r.Role)
	if err != nil {
		return r, err
	}
	r.Identity = identity.Name
	return r, nil
}
