package tracecmd

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// recordOf is what was read of the record.
type recordOf struct {
	index *trace.Index
	// damaged lines are no record, not the ones whose hash they state, or not signed with the record's key. They are left out: by a
	// line that was changed, what one person did would be another's.
	damaged int
	torn    int          // last lines of files that were being written
	proven  bool         // a key was known that lines had to be signed with
	heads   []audit.Head // of the directories, in their order
}

// readRecords reads the records of directories, this machine's if none is named, and holds each line against the keys: those that
// are named, and for this machine's record the keyring's.
func readRecords(ctx context.Context, env *cli.Env, dirs, named []string) (*recordOf, error) {
	keys, err := cli.RecordKeys(named)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		own, err := env.RecordDir()
		if err != nil {
			return nil, err
		}
		dirs = []string{own}
		known, err := env.RecordKnown(ctx)
		if err != nil && len(keys) == 0 {
			return nil, err
		}
		if known.Key != nil {
			keys = append(keys, known.Key)
		}
	} else if err := areThere(dirs); err != nil {
		return nil, err
	}
	r := &recordOf{proven: len(keys) > 0}
	if r.index, err = trace.IndexOf(r.records(dirs, keys)); err != nil {
		return nil, err
	}
	if r.index.Credentials() == 0 {
		r.tell(env)
		return nil, ui.Errorf("trace-record-empty", ui.Failed, "the record in %s tells of no credential", ui.Clean(strings.Join(dirs, ", "))).
			With(ui.Command("dbxaccess audit trace --record DIRECTORY"))
	}
	return r, nil
}

// records are those of directories that may be used.
func (r *recordOf) records(dirs []string, keys []ed25519.PublicKey) func(yield func(audit.Record, error) bool) {
	return func(yield func(audit.Record, error) bool) {
		for _, dir := range dirs {
			var head audit.Head
			files, err := audit.Collected(dir)
			if err != nil && !errors.Is(err, audit.ErrNoFiles) && !errors.Is(err, fs.ErrNotExist) { // this machine has none yet
				yield(audit.Record{}, err)
				return
			}
			for entry, err := range audit.ReadFiles(files) {
				damage, broken := errors.AsType[*audit.Damage](err)
				switch {
				case broken && damage.Torn:
					r.torn++
				case broken, err == nil && !genuine(&entry, keys):
					r.damaged++
				case !yield(entry.Record, err):
					return
				case err == nil:
					head = entry.Head()
				}
			}
			r.heads = append(r.heads, head)
		}
	}
}

// digest tells one record from another: joined with one that has grown, the rows to come would not fit those that were printed.
func (r *recordOf) digest() string {
	sum := sha256.Sum256(fmt.Append(nil, r.heads, r.damaged, r.proven))
	return hex.EncodeToString(sum[:])
}

// genuine reports whether a line is as it was written: by its hash, and by one of the keys where any is known.
func genuine(e *audit.Entry, keys []ed25519.PublicKey) bool {
	return e.Intact() && (len(keys) == 0 || slices.ContainsFunc(keys, e.SignedBy))
}

// areThere is an error for a name without a record: what its people did would be nobody's, and nothing would say why.
func areThere(dirs []string) error {
	for _, dir := range dirs {
		if _, err := audit.Collected(dir); err != nil {
			return ui.Errorf("trace-record-none", ui.Failed, "there is no record in %s: %w", ui.Clean(dir), err).
				With(ui.Advice("name a file that audit export wrote, or the directory that a machine's record or a sink's objects were copied to"))
		}
	}
	return nil
}

// tell warns of what was not used, and of what nothing proves.
func (r *recordOf) tell(env *cli.Env) {
	if r.damaged > 0 {
		env.Console.Warn(ui.Warning{
			What: ui.Count(r.damaged, "line", "lines") + " of the record were left out: no record, changed since, or not signed with the record's key",
			Fix:  ui.Command("dbxaccess audit verify"),
		})
	}
	if r.torn > 0 {
		env.Console.Warn(ui.Warning{What: "writing " + ui.Count(r.torn, "line", "lines") + " of the record was broken off; what such a line would have told of was not handed out by then"})
	}
	if !r.proven {
		env.Console.Warn(ui.Warning{
			What: "no key is known that the record has to be signed with: who may write its files could have changed it",
			Fix:  ui.Advice("name the keys of its machines with --key, as audit key prints them there"),
		})
	}
}
