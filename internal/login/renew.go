package login

import (
	"context"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// errNoRenewal marks sessions that only a new sign-in can prolong, by their nature rather than by a refusal.
var errNoRenewal = errors.New("it can't be renewed silently")

// Fresh returns a session whose ID token lives for at least minLife, renewed if need be; a provider that issues shorter
// ones gets one renewal. Where renewing is impossible for now (the network, a busy lock, the keyring) or by nature, and
// the stored ID token still lives, that is returned and Notice says so. LoginNeeded: nobody is signed in, or the
// provider ended the session; the stored one is left as it is. store.ErrLockTimeout: others renewed it beyond ctx's
// deadline. A machine's source is asked again; what it gives is served while it lives, since sources have nothing better.
func (s *Sessions) Fresh(ctx context.Context, p Provider, minLife time.Duration) (*Session, error) {
	if p.machine() {
		return s.freshMachine(ctx, p, minLife)
	}
	session, err := s.Load(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.Lasting(ctx, p, session, minLife)
}

// Lasting is Fresh for a caller that has loaded the present session already.
func (s *Sessions) Lasting(ctx context.Context, p Provider, present *Session, minLife time.Duration) (*Session, error) {
	if p.machine() {
		return s.freshMachine(ctx, p, minLife)
	}
	enough := func(stored *Session) bool { return stored.fresh(s.now(), minLife) }
	if enough(present) {
		return present, nil
	}
	renewed, err := s.renew(ctx, p, enough)
	if err != nil && passing(err) && present.alive(s.now()) {
		return s.makeDo(p, present, err), nil
	}
	return renewed, err
}

// toTheMinute is how times are told to people.
const toTheMinute = "2006-01-02 15:04"

// makeDo serves a session that lives where renewing it failed for now, and says so.
func (s *Sessions) makeDo(p Provider, session *Session, err error) *Session {
	s.notice("the sign-in at %s was not renewed (%v); it lasts until %s", p.host(), err,
		session.IDTokenExpires.Local().Format(toTheMinute))
	return session.withoutLapsed(s.now())
}

// Renew returns a session with another token than that of refused, which somebody did not take although it lives.
func (s *Sessions) Renew(ctx context.Context, p Provider, refused *Session) (*Session, error) {
	if p.machine() {
		return s.renewMachine(ctx, p, refused)
	}
	return s.renew(ctx, p, func(stored *Session) bool {
		return !stored.sameToken(refused) && stored.alive(s.now()) && !stored.groupsLapsed(s.now())
	})
}

// passing reports whether a failed renewal leaves the present ID token good: nobody said that the session is over.
func passing(err error) bool {
	switch ui.CodeOf(err) {
	case ui.LoginNeeded, ui.Refused, ui.Interrupted:
		return errors.Is(err, errNoRenewal)
	}
	return true
}

// spendTime is what spending a refresh token may take: two requests of ten seconds, fetching keys, storing.
const spendTime = 25 * time.Second

// renew spends the refresh token, unless the stored session turns out to be enough, in the one order in which neither a
// second process nor a keyring that fails nor Ctrl-C costs the person a sign-in: lock, read again, see that the keyring
// takes writes, hold back signals, ask the provider, store, let go.
func (s *Sessions) renew(ctx context.Context, p Provider, enough func(*Session) bool) (*Session, error) {
	unlock, err := s.lock(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	session, err := s.Load(ctx, p)
	if err != nil || enough(session) {
		return session, err
	}
	if !session.canRenew() {
		return nil, noRenewal(p, session)
	}
	renewal, err := s.prepare(ctx, p, session)
	if err != nil {
		return nil, err
	}
	if err := s.Store.Probe(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < spendTime {
		// Whoever started us may kill us at the deadline, between the provider's answer and the keyring.
		return nil, ui.Fault(ui.Failed, "try again", "too little time is left to renew the session at %s safely", p.host())
	}
	defer holdSignals()()
	renewed, err := s.spend(ctx, p, renewal, session, enough)
	if recordErr := s.record(context.WithoutCancel(ctx), audit.Renew, p, session, err); err == nil && recordErr != nil {
		return nil, recordErr // it is stored, lest the sign-in is lost, and not used
	}
	return renewed, err
}

// renewal is one renewal at a provider that is known to answer.
type renewal interface {
	// spend trades a session's refresh token. LoginNeeded: the provider no longer takes it, and nothing else was done.
	spend(ctx context.Context, session *Session) error
	// keep makes a session of what spend brought, and stores it before anything else can fail, whether ctx is over or not.
	keep(ctx context.Context, session *Session) (*Session, error)
}

// prepare does what has to be done before a refresh token may be spent, and needs the network.
func (s *Sessions) prepare(ctx context.Context, p Provider, session *Session) (renewal, error) {
	if p.center() {
		return s.prepareCenter(ctx, p, session)
	}
	e, err := s.Client.Discover(ctx, p)
	if err != nil {
		return nil, err
	}
	return &oidcRenewal{s: s, p: p, e: e}, nil
}

func noRenewal(p Provider, session *Session) error {
	switch {
	case session.RefreshToken.IsZero() && p.center():
		return p.loginNeeded("%s gave no refresh token for the session, so %w", p.host(), errNoRenewal)
	case session.RefreshToken.IsZero():
		return p.loginNeeded("%s gave no refresh token for the session, so %w "+
			"(the scope offline_access brings one, where the provider allows it)", p.host(), errNoRenewal)
	}
	return p.loginNeeded("%s sends no ID token when the session is renewed, so %w", p.host(), errNoRenewal)
}

// spend asks the provider. When it no longer takes the token, another holder of the same keyring with other locks (a
// container, another user's sudo) may have been faster: then its token counts. The one before is never tried, since
// providers end the session when a replaced token comes back.
func (s *Sessions) spend(
	ctx context.Context, p Provider, renewal renewal, session *Session, enough func(*Session) bool,
) (*Session, error) {
	lasting := context.WithoutCancel(ctx)
	err := renewal.spend(lasting, session)
	if ui.CodeOf(err) == ui.LoginNeeded {
		stored, loadErr := s.Load(lasting, p)
		switch {
		case loadErr != nil:
			return nil, loadErr
		case stored.RefreshToken.Reveal() == session.RefreshToken.Reveal():
			return nil, err
		case enough(stored):
			return stored, nil
		case !stored.canRenew():
			return nil, noRenewal(p, stored)
		}
		session = stored
		err = renewal.spend(lasting, session)
	}
	if err != nil {
		return nil, err
	}
	return renewal.keep(ctx, session)
}

// tell says that a renewed session could not be stored, nil being that it was. Who asked still gets it.
func (s *Sessions) tell(p Provider, unkept error) {
	if unkept != nil {
		s.notice("the renewed sign-in at %s could not be stored (%v); once it ends, a new one is needed: %s",
			p.host(), unkept, p.loginCommand())
	}
}

// keep stores a renewed session, in three tries: the token it replaces is spent.
func (s *Sessions) keep(ctx context.Context, p Provider, session *Session) error {
	var err error
	for _, pause := range []time.Duration{0, 200 * time.Millisecond, time.Second} {
		if err = httpclient.Wait(ctx, pause); err != nil {
			return err
		}
		if err = s.set(ctx, p, session); err == nil {
			return nil
		}
	}
	return err
}
