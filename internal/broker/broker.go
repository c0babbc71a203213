// Package broker is the one place that decides: serve the cached credential, renew it, or say that a login is needed.
//
// In comes a role of the access map; out come AWS credentials that the signed-in person may have by that map. The warm
// path is one read from the keyring and one stat of the map. Everything that is issued passes through one seam
// (Broker.Issued), whether fresh or cached, so that every use can be traced to a verified person. The broker must never
// serve a credential for a role that the map or the person's groups no longer give, never prompt, and never let two
// processes renew the same thing at once.
package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
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
	// minTokenLife is what an ID token must still live to be worth sending to STS.
	minTokenLife = time.Minute
)

// Broker joins the map, the keyring, the sign-in and STS.
type Broker struct {
	MapPath  string                                          // the file that LoadMap reads; its stat tells whether it changed
	LoadMap  func() (*accessmap.Map, accessmap.Stamp, error) // parsed on demand: the warm path never needs it
	Store    *store.Store                                    // the keyring
	Sessions *login.Sessions                                 // who is signed in
	STS      *sts.Client                                     // where credentials come from
	Now      func() time.Time                                // wall clock
	Notice   func(message string)                            // a word for the person on stderr
	Issued   func(Issue)                                     // every credential that leaves, see Issue
	loadOnce sync.Once
	loaded   struct {
		m     *accessmap.Map
		stamp accessmap.Stamp
		err   error
	}
}

// Request names what is wanted.
type Request struct {
	Identity string   // of the access map; "" where the map leaves no choice
	Role     string   // of the access map
	Scope    []string // datasets to narrow the session policy to; empty for all of the role's
}

// Issue is the record of one credential that left the broker: who got what, and where it came from.
type Issue struct {
	Time        time.Time
	Identity    string // of the access map
	Issuer      string
	Subject     string
	SessionName string // as CloudTrail shows it
	Role        string
	RoleARN     string
	Scope       []string
	AccessKeyID string
	Expires     time.Time
	Cached      bool // served from the keyring
}

// Credentials returns credentials for a role: cached ones that are fresh enough, else new ones. Errors carry exit codes:
// login needed, no such role, refused by AWS, keyring unavailable. Where renewing is impossible but the cached ones
// still live, they are served and Notice says so.
func (b *Broker) Credentials(ctx context.Context, r Request) (*sts.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	if r.Identity == "" {
		name, err := b.identityFor(ctx, r.Role)
		if err != nil {
			return nil, err
		}
		r.Identity = name
	}
	key := b.itemKey(r)
	cached, err := b.cached(ctx, key)
	if err != nil {
		return nil, err
	}
	if b.servable(cached) {
		return b.hand(r, cached, true), nil
	}
	return b.renew(ctx, r, key, cached)
}

// servable reports whether a cached credential can be handed out as it is: fresh, and by the map as it stands.
func (b *Broker) servable(cached *item) bool {
	return cached != nil && cached.fresh(b.Now()) && b.unchanged(cached)
}

// unchanged reports whether the map is still the one by which the credential was last found right.
func (b *Broker) unchanged(cached *item) bool {
	stamp, err := accessmap.StampOf(b.MapPath)
	return err == nil && stamp.Equal(cached.Map)
}

// renew holds the credential's lock from looking again to storing, so that however many processes ask, one works.
func (b *Broker) renew(ctx context.Context, r Request, key string, cached *item) (*sts.Credentials, error) {
	wait := lockWait
	if cached != nil && cached.alive(b.Now()) {
		wait = lockWaitAlive
	}
	lockCtx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	lock, err := b.Store.Lock(lockCtx, key)
	if err != nil {
		return b.serveAlive(ctx, r, cached, err)
	}
	defer func() { _ = lock.Unlock() }()

	if cached, err = b.cached(ctx, key); err != nil {
		return nil, err
	}
	if b.servable(cached) { // somebody else renewed it while we waited
		return b.hand(r, cached, true), nil
	}
	want, err := b.entitle(ctx, r)
	if err != nil {
		if ui.CodeOf(err) == ui.NoSuchRole {
			_ = b.Store.Delete(ctx, key) // best effort: the binding check keeps it from being served anyway
		}
		return nil, err
	}
	if cached != nil && cached.Binding != want.binding {
		cached = nil // made for another person, role or policy: as good as absent
	}
	if cached != nil && cached.fresh(b.Now()) {
		cached.Map = want.stamp // the map changed, and the role did not
		if err := b.storeForSession(ctx, key, want, cached); err != nil {
			return nil, err
		}
		return b.hand(r, cached, true), nil
	}
	fresh, err := b.assume(ctx, want)
	if err != nil {
		return b.serveAlive(ctx, r, cached, err)
	}
	if err := b.storeForSession(ctx, key, want, fresh); err != nil {
		return nil, err
	}
	return b.hand(r, fresh, false), nil
}

// assume trades the session's ID token; a token that AWS refuses is refreshed once.
func (b *Broker) assume(ctx context.Context, want *entitlement) (*item, error) {
	// A provider whose ID tokens live for a minute (some do) must not cost a refresh for every role.
	life := want.session.IDTokenExpires.Sub(want.session.Refreshed)
	session, err := b.sessionAfter(ctx, want.provider, want.session, min(minTokenLife, life/4))
	if err != nil {
		return nil, err
	}
	if err := want.adopt(session); err != nil {
		return nil, err
	}
	credentials, err := b.STS.AssumeRoleWithWebIdentity(ctx, want.webIdentity())
	if sts.TokenRefused(err) {
		renewed, refreshErr := b.Sessions.Renew(ctx, want.provider, session)
		if refreshErr != nil {
			if ui.CodeOf(refreshErr) == ui.LoginNeeded {
				err = refreshErr // a new sign-in mends both
			}
			return nil, err
		}
		if err := errors.Join(b.forgetOnChange(ctx, want.provider, session, renewed), want.adopt(renewed)); err != nil {
			return nil, err
		}
		credentials, err = b.STS.AssumeRoleWithWebIdentity(ctx, want.webIdentity())
	}
	if err != nil {
		return nil, err
	}
	return &item{
		Binding: want.binding, Map: want.stamp, Issued: b.Now().UTC(),
		SessionName: want.sessionName(), Credentials: *credentials,
	}, nil
}

// serveAlive answers a failed renewal: with the cached credential while it lives and the cause is not a refusal, else
// with the error.
func (b *Broker) serveAlive(ctx context.Context, r Request, cached *item, cause error) (*sts.Credentials, error) {
	code := ui.CodeOf(cause)
	final := code == ui.Refused || code == ui.NoSuchRole || errors.Is(cause, errOtherSignIn)
	if cached == nil || !cached.alive(b.Now()) || errors.Is(ctx.Err(), context.Canceled) || final {
		return nil, cause
	}
	// Waiting for the lock ended before the map was looked at: only an unchanged map vouches for the credential.
	if !b.unchanged(cached) {
		return nil, cause
	}
	left := cached.Credentials.Expires.Sub(b.Now()).Truncate(time.Second)
	b.notice("could not renew the credentials for " + r.Role + " (" + ui.Clean(cause.Error()) + "); the present ones live for another " + left.String())
	return b.hand(r, cached, true), nil
}

// hand is the seam through which every credential leaves.
func (b *Broker) hand(r Request, it *item, cached bool) *sts.Credentials {
	if b.Issued != nil {
		b.Issued(Issue{
			Time: b.Now().UTC(), Identity: r.Identity, Issuer: it.Binding.Issuer, Subject: it.Binding.Subject,
			SessionName: it.SessionName, Role: r.Role, RoleARN: it.Binding.RoleARN, Scope: r.Scope,
			AccessKeyID: it.Credentials.AccessKeyID, Expires: it.Credentials.Expires, Cached: cached,
		})
	}
	return &it.Credentials
}

func (b *Broker) notice(message string) {
	if b.Notice != nil {
		b.Notice(message)
	}
}

// Map returns the access map, parsed at most once.
func (b *Broker) Map() (*accessmap.Map, accessmap.Stamp, error) {
	b.loadOnce.Do(func() { b.loaded.m, b.loaded.stamp, b.loaded.err = b.LoadMap() })
	return b.loaded.m, b.loaded.stamp, b.loaded.err
}
