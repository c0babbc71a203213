package login

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// machine reports whether the provider vouches for a machine, which nobody signs in.
func (p Provider) machine() bool { return p.Token != nil }

// machines are the machines' sessions of this process. Nothing of them is stored: whoever could read the keyring could ask
// the source as well, and a job's token must not outlive the job.
type machines struct {
	mu    sync.Mutex
	known map[string]*machine
}

// machine is one of them.
type machine struct {
	turn    chan struct{}           // holds one value while somebody asks the source; the others wait
	session atomic.Pointer[Session] // nil: not asked yet
}

// of is the machine of a provider. Identities that read other claims of one token as groups have one each.
func (m *machines) of(p Provider) *machine {
	key := digest(slices.Concat([]string{
		p.Issuer, p.ClientID, p.kind().Name, p.groupsClaim(), p.Token.From, p.Token.Path, p.Token.Name, p.Token.Region,
	}, p.Token.Argv)...)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*machine{}
	}
	if m.known[key] == nil {
		m.known[key] = &machine{turn: make(chan struct{}, 1)}
	}
	return m.known[key]
}

// take waits for the machine's turn.
func (m *machine) take(ctx context.Context) (release func(), err error) {
	select {
	case m.turn <- struct{}{}:
		return func() { <-m.turn }, nil
	case <-ctx.Done():
		return nil, interruptedSource(ctx.Err())
	}
}

// present is the session that the process has, nil if none; a copy, so that callers change nothing for others.
func (m *machine) present() *Session {
	session := m.session.Load()
	if session == nil {
		return nil
	}
	copied := *session
	return &copied
}

func (s *Sessions) loadMachine(ctx context.Context, p Provider) (*Session, error) {
	return s.askMachine(ctx, p, func(known *Session) bool { return known.alive(s.now()) })
}

func (s *Sessions) freshMachine(ctx context.Context, p Provider, minLife time.Duration) (*Session, error) {
	session, err := s.askMachine(ctx, p, func(known *Session) bool { return known.fresh(s.now(), minLife) })
	if err != nil && passing(err) {
		if known := s.machines.of(p).present(); known != nil && known.alive(s.now()) {
			return s.makeDo(p, known, err), nil
		}
	}
	return session, err
}

// renewMachine wants another token than the one that was refused. A source that has none can't help.
func (s *Sessions) renewMachine(ctx context.Context, p Provider, refused *Session) (*Session, error) {
	session, err := s.askMachine(ctx, p, func(known *Session) bool { return !known.sameToken(refused) && known.alive(s.now()) })
	if err == nil && session.sameToken(refused) {
		return nil, ui.Fault(ui.Failed, "", "%s still gives the token that was refused", p.Token)
	}
	return session, err
}

// askMachine returns the session that the process has if it is enough, else one of what the source gives now. Sources that
// cost nothing are read each time all the same, since the token there may be another by now; the same bytes are not
// verified twice.
func (s *Sessions) askMachine(ctx context.Context, p Provider, enough func(known *Session) bool) (*Session, error) {
	m := s.machines.of(p)
	release, err := m.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	known := m.present()
	if known != nil && !costsNothing(p.Token) && enough(known) {
		return known, nil
	}
	token, err := s.Sources.token(ctx, s.Client, p)
	if err != nil {
		return nil, err
	}
	if known != nil && known.IDToken.Reveal() == token.Reveal() && known.alive(s.now()) {
		return known, nil
	}
	session, err := s.machineSession(ctx, p, token)
	if err != nil {
		return nil, err
	}
	copied := *session
	m.session.Store(&copied)
	return session, nil
}
