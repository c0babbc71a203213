package failure

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A note that somebody else wrote, or half of one, is believed for no longer than one of ours, and told without control characters.
func FuzzNotes(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"at":"2026-11-02T10:00:00Z","until":"2026-11-02T10:00:30Z","id":"x","code":1,"text":"it is \u001b[31mbusy","fix":[{"text":"try\u0007"}]}`,
		`{"at":"2026-11-02T09:00:00Z","until":"9999-11-02T10:00:30Z","id":"x","code":1}`, `{"at":"2027-11-02T10:00:00Z","id":"x","code":-1,"token":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, kept, now := memory()
		kept.SetNote("x failed", data)
		kept.SetNote("x missing", data)
		kept.SetNote("x", data)
		_, refused := m.Refused("x", secret.New("token"))
		for _, err := range []error{m.Recall("x"), m.Missing("x"), refused} {
			if err == nil {
				continue
			}
			if text := err.Error(); text != ui.Clean(text) {
				t.Errorf("told: %q", text)
			}
			for _, step := range ui.FixOf(err) {
				if step.Text != ui.Clean(step.Text) {
					t.Errorf("fix: %q", step.Text)
				}
			}
		}
		*now = now.Add(longestRest + leeway + time.Second)
		if err := m.Recall("x"); err != nil {
			t.Errorf("after so long: %v", err)
		}
	})
}
