package revokecmd

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/revoke"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// termsOf reads --since and --ahead, and refuses flags that don't go together.
func termsOf(a asked, now time.Time) (t revoke.Terms, err error) {
	if a.apply && a.undo {
		return t, ui.Errorf("revoke-apply-and-undo", ui.Usage, "--apply writes the policies and --undo removes them: only one of them can be done").
			With(ui.Command("dbxaccess revoke --help"))
	}
	if a.ahead < 0 || a.ahead > maxAhead {
		return t, ui.Errorf("revoke-ahead-invalid", ui.Usage, "--ahead %s is not between 0 and %s", a.ahead, maxAhead).With(ui.Advice("as in: --ahead 1h"))
	}
	t.Ahead = a.ahead
	if a.since == "" {
		return t, nil
	}
	if t.Since, err = query.Moment(a.since, now); err != nil || t.Since.After(now) {
		return t, ui.Errorf("revoke-since-invalid", ui.Usage, "--since %q is no time that has been", ui.Clean(a.since)).
			With(ui.Advice("as in: --since 24h, --since 7d, --since 2026-11-29 or --since 2026-11-29T08:00:00Z"))
	}
	return t, nil
}

// readRecords reads records in files and directories, this machine's if none is named. A line that is damaged, or not the one whose
// hash it states, is counted and not used: a policy must not be made of what somebody wrote into it.
func readRecords(env *cli.Env, paths []string) (book *revoke.Book, damaged int, err error) {
	if len(paths) == 0 {
		own, err := env.RecordDir()
		if err != nil {
			return nil, 0, err
		}
		paths = []string{own}
	} else {
		for _, path := range paths {
			if _, err := os.Stat(path); err != nil {
				return nil, 0, ui.Errorf("revoke-record-unreadable", ui.Failed, "reading the record: %w", err).
					With(ui.Advice("name a file that audit export wrote, or the directory that a machine's record or a sink's objects were copied to"))
			}
		}
	}
	read := 0
	book, err = revoke.Read(func(yield func(audit.Record, error) bool) {
		for _, path := range paths {
			for entry, err := range entriesIn(path) {
				damage, broken := errors.AsType[*audit.Damage](err)
				switch {
				case broken && damage.Torn: // the last of a file that is being written
				case broken, err == nil && !entry.Intact():
					damaged++
				default:
					read++
					if !yield(entry.Record, err) {
						return
					}
				}
			}
		}
	}, env.Now())
	if err == nil && read == 0 {
		err = ui.Errorf("revoke-record-empty", ui.Failed, "nothing is recorded in %s", ui.Clean(strings.Join(paths, ", "))).
			With(ui.Advice("name the record of the person's machine, or what a sink has got of it: --record PATH"))
	}
	return book, damaged, err
}

// entriesIn are those of a file, or of all files below a directory that are named as those of records are, here and in a bucket.
func entriesIn(path string) iter.Seq2[audit.Entry, error] {
	files, err := audit.Collected(path)
	if err != nil && !errors.Is(err, audit.ErrNoFiles) && !errors.Is(err, fs.ErrNotExist) { // this machine has none yet
		return func(yield func(audit.Entry, error) bool) {
			yield(audit.Entry{}, fmt.Errorf("reading the record: %w", err))
		}
	}
	return audit.ReadFiles(files)
}
