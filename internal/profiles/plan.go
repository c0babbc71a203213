package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
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
	Note    string // for a person: what was kept on purpose; may be empty
}

// Plan is an edit of one config file that is not made yet.
type Plan struct {
	For      string // ForAWS or ForDatabricks
	Path     string // of the config file, links not followed
	Changes  []Change
	Warnings []ui.Warning // nothing here stops the plan
	// Note says why nothing is to be written whatever is wanted; "" otherwise.
	Note string

	// Applied, if not nil, is called once the file holds what was planned, which may be what it held before.
	Applied func() error

	made bool // Apply made the file
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

// newPlan reads the file, but writes nothing. work turns its content (nil: there is no file) into the new one; Apply
// may call it again.
func newPlan(path string, work func(old []byte) (outcome, error)) (*Plan, error) {
	p := &Plan{Path: path, work: func(old []byte) (outcome, error) {
		done, err := work(old)
		return done, explainUnsafe(path, err)
	}}
	if localfile.IsNull(path) { // which people set to say that they want no such file
		p.Note = "No profiles are kept in " + path + ", which is the null device"
		return p, nil
	}
	old, err := atomicfile.Read(path)
	if err != nil {
		return nil, err
	}
	atomicfile.RemoveLeftovers(path)
	done, err := p.work(old)
	if err != nil {
		return nil, err
	}
	p.show(done)
	return p, nil
}

func (p *Plan) show(done outcome) {
	p.Changes, p.diff = done.changes, done.diff
	p.Warnings = append(writableByOthers(p.Path), done.warnings...)
}

// Diff shows the removed and added lines as diff -U0 does, and no others; "" if nothing changes. It is clean for a
// terminal.
func (p *Plan) Diff() string { return p.diff }

// Apply makes the edit. It reads the file again, so that what another program wrote since the plan was made is kept;
// Changes, Warnings and Diff then say what was done. A new file gets mode 0600, a new directory 0700.
func (p *Plan) Apply() error {
	var done outcome
	_, err := atomicfile.Update(p.Path, 0o600, func(old []byte) ([]byte, error) {
		var err error
		done, err = p.work(old)
		p.made = old == nil && len(done.data) > 0
		return done.data, err
	})
	if err != nil {
		p.made = false
		return err
	}
	p.show(done)
	return nil
}

// RemoveEmptied removes the file if nothing is left in it. It is for files that we made: see Record.Made.
func (p *Plan) RemoveEmptied() error {
	info, err := os.Lstat(p.Path)
	if err != nil || !info.Mode().IsRegular() { // gone, or linked by a person meanwhile
		return nil
	}
	data, err := atomicfile.Read(p.Path)
	if err != nil || len(bytes.TrimSpace(data)) > 0 {
		return err
	}
	return os.Remove(p.Path)
}

// explainUnsafe names the file that an editor refuses. Any other error stays as it is.
func explainUnsafe(path string, err error) error {
	unsafe, ok := errors.AsType[*editor.UnsafeError](err)
	if _, explained := errors.AsType[*ui.Error](err); !ok || explained {
		return err
	}
	return ui.Errorf("config-file-ambiguous", ui.Failed, "%s can be read in more than one way, and is left alone: %w", ui.Clean(path), unsafe).
		With(ui.Advice(fmt.Sprintf("correct line %d in an editor, then run the command again", unsafe.Line)))
}
