package login

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Source is one kind of sign-in: the one door to anyone who proves who they are in that way.
type Source interface {
	// SignIn has the person prove who they are. The session that it returns is not stored yet. At Identity Center, whose
	// tokens name nobody, its subject and user name are empty: the caller may find out before it is saved. A session that
	// comes with an error is signed in all the same and to be saved: there, what is assigned could not be looked up. Nobody
	// signs in as a workload: an error.
	SignIn(ctx context.Context, p Provider, screen Screen) (*Session, error)

	// Save stores what SignIn brought in place of whatever session there was. Before that the sign-in is recorded, and with it
	// what else is to be told of it: where that fails, nothing is stored.
	Save(ctx context.Context, p Provider, session *Session, told ...audit.Record) error

	// Load returns the present session, whatever is left of it, as it is to this provider. LoginNeeded where there is none
	// that can be used, ErrNotSignedIn where there is none at all. A workload's is the one that the process has while it
	// lives, else what its source gives now, verified; LoginNeeded where this is not the place to have one.
	Load(ctx context.Context, p Provider) (*Session, error)

	// Lasting returns a session whose token lives for at least minLife: the present one, which Load returned, or one that is
	// renewed if need be; a provider that issues shorter ones gets one renewal. Where renewing is impossible for now (the
	// network, a busy lock, the keyring) or by nature, and the present token still lives, that session is returned and a
	// notice says so. LoginNeeded: nobody is signed in, or the provider ended the session; the stored one is left as it is.
	// store.ErrLockTimeout: others renewed it beyond ctx's deadline.
	Lasting(ctx context.Context, p Provider, present *Session, minLife time.Duration) (*Session, error)

	// Renew returns a session with another token than that of refused, which was not taken although it lives.
	Renew(ctx context.Context, p Provider, refused *Session) (*Session, error)

	// While calls work with the present session, nil if nobody is signed in, and keeps it from being replaced, renewed or
	// deleted until work returns. Several may do so at once. A workload's is the one that the process has, nil if it has
	// none.
	While(ctx context.Context, p Provider, work func(session *Session) error) error

	// Delete signs out: the session is removed, gone is called to remove what was issued from it (While reports nobody
	// signed in by then, so that nothing is added behind), and the session is revoked at the provider if that is possible.
	// revoked tells whether the provider did. Nobody signed in is no error; ErrNotRevoked comes with the cause,
	// ErrNoRevocation with what a person can do, and the session is gone all the same. Only waiting for others and the provider can be interrupted.
	Delete(ctx context.Context, p Provider, gone func(ctx context.Context) error) (revoked bool, err error)

	// Fingerprint tells the job that a session was made in from others that share its keyring; with no session, the job
	// that this process runs in, as far as that can be told without any request. It proves nothing. "" for people, where a
	// workload's source has no token here, and where only asking it would tell.
	Fingerprint(p Provider, s *Session) string
}

// Sources are the kinds of sign-in that there are: a Source that finds the one of a provider's method, which must be there.
type Sources map[idp.Method]Source

// SignIn is that of the provider's source, as are the others.
func (s Sources) SignIn(ctx context.Context, p Provider, screen Screen) (*Session, error) {
	return s[p.Method].SignIn(ctx, p, screen)
}

// Save implements Source.
func (s Sources) Save(ctx context.Context, p Provider, session *Session, told ...audit.Record) error {
	return s[p.Method].Save(ctx, p, session, told...)
}

// Load implements Source.
func (s Sources) Load(ctx context.Context, p Provider) (*Session, error) {
	return s[p.Method].Load(ctx, p)
}

// Lasting implements Source.
func (s Sources) Lasting(ctx context.Context, p Provider, present *Session, minLife time.Duration) (*Session, error) {
	return s[p.Method].Lasting(ctx, p, present, minLife)
}

// Renew implements Source.
func (s Sources) Renew(ctx context.Context, p Provider, refused *Session) (*Session, error) {
	return s[p.Method].Renew(ctx, p, refused)
}

// While implements Source.
func (s Sources) While(ctx context.Context, p Provider, work func(session *Session) error) error {
	return s[p.Method].While(ctx, p, work)
}

// Delete implements Source.
func (s Sources) Delete(ctx context.Context, p Provider, gone func(ctx context.Context) error) (revoked bool, err error) {
	return s[p.Method].Delete(ctx, p, gone)
}

// Fingerprint implements Source.
func (s Sources) Fingerprint(p Provider, session *Session) string {
	return s[p.Method].Fingerprint(p, session)
}
