package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Store is the part of the keyring that sessions need; Keyring makes one of a *store.Store. Errors are those of package
// store.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Set(ctx context.Context, key string, value []byte, meta store.Meta) error
	Delete(ctx context.Context, key string) error
	Keys(ctx context.Context, prefix string) ([]string, error)
	Probe(ctx context.Context) error
	Lock(ctx context.Context, name string) (unlock func() error, err error)
	RLock(ctx context.Context, name string) (unlock func() error, err error)
}

// Sessions keeps who is signed in, one session for each provider. Every change happens under the session's lock, so
// that however many processes there are, one renews and a logout stays one. Machines' sessions are not stored: they are
// had from their source whenever the process has none. It must not be copied.
type Sessions struct {
	Client  *Client
	Center  *identitycenter.Client // for providers that are Identity Center; nil: those are errors
	Sources Sources                // where machines have their tokens from
	Store   Store
	Now     func() time.Time     // nil: the Client's clock
	Notice  func(message string) // a word for the person that is no error, cleaned; nil: only the Client's log gets it
	// Recorder is told of every sign-in, renewal and sign-out; nil: nobody is.
	Recorder audit.Recorder

	machines machines
}

func (s *Sessions) now() time.Time {
	if s.Now == nil {
		return s.Client.now()
	}
	return s.Now()
}

func (s *Sessions) notice(format string, args ...any) {
	message := ui.Clean(fmt.Sprintf(format, args...))
	s.Client.log().Warn(message)
	if s.Notice != nil {
		s.Notice(message)
	}
}

// record tells of what became of a session, cause being why it was refused.
func (s *Sessions) record(ctx context.Context, activity audit.Activity, p Provider, session *Session, cause error) error {
	if s.Recorder == nil {
		return nil
	}
	return s.Recorder.Record(ctx, audit.Record{
		Time: s.now().UTC(), Activity: activity, Refused: cause,
		Identity: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, Subject: session.Subject, Key: session.Key, Workload: p.machine(),
	})
}

// ErrNotSignedIn: there is no session, as nobody has signed in or somebody has signed out.
var ErrNotSignedIn = errors.New("nobody is signed in")

// ErrNotRevoked: the session is gone from here, but the provider could not be told.
var ErrNotRevoked = errors.New("signed out here, but not at the provider")

// Load returns the stored session, whatever is left of it, as it is to this provider. LoginNeeded where there is none that
// can be used, ErrNotSignedIn where there is none at all. A machine's is the one that the process has while it lives, else
// what its source gives now, verified; LoginNeeded where this is not the place to have one.
func (s *Sessions) Load(ctx context.Context, p Provider) (*Session, error) {
	if p.machine() {
		return s.loadMachine(ctx, p)
	}
	session, err := s.read(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.center() && session.SSORegion != p.SSORegion { // its tokens must not get to where they were not made
		return nil, p.loginNeeded("the stored session for %s is of the region %s, not of %s",
			p.host(), ui.Clean(session.SSORegion), ui.Clean(p.SSORegion))
	}
	session.as(p)
	return session, nil
}

// read returns what is stored under the provider's key, in whichever region it was made.
func (s *Sessions) read(ctx context.Context, p Provider) (*Session, error) {
	data, err := s.Store.Get(ctx, SessionKey(p))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, p.loginNeeded("%w at %s", ErrNotSignedIn, p.host())
	case errors.Is(err, store.ErrCorrupt):
		return nil, p.loginNeeded("the stored session for %s can't be used: %w", p.host(), err)
	case err != nil:
		return nil, fmt.Errorf("reading the session for %s: %w", p.host(), err)
	}
	session, err := decodeSession(data)
	if err == nil && (session.Issuer != p.Issuer || session.ClientID != p.ClientID) {
		err = errDamagedSession
	}
	if err != nil {
		return nil, p.loginNeeded("the stored session for %s can't be used: %w", p.host(), err)
	}
	return session, nil
}

// All returns every stored session that can be read, also those of providers that the access map no longer names.
func (s *Sessions) All(ctx context.Context) ([]*Session, error) {
	keys, err := s.Store.Keys(ctx, sessionPrefix)
	if err != nil {
		return nil, fmt.Errorf("listing the sessions: %w", err)
	}
	var sessions []*Session
	for _, key := range keys {
		data, err := s.Store.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the sessions: %w", err)
		}
		if session, err := decodeSession(data); err == nil {
			sessions = append(sessions, session)
		}
	}
	return sessions, nil
}

// Save stores what SignIn brought in place of whatever session there was.
func (s *Sessions) Save(ctx context.Context, p Provider, session *Session) error {
	if p.machine() {
		return noSignIn(p)
	}
	unlock, err := s.lock(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err := s.record(ctx, audit.SignIn, p, session, nil); err != nil {
		return err
	}
	if err := s.set(ctx, p, session); err != nil {
		return fmt.Errorf("storing the session for %s: %w", p.host(), err)
	}
	return nil
}

// Delete signs out: the session is removed from the keyring, gone is called to remove what was issued from it (While
// reports nobody signed in by then, so that nothing is added behind), and the session is revoked at the provider if it
// has an endpoint for that. revoked tells whether the provider did. Nobody signed in is no error; ErrNotRevoked comes
// with the cause, and the session is gone all the same. Only waiting for others and the provider can be interrupted. A
// machine's is forgotten by this process; there is nobody to tell.
func (s *Sessions) Delete(ctx context.Context, p Provider, gone func(ctx context.Context) error) (revoked bool, err error) {
	if p.machine() {
		s.machines.of(p).session.Store(nil)
		return false, gone(context.WithoutCancel(ctx))
	}
	session, err := s.remove(ctx, p)
	if err != nil {
		return false, err
	}
	if err := gone(context.WithoutCancel(ctx)); err != nil {
		return false, err
	}
	if session == nil {
		return false, nil
	}
	if err := s.record(ctx, audit.SignOut, p, session, nil); err != nil {
		s.notice("the sign-out could not be recorded: %v", err)
	}
	if session.RefreshToken.IsZero() && session.AccessToken.IsZero() {
		return false, nil
	}
	return s.Revoke(ctx, p, session)
}

// Revoke ends a session at the provider, whatever is stored of it here. revoked and the errors are those of Delete.
func (s *Sessions) Revoke(ctx context.Context, p Provider, session *Session) (revoked bool, err error) {
	if session.SSORegion != "" {
		p.SSORegion = session.SSORegion // also where the access map no longer names the provider
		err = s.leaveCenter(ctx, p, session)
	} else {
		err = s.revokeToken(ctx, p, session)
	}
	switch {
	case errors.Is(err, ErrNoRevocation):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrNotRevoked, err)
	}
	return true, nil
}

func (s *Sessions) revokeToken(ctx context.Context, p Provider, session *Session) error {
	e, err := s.Client.Discover(ctx, p)
	if err != nil {
		return err
	}
	return s.Client.Revoke(ctx, p, e, session.RefreshToken)
}

// remove deletes what is stored, readable or not, and returns it if it could be read; it is revoked in its own region.
func (s *Sessions) remove(ctx context.Context, p Provider) (*Session, error) {
	unlock, err := s.lock(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	ctx = context.WithoutCancel(ctx)
	session, err := s.read(ctx, p)
	if err != nil && ui.CodeOf(err) != ui.LoginNeeded {
		return nil, err
	}
	if err := s.Store.Delete(ctx, SessionKey(p)); err != nil {
		return nil, fmt.Errorf("deleting the session for %s: %w", p.host(), err)
	}
	return session, nil
}

// While calls work with the present session, nil if nobody is signed in, and keeps it from being replaced, renewed or
// deleted until work returns. Several may do so at once. A machine's is the one that the process has, nil if it has none.
func (s *Sessions) While(ctx context.Context, p Provider, work func(session *Session) error) error {
	if p.machine() {
		return work(s.machines.of(p).present())
	}
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	unlock, err := s.Store.RLock(waiting, SessionKey(p))
	if err != nil {
		return fmt.Errorf("waiting for the session for %s: %w", p.host(), err)
	}
	defer func() { _ = unlock() }()
	session, err := s.Load(ctx, p)
	if err != nil && ui.CodeOf(err) != ui.LoginNeeded {
		return err
	}
	return work(session)
}

const (
	// lockWait bounds waiting for the session's lock: its holder may be waiting for a person to unlock the keyring.
	lockWait = time.Minute
	// lockQuiet is for how long that is done without a word.
	lockQuiet = 2 * time.Second
)

// lock takes the session's lock; store.ErrLockTimeout if others hold it beyond ctx's deadline or a minute.
func (s *Sessions) lock(ctx context.Context, p Provider) (unlock func() error, err error) {
	unlock, err = s.lockWithin(ctx, p, lockQuiet)
	if errors.Is(err, store.ErrLockTimeout) && ctx.Err() == nil {
		s.notice("waiting for another dbxaccess that is busy with the session at %s", p.host())
		unlock, err = s.lockWithin(ctx, p, lockWait-lockQuiet)
	}
	return unlock, err
}

func (s *Sessions) lockWithin(ctx context.Context, p Provider, wait time.Duration) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	unlock, err = s.Store.Lock(ctx, SessionKey(p))
	if err != nil {
		return nil, fmt.Errorf("waiting for the session for %s: %w", p.host(), err)
	}
	return unlock, nil
}

func (s *Sessions) set(ctx context.Context, p Provider, session *Session) error {
	data, err := session.encode()
	if err != nil {
		return err
	}
	return s.Store.Set(ctx, SessionKey(p), data, store.Meta{Keep: true, Label: "dbxaccess session"})
}
