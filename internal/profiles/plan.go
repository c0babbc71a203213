package profiles

import (
	"errors"
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Action is what happens to the section of a profile.
type Action = editor.Action

// The actions of a plan.
const (
	Added     = editor.Added
	Updated   = editor.Updated
	Unchanged = editor.Unchanged
	Removed   = editor.Removed
)

// Change is what happens to one profile.
type Change struct {
	Profile string
	Action  Action
	Note    string // for a person; what was left behind on purpose, or ""
}

// Plan is an edit of one config file that was worked out but not made.
type Plan struct {
	Path     string // of the config file, links not followed
	Changes  []Change
	Warnings []ui.Warning // nothing here stops the plan

	diff string
	work func(old []byte) (outcome, error)
}

// outcome is what an edit makes of one state of the file.
type outcome struct {
	data     []byte
	diff     string
	changes  []Change
	warnings []ui.Warning
}

// newPlan reads the file, but writes nothing. work turns what the file holds (nil: there is none) into what it shall
// hold; it may be called again by Apply.
func newPlan(path string, work func(old []byte) (outcome, error)) (*Plan, error) {
	p := &Plan{Path: path, work: func(old []byte) (outcome, error) {
		done, err := work(old)
		return done, explainUnsafe(path, err)
	}}
	old, err := atomicfile.Read(path)
	if err != nil {
		return nil, err
	}
	done, err := p.work(old)
	if err != nil {
		return nil, err
	}
	p.take(done)
	return p, nil
}

func (p *Plan) take(done outcome) {
	p.Changes, p.diff = done.changes, done.diff
	p.Warnings = append(writableByOthers(p.Path), done.warnings...)
}

// Diff shows the lines that go and come as diff -U0 does; "" where nothing changes. Lines that stay are not shown. It
// is clean for a terminal.
func (p *Plan) Diff() string { return p.diff }

// Apply makes the edit. The file is read and worked out again, so that what another program wrote since the plan was
// made is kept; Changes, Warnings and Diff then tell what was done. A new file gets mode 0600, a new directory 0700.
func (p *Plan) Apply() error {
	var done outcome
	_, err := atomicfile.Update(p.Path, 0o600, func(old []byte) ([]byte, error) {
		var err error
		done, err = p.work(old)
		return done.data, err
	})
	if err != nil {
		return err
	}
	p.take(done)
	return nil
}

// explainUnsafe names the file that an editor's refusal is about. Any other error passes, one that was explained already
// too.
func explainUnsafe(path string, err error) error {
	unsafe, ok := errors.AsType[*editor.UnsafeError](err)
	if _, explained := errors.AsType[*ui.Error](err); !ok || explained {
		return err
	}
	return ui.Errorf("config-file-ambiguous", ui.Failed, "%s can't be read for certain, and is left alone: %w", ui.Clean(path), unsafe).
		With(ui.Advice(fmt.Sprintf("put line %d right in an editor, then run the command again", unsafe.Line)))
}
