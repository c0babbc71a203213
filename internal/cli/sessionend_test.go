package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A session's end is announced in its last hour; of a short one in its last quarter, or it would be announced always.
func TestASessionsEndIsAnnounced(t *testing.T) {
	t.Parallel()
	signedIn := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		life, passed time.Duration
		announced    bool
	}{
		"a day's, in the morning":       {10 * time.Hour, time.Hour, false},
		"a day's, an hour and a bit":    {10 * time.Hour, 8*time.Hour + 59*time.Minute, false},
		"a day's, in its last hour":     {10 * time.Hour, 9*time.Hour + time.Minute, true},
		"a day's, over":                 {10 * time.Hour, 11 * time.Hour, false},
		"an hour's, at once":            {time.Hour, time.Second, false},
		"an hour's, in its last minute": {time.Hour, 59 * time.Minute, true},
		"one that tells no end":         {0, time.Hour, false},
	} {
		s := &login.Session{Email: "alice@example.com", RefreshToken: secret.New("rt"), SignedIn: signedIn}
		if c.life > 0 {
			s.Ends = signedIn.Add(c.life)
		}
		var said bytes.Buffer
		e := NewEnv(Process{Streams: &ui.Streams{Err: &said}, Now: func() time.Time { return signedIn.Add(c.passed) }})
		WarnOfEnd(e, "acme", s)
		if got := strings.Contains(said.String(), "dbxaccess login --identity acme --force"); got != c.announced {
			t.Errorf("%s: announced %v: %s", name, got, &said)
		}
	}
}
