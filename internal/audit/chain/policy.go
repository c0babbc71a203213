package chain

import (
	"context"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Policy decides what becomes of what can't be recorded.
type Policy struct {
	Recorder audit.Recorder
	// Denies reports whether the access map has it refused. It is asked only where recording failed.
	Denies func() bool
	Warn   func(ui.Warning) // tells the person, once
	once   sync.Once
}

// Record implements audit.Recorder.
func (p *Policy) Record(ctx context.Context, r audit.Record) error {
	err := p.Recorder.Record(ctx, r)
	if err == nil {
		return nil
	}
	fix := ui.FixOf(err)
	if fix == nil {
		fix = ui.Command("dbxaccess doctor")
	}
	if p.Denies() {
		return ui.Errorf("audit-not-recorded", ui.Refused, "this can't be recorded, and the access map allows nothing unrecorded (audit: on_failure: deny): %w", err).With(fix)
	}
	if id := ui.IDOf(err); id != "" && id == ui.IDOf(r.Refused) {
		return nil // the person is told so by the refusal itself
	}
	p.once.Do(func() {
		p.Warn(ui.Warning{ID: "audit-not-recorded", What: "this was not recorded: " + ui.Clean(ui.Told(err)), Fix: fix})
	})
	return nil
}
