package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Renewal is one renewal at a provider whose endpoints are known.
type Renewal interface {
	// Spend trades a session's refresh token. LoginNeeded: the provider no longer takes it, and nothing else was done.
	Spend(ctx context.Context, session *Session) error
	// Keep makes a session of what Spend brought, and stores it, whether ctx is over or not: a new refresh token before anything else
	// can fail, and other claims once what the former ones gave is settled.
	Keep(ctx context.Context, session *Session) (*Session, error)
}

// errNoRenewal marks sessions that only a new sign-in can prolong, by their nature rather than by a refusal.
var errNoRenewal = errors.New("it can't be renewed silently")

// Lasting implements Source.
func (s *Stored) Lasting(ctx context.Context, p Provider, present *Session, minLife time.Duration) (*Session, error) {
	enough := func(stored *Session) bool { return stored.Fresh(s.Now(), minLife) }
	if enough(present) {
		return present, nil
	}
	renewed, err := s.renew(ctx, p, present, enough)
	if err != nil && Temporary(err) && present.Alive(s.Now()) {
		s.Warn(NotRenewed(p, present, err))
		lasting := present.withoutLapsed(s.Now())
		if lasting != present {
			if err := s.Settle(context.WithoutCancel(ctx), p, present, lasting); err != nil {
				return nil, err
			}
		}
		return lasting, nil
	}
	return renewed, err
}

// Renew implements Source.
func (s *Stored) Renew(ctx context.Context, p Provider, refused *Session) (*Session, error) {
	return s.renew(ctx, p, refused, func(stored *Session) bool {
		return !stored.SameToken(refused) && stored.Alive(s.Now()) && !stored.groupsLapsed(s.Now())
	})
}

// Temporary reports whether a failed renewal leaves the present token good: nobody said that the session is over.
func Temporary(err error) bool {
	switch ui.CodeOf(err) {
	case ui.LoginNeeded, ui.Refused, ui.Interrupted:
		return errors.Is(err, errNoRenewal)
	}
	return true
}

// NotRenewed tells that a session lives which could not be renewed for now.
func NotRenewed(p Provider, session *Session, err error) ui.Warning {
	return ui.Warning{ID: "session-not-renewed", What: fmt.Sprintf(
		"the sign-in at %s was not renewed (%v); it lasts until %s", p.Host(), err, ui.Local(session.IDTokenExpires))}
}

// GroupsMissing tells that a renewal lacks groups that stay for a while.
func GroupsMissing(p Provider, session *Session) ui.Warning {
	return ui.Warning{ID: "groups-missing", What: fmt.Sprintf(
		"%s renewed the sign-in without the groups (claim %q); those of before stay until %s, unless a new sign-in brings others: %s --force",
		p.Host(), session.GroupsClaim, ui.Local(session.GroupsSeen.Add(groupsGrace)), p.LoginCommand())}
}

// spendTime is what spending a refresh token may take: two requests of ten seconds, fetching keys, storing.
const spendTime = 25 * time.Second

// renew spends the refresh token, unless the stored session turns out to be enough, in the one order in which neither a
// second process nor a keyring that fails nor Ctrl-C or Ctrl-Z costs the person a sign-in: lock, read again, see that the keyring
// takes writes, hold back signals, ask the provider, store, let go. What failed lately is not tried again.
func (s *Stored) renew(ctx context.Context, p Provider, present *Session, enough func(*Session) bool) (*Session, error) {
	unlock, err := s.lock(ctx, p, func() error { return s.inVain(p, present) })
	if err != nil {
		return nil, err
	}
	release := func() {}
	defer func() {
		_ = unlock() // before a stop that was held back: others must not wait for who is stopped
		release()
	}()
	session, err := s.Load(ctx, p)
	if err != nil || enough(session) {
		return session, err
	}
	if !session.CanRenew() {
		return nil, s.noRenewal(p, session)
	}
	if err := s.inVain(p, session); err != nil {
		return nil, err
	}
	renewal, err := s.Prepare(ctx, s, p, session)
	if err != nil {
		s.learn(p, session, err)
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
		return nil, ui.Errorf("renewal-too-late", ui.Failed, "too little time is left to renew the session at %s safely", p.Host()).With(ui.Advice("try again"))
	}
	release = HoldSignals()
	renewed, err := s.spend(ctx, p, renewal, session, enough)
	if recordErr := s.record(context.WithoutCancel(ctx), audit.Renew, p, session, err); err == nil && recordErr != nil {
		return nil, recordErr // it is stored, lest the sign-in is lost, and not used
	}
	return renewed, err
}

// noRenewal is NoRenewal, of a session that has ended with the word that every session has which is over.
func (s *Stored) noRenewal(p Provider, session *Session) error {
	why := NoRenewal(p, session)
	if session.Alive(s.Now()) {
		return why
	}
	return ui.Errorf("session-over", ui.LoginNeeded, "the session at %s is over: %w", p.Host(), why)
}

// NoRenewal says why a session can't be renewed.
func NoRenewal(p Provider, session *Session) error {
	switch {
	case session.RefreshToken.IsZero() && session.IDToken.IsZero():
		return ui.Errorf("renewal-without-refresh-token", ui.LoginNeeded, "%s gave no refresh token for the session, so %w", p.Host(), errNoRenewal).
			With(p.SignInFix())
	case session.RefreshToken.IsZero():
		return ui.Errorf("renewal-without-refresh-token", ui.LoginNeeded, "%s gave no refresh token for the session, so %w "+
			"(the scope offline_access brings one, where the provider allows it)", p.Host(), errNoRenewal).
			With(p.SignInFix(), session.UnaskedFix(p, "offline_access"))
	}
	return ui.Errorf("renewal-without-id-token", ui.LoginNeeded, "%s sends no ID token when the session is renewed, so %w", p.Host(), errNoRenewal).
		With(p.SignInFix())
}

// spend asks the provider. When it no longer takes the token, another holder of the same keyring with other locks (a
// container, another user's sudo) may have been faster: then its token counts. The one before is never tried, since
// providers end the session when a replaced token comes back.
func (s *Stored) spend(
	ctx context.Context, p Provider, renewal Renewal, session *Session, enough func(*Session) bool,
) (renewed *Session, err error) {
	defer func() { s.learn(p, session, err) }()
	lasting := context.WithoutCancel(ctx)
	err = renewal.Spend(lasting, session)
	if ui.CodeOf(err) == ui.LoginNeeded {
		stored, loadErr := s.Load(lasting, p)
		switch {
		case loadErr != nil:
			return nil, loadErr
		case stored.RefreshToken.Reveal() == session.RefreshToken.Reveal():
			return nil, err
		case enough(stored):
			return stored, nil
		case !stored.CanRenew():
			return nil, NoRenewal(p, stored)
		}
		session = stored
		err = renewal.Spend(lasting, session)
	}
	if err != nil {
		return nil, err
	}
	return renewal.Keep(ctx, session)
}

// WarnUnstored says that a renewed session could not be stored, nil being that it was. Who asked still gets it.
func (s *Stored) WarnUnstored(p Provider, err error) {
	if err != nil {
		s.Warn(ui.Warning{ID: "session-not-stored", What: fmt.Sprintf(
			"the renewed sign-in at %s could not be stored (%v); once it ends, a new one is needed: %s", p.Host(), err, p.LoginCommand())})
	}
}

// Settle has what a session's claims gave settled before those of the renewed one count: its Put comes next, unless that fails.
func (s *Stored) Settle(ctx context.Context, p Provider, before, after *Session) error {
	if s.Changing == nil {
		return nil
	}
	if err := s.Changing(ctx, p, before, after); err != nil {
		return unsettled{err}
	}
	return nil
}

// unsettled is why a renewed session is not taken, which says nothing of the provider.
type unsettled struct{ error }

func (u unsettled) Unwrap() error { return u.error }

// Put stores a renewed session, in three tries: the token it replaces is spent. The lock must be held.
func (s *Stored) Put(ctx context.Context, p Provider, session *Session) error {
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
