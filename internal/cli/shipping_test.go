package cli

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type keeps struct{ err error }

func (k keeps) Record(context.Context, audit.Record) error { return k.err }

type noted map[string][]byte

func (n noted) Note(name string) []byte          { return n[name] }
func (n noted) SetNote(name string, note []byte) { n[name] = note }

// What has grown is sent: not what was served, refused by the recorder, or where nobody has a sink.
func TestWhatHasTheRecordSent(t *testing.T) {
	t.Parallel()
	siem := &config.Settings{Audit: settings.Audit{Sinks: []settings.Sink{{Name: "siem"}}}}
	for name, c := range map[string]struct {
		set      *config.Settings
		activity audit.Activity
		fails    error
		want     bool
	}{
		"issued":      {siem, audit.Assume, nil, true},
		"signed in":   {siem, audit.SignIn, nil, true},
		"served":      {siem, audit.Serve, nil, false},
		"not kept":    {siem, audit.Assume, errors.New("disk full"), false},
		"without one": {&config.Settings{}, audit.Assume, nil, false},
	} {
		env := NewEnv(Process{Streams: &ui.Streams{}, Now: time.Now})
		env.settings = func() (*config.Settings, error) { return c.set, nil }
		err := growing{keeps{c.fails}, env, noted{}}.Record(t.Context(), audit.Record{Activity: c.activity})
		if !errors.Is(err, c.fails) || (env.shipping.timer != nil) != c.want {
			t.Errorf("%s: %v, timer %v", name, err, env.shipping.timer != nil)
		}
		if env.shipping.timer != nil {
			env.shipping.timer.Stop()
		}
	}
}

// Of many that issue at once, the first has it sent.
func TestOneOfManyHasTheRecordSent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	notes := noted{}
	started := 0
	for _, after := range []time.Duration{0, time.Second, 2900 * time.Millisecond, 3 * time.Second, 4 * time.Second, -time.Hour} {
		env := NewEnv(Process{Streams: &ui.Streams{}, Now: func() time.Time { return now.Add(after) }, Environ: func() []string { return nil }, Arg0: "dbxaccess"})
		env.shipping.start = func() error { started++; return nil }
		env.shipping.notes, env.shipping.timer = notes, time.NewTimer(time.Hour)
		env.ShipRecord()
		env.ShipRecord() // there is nothing more
	}
	if started != 3 { // at once, three seconds later, and when the clock was set back
		t.Errorf("%d times", started)
	}
}
