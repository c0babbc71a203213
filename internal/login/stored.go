package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Store is the part of the keyring that sessions need. Errors are those of package store.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Set(ctx context.Context, key string, value []byte, meta store.Meta) error
	Delete(ctx context.Context, key string) error
	Keys(ctx context.Context, prefix string) ([]string, error)
	Probe(ctx context.Context) error
	Lock(ctx context.Context, name string) (unlock func() error, err error)
	RLock(ctx context.Context, name string) (unlock func() error, err error)
}

// Protocol is how providers of one kind are spoken to by people who sign in.
type Protocol interface {
	// SignIn is that of Source.
	SignIn(ctx context.Context, p Provider, screen Screen) (*Session, error)
	// Prepare does what has to be done before a session's refresh token may be spent, and needs the network.
	Prepare(ctx context.Context, keep *Stored, p Provider, session *Session) (Renewal, error)
	// Revoke ends a session at its provider. ErrNoRevocation where the provider has no way to.
	Revoke(ctx context.Context, p Provider, session *Session) error
}

// Stored is the Source of people, who sign in by a Protocol: it keeps one session for each provider in the keyring. Every
// change happens under the session's lock, so that however many processes there are, one renews and a logout stays one.
type Stored struct {
	Protocol

	Store Store
	Now   func() time.Time // wall clock
	Warn  func(ui.Warning) // tells the person what is no error
	// Recorder is told of every sign-in, renewal and sign-out; nil: nobody is.
	Recorder audit.Recorder
	// Failures are what is remembered of renewals, for all processes.
	Failures failure.Memory
	// Changing is told, under the session's lock, before a renewed session takes the place of the one that it was renewed from.
	// Where it fails, that one stays. nil: nobody is.
	Changing func(ctx context.Context, p Provider, before, after *Session) error
}

// record tells of what became of a session, cause being why it was refused.
func (s *Stored) record(ctx context.Context, activity audit.Activity, p Provider, session *Session, cause error) error {
	if s.Recorder == nil {
		return nil
	}
	r := audit.New(s.Now(), activity, WhoOf(p, session))
	r.Refused = cause
	return s.Recorder.Record(ctx, r)
}

// WhoOf is who a session is of, for the record; nobody is known yet where there is none.
func WhoOf(p Provider, session *Session) audit.Who {
	who := audit.Who{Identity: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, Workload: !p.Method.SignsIn()}
	if session != nil {
		who.Subject, who.Key = session.Subject, session.Key
		who.Email = ui.Clean(session.Email)
		if name := session.Display(); name != session.Subject { // as of a workload, which has no other
			who.Name = name
		}
	}
	return who
}

// ErrNotSignedIn: there is no session, as nobody has signed in or someone has signed out.
var ErrNotSignedIn = errors.New("nobody is signed in")

// ErrNotRevoked: the session is gone from here, but the provider could not be told.
var ErrNotRevoked = errors.New("signed out here, but not at the provider")

// ErrNoRevocation: the provider has no revocation endpoint.
var ErrNoRevocation = errors.New("the provider offers no revocation of tokens")

// Load implements Source.
func (s *Stored) Load(ctx context.Context, p Provider) (*Session, error) {
	session, err := s.read(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.SSORegion != "" && session.SSORegion != p.SSORegion { // its tokens must not get to where they were not made
		return nil, ui.Errorf("session-of-other-region", ui.LoginNeeded, "the stored session for %s is of the region %s, not of %s",
			p.Host(), ui.Clean(session.SSORegion), ui.Clean(p.SSORegion)).With(p.SignInFix())
	}
	if err := p.Workspace.notOf(p, session); err != nil {
		return nil, err
	}
	session.forProvider(p)
	return session, nil
}

// read returns what is stored under the provider's key, in whichever region it was made.
func (s *Stored) read(ctx context.Context, p Provider) (*Session, error) {
	data, err := s.Store.Get(ctx, SessionKey(p))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, ui.Errorf("not-signed-in", ui.LoginNeeded, "%w at %s", ErrNotSignedIn, p.Host()).With(p.SignInFix())
	case errors.Is(err, store.ErrCorrupt):
		return nil, ui.Errorf("session-unusable", ui.LoginNeeded, "the stored session for %s can't be used: %w", p.Host(), err).With(p.SignInFix())
	case err != nil:
		return nil, fmt.Errorf("reading the session for %s: %w", p.Host(), err)
	}
	session, err := decodeSession(data)
	if err == nil && (session.Issuer != p.Issuer || session.ClientID != p.ClientID || !session.Workspace.same(p.Workspace)) {
		err = errDamagedSession
	}
	if err != nil {
		return nil, ui.Errorf("session-unusable", ui.LoginNeeded, "the stored session for %s can't be used: %w", p.Host(), err).With(p.SignInFix())
	}
	return session, nil
}

// All returns every stored session that can be read, also those of providers that the access map no longer names. The
// error is why others can't be read, damaged ones included.
func All(ctx context.Context, keyring Store) (sessions []*Session, unread error) {
	keys, err := keyring.Keys(ctx, sessionPrefix)
	if err != nil {
		return nil, fmt.Errorf("listing the sessions: %w", err)
	}
	for _, key := range keys {
		var session *Session
		data, err := keyring.Get(ctx, key)
		if err == nil {
			session, err = decodeSession(data)
		}
		switch {
		case err == nil:
			sessions = append(sessions, session)
		case !errors.Is(err, store.ErrNotFound): // another process was quicker
			unread = fmt.Errorf("reading the sessions: %w", err)
		}
	}
	return sessions, unread
}

// Save implements Source.
func (s *Stored) Save(ctx context.Context, p Provider, session *Session, told ...audit.Record) error {
	unlock, err := s.lock(ctx, p, patiently)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err := s.record(ctx, audit.SignIn, p, session, nil); err != nil {
		return err
	}
	for _, r := range told {
		if s.Recorder == nil {
			break
		}
		if err := s.Recorder.Record(ctx, r); err != nil {
			return err
		}
	}
	if err := s.set(ctx, p, session); err != nil {
		return fmt.Errorf("storing the session for %s: %w", p.Host(), err)
	}
	s.Failures.Forget(SessionKey(p))
	return nil
}

// Delete implements Source.
func (s *Stored) Delete(ctx context.Context, p Provider, gone func(ctx context.Context) error) (revoked bool, err error) {
	session, unread, err := s.remove(ctx, p)
	if err != nil {
		return false, err
	}
	if err := gone(context.WithoutCancel(ctx)); err != nil {
		return false, err
	}
	if unread != nil {
		return false, fmt.Errorf("%w: %w", ErrNotRevoked, unread)
	}
	if session == nil {
		return false, nil
	}
	if err := s.record(ctx, audit.SignOut, p, session, nil); err != nil {
		s.Warn(ui.Warning{ID: "sign-out-not-recorded", What: fmt.Sprintf("the sign-out could not be recorded: %v", err)})
	}
	if session.RefreshToken.IsZero() && session.AccessToken.IsZero() {
		return false, nil
	}
	switch err := s.Revoke(ctx, p, session); {
	case errors.Is(err, ErrNoRevocation):
		return false, err
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrNotRevoked, err)
	}
	return true, nil
}

// remove deletes what is stored, readable or not, and returns it if it could be read. unread is why what is there
// can't be: the keyring, or damage.
func (s *Stored) remove(ctx context.Context, p Provider) (session *Session, unread, err error) {
	unlock, err := s.lock(ctx, p, patiently)
	if errors.Is(err, store.ErrNoLock) {
		s.Warn(ui.Warning{
			ID: "sign-out-unlocked", What: "signing out without a lock: " + err.Error(),
			Why: "another dbxaccess at work now may store what it is getting", Fix: ui.FixOf(err),
		})
		unlock, err = func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = unlock() }()
	ctx = context.WithoutCancel(ctx)
	session, err = s.read(ctx, p)
	if err != nil && !errors.Is(err, ErrNotSignedIn) {
		unread = err
	}
	if err := s.Store.Delete(ctx, SessionKey(p)); err != nil {
		return nil, nil, fmt.Errorf("deleting the session for %s: %w", p.Host(), err)
	}
	return session, unread, nil
}

// While implements Source.
func (s *Stored) While(ctx context.Context, p Provider, work func(session *Session) error) error {
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	unlock, err := s.Store.RLock(waiting, SessionKey(p))
	if err != nil {
		return fmt.Errorf("waiting for the session for %s: %w", p.Host(), err)
	}
	defer func() { _ = unlock() }()
	session, err := s.Load(ctx, p)
	if err != nil && ui.CodeOf(err) != ui.LoginNeeded {
		return err
	}
	return work(session)
}

// Fingerprint implements Source.
func (s *Stored) Fingerprint(Provider, *Session) string { return "" }

const (
	// lockWait bounds waiting for the session's lock: its holder may be waiting for a person to unlock the keyring.
	lockWait = time.Minute
	// lockQuiet is for how long that is done without a word.
	lockQuiet = 2 * time.Second
)

// lock takes the session's lock, unless there is a reason to give up, now or while others hold it; store.ErrLockTimeout if they do
// beyond ctx's deadline or a minute.
func (s *Stored) lock(ctx context.Context, p Provider, giveUp func() error) (unlock func() error, err error) {
	for waited := time.Duration(0); ; waited += lockQuiet {
		if err := giveUp(); err != nil {
			return nil, err
		}
		unlock, err = s.lockWithin(ctx, p, lockQuiet)
		if !errors.Is(err, store.ErrLockTimeout) || ctx.Err() != nil || waited+lockQuiet >= lockWait {
			return unlock, err
		}
		if waited == 0 {
			s.Warn(ui.Warning{ID: "session-busy", What: "waiting for another dbxaccess that is busy with the session at " + p.Host()})
		}
	}
}

// patiently waits for a lock whatever failed lately.
func patiently() error { return nil }

func (s *Stored) lockWithin(ctx context.Context, p Provider, wait time.Duration) (unlock func() error, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	unlock, err = s.Store.Lock(ctx, SessionKey(p))
	if err != nil {
		return nil, fmt.Errorf("waiting for the session for %s: %w", p.Host(), err)
	}
	return unlock, nil
}

func (s *Stored) set(ctx context.Context, p Provider, session *Session) error {
	data, err := session.encode()
	if err != nil {
		return err
	}
	return s.Store.Set(ctx, SessionKey(p), data, store.Meta{Keep: true, Label: "dbxaccess session"})
}
