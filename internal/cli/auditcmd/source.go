package auditcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// record is what is read: this machine's, or files that are named.
type record struct {
	env   *cli.Env
	files []string

	damaged, changed int // lines that are none, and those that are not as they were written
}

// maxTold bounds the damaged lines that are told one by one.
const maxTold = 20

// open is the record in files, or this machine's where none is named.
func open(env *cli.Env, files []string) (*record, error) {
	if len(files) == 0 {
		dir, err := env.RecordDir()
		if err != nil {
			return nil, err
		}
		if files, err = audit.Files(dir); err != nil {
			return nil, unreadable(dir, err)
		}
		if len(files) == 0 {
			return nil, ui.Errorf("record-empty", ui.Failed, "nothing is recorded on this machine yet: %s", ui.Clean(dir)).
				With(ui.Advice("the first sign-in begins it; or name the files of another machine's record"))
		}
	}
	var all []string
	for _, path := range files {
		found, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return &record{env: env, files: all}, nil
}

// filesOf are the files of a record that is named: those below a directory, or one file. A name behind which there is none is an error,
// as nothing was read then.
func filesOf(path string) ([]string, error) {
	files, err := audit.Collected(path)
	switch {
	case errors.Is(err, audit.ErrNoFiles):
		return nil, ui.Errorf("record-none", ui.Failed, "there is no record in %s", ui.Clean(path)).
			With(ui.Advice("name a directory with files as record-000001.jsonl or a sink's objects, or one such file"))
	case err != nil:
		return nil, unreadable(path, err)
	}
	return files, nil
}

// unreadable is the error of a record that can't be read.
func unreadable(path string, err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		path, err = at.Path, at.Err
	}
	return ui.Errorf("audit-unreadable", ui.Failed, "the record in %s can't be read: %w", ui.Clean(path), err).
		With(ui.Advice("it must be a directory with a record, or one file of it, that you may read"))
}

// entries are those of the record. A line that is none, or is not the one whose hash it states, is told where tell is set; any other
// error ends them. The latter is shown all the same, as it stands: who looks for what was done to a record has to see it.
func (r *record) entries(tell bool) iter.Seq2[*audit.Entry, error] {
	return func(yield func(*audit.Entry, error) bool) {
		for _, path := range r.files {
			for entry, err := range audit.ReadFile(path) {
				damage, damaged := err.(*audit.Damage) //nolint:errorlint // it is never wrapped: see audit.Read
				switch {
				case damaged && tell:
					r.tell(damage)
				case damaged:
				case err != nil:
					yield(nil, unreadable(path, err))
					return
				default:
					if tell && !entry.Intact() {
						r.edited(&entry)
					}
					if !yield(&entry, nil) {
						return
					}
				}
			}
		}
	}
}

// tell says that a line is no record. One at the end of a file that is being written, or was when its writer was killed, is no damage.
func (r *record) tell(d *audit.Damage) {
	if !d.Torn {
		r.damaged++
	}
	if r.damaged <= maxTold {
		r.env.Console.Warn(ui.Warning{ID: "record-line-damaged", What: ui.Clean(d.Error())})
	}
}

// edited says that a line was changed. Who has changed the hash too can't be found without the key: audit verify has it.
func (r *record) edited(e *audit.Entry) {
	if r.changed++; r.changed <= maxTold {
		r.env.Console.Warn(ui.Warning{ID: "record-line-changed", What: ui.Clean(fmt.Sprintf("%s, line %d: it was changed after it was written", e.File, e.Number))})
	}
}

// people learns the names of all whom the record is about, where they are needed before it has been read: a sign-in has none. It
// takes as long again.
func (r *record) people(needed bool) (*query.People, error) {
	people := new(query.People)
	if !needed {
		return people, nil
	}
	for e, err := range r.entries(false) {
		if err != nil {
			return nil, err
		}
		learn(people, e)
	}
	return people, nil
}

// learn takes a name from a line that is as it was written: one that was planted would name a person in genuine ones.
func learn(people *query.People, e *audit.Entry) {
	if e.Intact() {
		people.Learn(e)
	}
}

// whole is the error of a record of which lines could not be read, once all else has been told.
func (r *record) whole() error {
	switch {
	case r.damaged == 0 && r.changed == 0:
		return nil
	case r.damaged == 0:
		return ui.Errorf("record-changed", ui.Failed, "%s of the record %s changed after being written, so what was told of it proves nothing",
			ui.Count(r.changed, "line", "lines"), map[bool]string{true: "was", false: "were"}[r.changed == 1]).With(ui.Command("dbxaccess audit verify"))
	}
	return ui.Errorf("record-damaged", ui.Failed, "%s of the record can't be read, and %s missing in what was told",
		ui.Count(r.damaged, "line", "lines"), map[bool]string{true: "is", false: "are"}[r.damaged == 1]).With(ui.Command("dbxaccess audit verify"))
}
