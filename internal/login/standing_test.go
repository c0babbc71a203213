package login

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestHowASessionStands(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	p := Provider{Issuer: "https://idp.example.com", ClientID: "cli"}
	refusedAt := now.Add(-10 * time.Minute)
	failures := failure.Memory{Notes: &lock.NotesInProcess{}, Now: func() time.Time { return refusedAt }}
	failures.Refuse(SessionKey(p), secret.New("refused"), ui.Errorf("session-over", ui.LoginNeeded, "over"))
	failures.Now = func() time.Time { return now }
	for name, c := range map[string]struct {
		refresh string
		noID    bool // the provider sends no ID token when it renews
		expires time.Duration
		lives   bool
		renews  bool
		over    time.Time
		why     ui.ID
	}{
		"lives":                         {"good", false, time.Hour, true, true, time.Time{}, ""},
		"renews":                        {"good", false, -time.Hour, false, true, time.Time{}, ""},
		"lives, refused":                {"refused", false, time.Hour, true, false, time.Time{}, "session-over"},
		"refused after it ended":        {"refused", false, -time.Hour, false, false, refusedAt, "session-over"},
		"refused before it ended":       {"refused", false, -time.Minute, false, false, now.Add(-time.Minute), "session-over"},
		"no refresh token":              {"", false, time.Hour, true, false, time.Time{}, "renewal-without-refresh-token"},
		"no refresh token, and ended":   {"", false, -time.Hour, false, false, now.Add(-time.Hour), "renewal-without-refresh-token"},
		"renews without a new ID token": {"good", true, -time.Hour, false, false, now.Add(-time.Hour), "renewal-without-id-token"},
	} {
		s := &Session{
			IDToken: secret.New("i"), RefreshToken: secret.New(c.refresh), NoSilentRenewal: c.noID, IDTokenExpires: now.Add(c.expires),
		}
		got := s.Standing(p, failures, now)
		if got.Lives != c.lives || got.Renews != c.renews || !got.Over.Equal(c.over) || ui.IDOf(got.Why) != c.why {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
