package access

import (
	"errors"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func TestAStateHasOneWord(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.Local)
	why := errors.New("refused")
	for name, c := range map[string]struct {
		standing login.Standing
		ends     time.Time
		once     bool // no refresh token
		state    State
		words    string
	}{
		"renews":                {login.Standing{Lives: true, Renews: true}, time.Time{}, false, Renews, "renews silently"},
		"renews for some time":  {login.Standing{Renews: true}, now.Add(8 * time.Hour), false, Renews, "renews silently until 2026-11-02 18:00"},
		"the provider is dead":  {login.Standing{Renews: true, Failed: why, FailedAt: now}, time.Time{}, false, Stalls, "renews silently; the last attempt failed at 2026-11-02 10:00"},
		"lives once":            {login.Standing{Lives: true, Why: why}, time.Time{}, true, Ends, "can't renew, ends 2026-11-02 11:00"},
		"lives, but is refused": {login.Standing{Lives: true, Why: why}, now.Add(8 * time.Hour), false, Ends, "can't renew, ends 2026-11-02 11:00"},
		"over":                  {login.Standing{Over: now, Why: why}, time.Time{}, true, Over, "over since 2026-11-02 10:00"},
	} {
		session := &login.Session{IDTokenExpires: now.Add(time.Hour), Ends: c.ends}
		if !c.once {
			session.RefreshToken = secret.New("r")
		}
		if state, words := StateOf(c.standing), SessionWords(session, c.standing); state != c.state || words != c.words {
			t.Errorf("%s: %s, %q", name, state, words)
		}
	}
	soon := now.Add(59 * time.Minute)
	if got := CredentialWords(&soon, now); got != "59m left" {
		t.Errorf("cached: %q", got)
	}
	if got := CredentialWords(nil, now); got != "on first use" {
		t.Errorf("not cached: %q", got)
	}
}
