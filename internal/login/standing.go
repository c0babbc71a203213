package login

import (
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Standing is what a session is good for, as far as that is known without a request.
type Standing struct {
	Lives  bool      // its token has not ended
	Renews bool      // as far as is known, its provider gives another
	Over   time.Time // since when only a new sign-in helps; zero where it lives or renews
	Why    error     // why it does not renew: LoginNeeded; nil where it does

	Failed   error     // what the last renewal ended in, where that was a moment ago and another may bring it about; else nil
	FailedAt time.Time // when that was
}

// Standing works it out for a person's session at a provider. failures tells whether its refresh token was refused.
func (s *Session) Standing(p Provider, failures failure.Memory, now time.Time) Standing {
	standing := Standing{Lives: s.Alive(now)}
	since := s.IDTokenExpires
	if !s.CanRenew() {
		standing.Why = NoRenewal(p, s)
	} else if refused, err := failures.Refused(SessionKey(p), s.RefreshToken); err != nil {
		standing.Why = err
		if refused.After(since) {
			since = refused
		}
	}
	if standing.Renews = standing.Why == nil; standing.Renews {
		standing.FailedAt, standing.Failed = failures.Lately(SessionKey(p))
	}
	if !standing.Lives && !standing.Renews {
		standing.Over = since
	}
	return standing
}

// inVain returns why renewing a session is of no use now: its refresh token was refused (LoginNeeded), or an attempt failed a
// moment ago.
func (s *Stored) inVain(p Provider, session *Session) error {
	if !session.CanRenew() {
		return nil
	}
	if _, err := s.Failures.Refused(SessionKey(p), session.RefreshToken); err != nil {
		return err
	}
	return s.Failures.Recall(SessionKey(p))
}

// learn keeps what the outcome of a renewal says about the next one.
func (s *Stored) learn(p Provider, session *Session, err error) {
	_, here := errors.AsType[unsettled](err)
	switch code := ui.CodeOf(err); {
	case here:
	case code == ui.Done:
		s.Failures.Forget(SessionKey(p))
	case code == ui.LoginNeeded && !errors.Is(err, errNoRenewal):
		s.Failures.Refuse(SessionKey(p), session.RefreshToken, err)
	case code == ui.Failed, code == ui.Refused:
		s.Failures.Remember(SessionKey(p), err)
	}
}
