// Package workload has the ID tokens that workloads are given where they run: from GitHub Actions, a file, a variable, a command,
// or AWS. Nobody signs in.
//
// In comes where an identity of the access map has its token from; out comes a session, once the token is verified. It is
// fetched when it is needed and kept in this process alone: nothing of it may be stored, since anyone who could read the keyring
// could ask the source as well, and a job's token must not outlive the job. What the job's own endpoint is asked with may go
// nowhere else.
package workload

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpcache"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Source implements login.Source. It must not be copied.
type Source struct {
	HTTP    *http.Client     // made by httpclient.New
	Now     func() time.Time // wall clock
	Warn    func(ui.Warning) // tells the person what is no error
	Getenv  func(name string) string
	Notes   httpcache.Notes                  // keep issuers' metadata and keys for other processes; nil: each asks
	Environ func() []string                  // of commands that print tokens; nil: this process's
	Waiting func(doing string) (done func()) // tells the person which command is waited for; may be nil
	// AWS asks AWS's STS for a token in the name of what AWS gives the machine (sts:GetWebIdentityToken); nil: an error.
	AWS func(ctx context.Context, region, audience string) (secret.String, error)

	mu    sync.Mutex
	known map[string]*job
}

// job is what the process knows of one identity.
type job struct {
	turn    chan struct{}                 // holds one value while someone asks the source; the others wait
	session atomic.Pointer[login.Session] // nil: not asked yet
}

// jobOf is that of a provider. Identities that read other claims of one token as groups have one each.
func (s *Source) jobOf(p login.Provider) *job {
	key := digest(slices.Concat([]string{
		p.Issuer, p.ClientID, p.Quirks().Name, p.GroupsClaim, p.Token.From, p.Token.Path, p.Token.Name, p.Token.Region,
	}, p.Token.Argv)...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]*job{}
	}
	if s.known[key] == nil {
		s.known[key] = &job{turn: make(chan struct{}, 1)}
	}
	return s.known[key]
}

// wait waits for the job's turn.
func (j *job) wait(ctx context.Context) (release func(), err error) {
	select {
	case j.turn <- struct{}{}:
		return func() { <-j.turn }, nil
	case <-ctx.Done():
		return nil, interrupted(ctx.Err())
	}
}

// present is the session that the process has, nil if none; a copy, so that callers change nothing for others.
func (j *job) present() *login.Session {
	session := j.session.Load()
	if session == nil {
		return nil
	}
	copied := *session
	return &copied
}

// SignIn implements login.Source.
func (s *Source) SignIn(_ context.Context, p login.Provider, _ login.Screen) (*login.Session, error) {
	return nil, noSignIn(p)
}

// Save implements login.Source.
func (s *Source) Save(_ context.Context, p login.Provider, _ *login.Session, _ ...audit.Record) error {
	return noSignIn(p)
}

func noSignIn(p login.Provider) error {
	return fmt.Errorf("nobody signs in as a workload, and %s has its token from elsewhere", p.Name)
}

// Load implements login.Source.
func (s *Source) Load(ctx context.Context, p login.Provider) (*login.Session, error) {
	return s.ask(ctx, p, func(known *login.Session) bool { return known.Alive(s.Now()) })
}

// Lasting implements login.Source. What the source gives now is served while it lives, since sources have nothing better.
func (s *Source) Lasting(
	ctx context.Context, p login.Provider, _ *login.Session, minLife time.Duration,
) (*login.Session, error) {
	session, err := s.ask(ctx, p, func(known *login.Session) bool { return known.Fresh(s.Now(), minLife) })
	if err != nil && login.Temporary(err) {
		if known := s.jobOf(p).present(); known != nil && known.Alive(s.Now()) {
			s.Warn(login.NotRenewed(p, known, err))
			return known, nil
		}
	}
	return session, err
}

// Renew implements login.Source. A source that gives the refused token again can't help.
func (s *Source) Renew(ctx context.Context, p login.Provider, refused *login.Session) (*login.Session, error) {
	session, err := s.ask(ctx, p, func(known *login.Session) bool { return !known.SameToken(refused) && known.Alive(s.Now()) })
	if err == nil && session.SameToken(refused) {
		return nil, ui.Errorf("workload-token-unchanged", ui.Failed, "%s still gives the token that was refused", p.Token).
			With(remedyAt(p.Token, "have a newer token put there"))
	}
	return session, err
}

// While implements login.Source.
func (s *Source) While(_ context.Context, p login.Provider, work func(session *login.Session) error) error {
	return work(s.jobOf(p).present())
}

// Delete implements login.Source. The session is forgotten by this process; there is nobody to tell.
func (s *Source) Delete(ctx context.Context, p login.Provider, gone func(ctx context.Context) error) (revoked bool, err error) {
	s.jobOf(p).session.Store(nil)
	return false, gone(context.WithoutCancel(ctx))
}

// ask returns the session that the process has if it is enough, else one of what the source gives now. Sources that cost
// nothing are read each time all the same, since the token there may be another by now; the same bytes are not verified twice.
func (s *Source) ask(ctx context.Context, p login.Provider, enough func(known *login.Session) bool) (*login.Session, error) {
	job := s.jobOf(p)
	release, err := job.wait(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	known := job.present()
	if known != nil && !costsNothing(p.Token) && enough(known) {
		return known, nil
	}
	token, err := s.token(ctx, p)
	if err != nil {
		return nil, err
	}
	if known != nil && known.IDToken.Reveal() == token.Reveal() && known.Alive(s.Now()) {
		return known, nil
	}
	session, err := s.verified(ctx, p, token)
	if err != nil {
		return nil, err
	}
	copied := *session
	job.session.Store(&copied)
	return session, nil
}
