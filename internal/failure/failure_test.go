package failure

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type notes map[string][]byte

func (n notes) Note(name string) []byte { return n[name] }
func (n notes) ClearNotes()             { clear(n) }
func (n notes) SetNote(name string, note []byte) {
	n[name] = note
	if note == nil {
		delete(n, name)
	}
}

var errBusy = ui.Errorf("provider-busy", ui.Failed, "it is \x1b[31mbusy").With(ui.Advice("try again"), ui.Command("dbxaccess x"))

// memory with a clock that is set.
func memory() (m Memory, kept notes, now *time.Time) {
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	kept = notes{}
	return Memory{Notes: kept, Now: func() time.Time { return at }}, kept, &at
}

func TestAFailureRests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err         error
		least, most time.Duration
	}{
		"for its own time":        {errBusy, 30 * time.Second, time.Minute},
		"for the server's":        {httpclient.Later(errBusy, 2*time.Minute), 2 * time.Minute, 2 * time.Minute},
		"not for less":            {httpclient.Later(errBusy, time.Second), 30 * time.Second, time.Minute},
		"nor for ever":            {httpclient.Later(errBusy, 24*time.Hour), 5 * time.Minute, 5 * time.Minute},
		"what has no ID does not": {errors.New("busy"), 0, 0},
	} {
		m, _, now := memory()
		m.Remember("x", c.err)
		begun := *now
		rested := time.Duration(0)
		for m.Recall("x") != nil && rested < time.Hour {
			*now = now.Add(time.Second)
			rested = now.Sub(begun)
		}
		if rested < c.least || rested > c.most {
			t.Errorf("%s: rested for %s", name, rested)
		}
	}
}

func TestWhatIsRecalled(t *testing.T) {
	t.Parallel()
	m, kept, _ := memory()
	m.Remember("x", errBusy)
	got := m.Recall("x")
	if ui.IDOf(got) != "provider-busy" || ui.CodeOf(got) != ui.Failed || !strings.HasPrefix(got.Error(), "it is [31mbusy (that was at ") {
		t.Errorf("got %v", got)
	}
	if fix := ui.FixOf(got); len(fix) != 3 || fix[0].Copied || !fix[1].Copied {
		t.Errorf("fix %v", fix)
	}
	kept["y failed"] = kept["x failed"]
	m.Remember("y", got) // what was recalled does not rest for longer
	if string(kept["y failed"]) != string(kept["x failed"]) {
		t.Error("a memory was remembered")
	}
	other := m
	other.Circumstances = func() string { return "another proxy" }
	if err := other.Recall("x"); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	if m.Forget("x"); m.Recall("x") != nil || m.Recall("y") == nil {
		t.Error("the wrong one was forgotten")
	}
	if m.Clear(); m.Recall("y") != nil {
		t.Error("not cleared")
	}
	var none Memory
	none.Remember("x", errBusy)
	none.Refuse("x", secret.New("t"), errBusy)
	none.Forget("x")
	none.Clear()
	if none.Recall("x") != nil || none.Any("x") {
		t.Error("the zero value remembers")
	}
}

func TestARefusalHoldsForItsTokenAlone(t *testing.T) {
	t.Parallel()
	m, kept, now := memory()
	over := ui.Errorf("session-over", ui.LoginNeeded, "the session is over").With(ui.Command("dbxaccess login"))
	m.Refuse("s", secret.New("canary"), over)
	*now = now.Add(1000 * time.Hour)
	at, err := m.Refused("s", secret.New("canary"))
	if ui.IDOf(err) != "session-over" || ui.CodeOf(err) != ui.LoginNeeded || ui.HintOf(err) != "dbxaccess login" || at.Hour() != 10 {
		t.Errorf("%v at %v", err, at)
	}
	if strings.Contains(string(kept["s"]), "canary") {
		t.Errorf("a secret is kept: %s", kept["s"])
	}
	if _, err := m.Refused("s", secret.New("another")); err != nil || !m.Any("s") {
		t.Errorf("of another token: %v", err)
	}
}

func TestWhatIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, note := range map[string]string{
		"nothing":            ``,
		"no JSON":            `{`,
		"no object":          `[]`,
		"no time":            `{"id":"a","code":1,"text":"x","until":"2026-11-02T10:00:30Z"}`,
		"no ID":              `{"at":"2026-11-02T10:00:00Z","code":1,"text":"x","until":"2026-11-02T10:00:30Z"}`,
		"no failure":         `{"at":"2026-11-02T10:00:00Z","id":"a","text":"x","until":"2026-11-02T10:00:30Z"}`,
		"of the future":      `{"at":"2026-11-02T10:02:00Z","id":"a","code":1,"text":"x","until":"2026-11-02T10:02:30Z"}`,
		"for too long":       `{"at":"2026-11-02T10:00:00Z","id":"a","code":1,"text":"x","until":"2026-11-02T11:00:00Z"}`,
		"over":               `{"at":"2026-11-02T09:59:00Z","id":"a","code":1,"text":"x","until":"2026-11-02T09:59:40Z"}`,
		"a refusal, no time": `{"at":"2026-11-02T10:00:00Z","id":"a","code":4,"text":"x"}`,
	} {
		m, kept, _ := memory()
		kept["x failed"] = []byte(note)
		if err := m.Recall("x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a server does not offer is asked for once a day, and at once where somebody wants it tried or the circumstances are others.
func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	m, kept, now := memory()
	if err := m.Missing("x"); err != nil {
		t.Errorf("nothing was asked: %v", err)
	}
	m.RememberMissing("x", errBusy)
	m.RememberMissing("y", errors.New("without an ID"))
	got := m.Missing("x")
	if ui.IDOf(got) != "provider-busy" || !strings.Contains(got.Error(), "that was at ") || m.Missing("y") != nil || m.Recall("x") != nil {
		t.Errorf("got %v", got)
	}
	*now = now.Add(23 * time.Hour)
	m.RememberMissing("x", got) // what was recalled lasts no longer for it
	*now = now.Add(59 * time.Minute)
	if m.Missing("x") == nil {
		t.Error("it was forgotten within the day")
	}
	*now = now.Add(time.Minute)
	if err := m.Missing("x"); err != nil {
		t.Errorf("after a day: %v", err)
	}
	m.RememberMissing("x", errBusy)
	other := m
	other.Circumstances = func() string { return "another endpoint" }
	if err := other.Missing("x"); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	kept["x missing"] = []byte(strings.Replace(string(kept["x missing"]), `"until":"2026-11-04`, `"until":"2027-11-04`, 1))
	if err := m.Missing("x"); err != nil {
		t.Errorf("believed for a year: %v", err)
	}
	m.RememberMissing("x", errBusy)
	m.Clear()
	if err := m.Missing("x"); err != nil {
		t.Errorf("cleared: %v", err)
	}
}
