// Package prune says which of the record's oldest files may go, and removes them.
//
// In come the files, the time before which nothing is wanted any more, and who still needs which of them; out comes what goes, and of the
// rest why it stays. What goes is always the oldest, and never the newest, so that audit verify tells what was removed from what is missing
// (see docs/decisions/088-the-oldest-files.md). The package must never remove a file of which somebody needs a line, one that has a line of
// later, nor one without which the beginning of a chain that goes on would look cut out.
package prune

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Need is a file that somebody needs, and with it all behind it.
type Need struct {
	File string // its path
	Who  string // as in "the sink siem has not got it"
}

// File is one file of the record.
type File struct {
	Path    string
	Records int
	From    time.Time // of its records, as their clocks say; zero without any
	To      time.Time
	Bytes   int64
	Stays   string // why it does; "" for one that goes
}

// read is a file with the chains that it has lines of, and whether the first of them is signed with the key that is known.
type read struct {
	File

	chains map[string]bool
}

// Plan reads a record's files, in the order in which they were written, and says of each whether it goes. key is the keyring's, nil for
// none.
func Plan(paths []string, key ed25519.PublicKey, before time.Time, needs []Need) ([]File, error) {
	var files []read
	for _, path := range paths {
		f, err := look(path, key)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	going := 0
	for going < len(files) {
		if files[going].Stays = stays(files, going, before, needs); files[going].Stays != "" {
			break
		}
		going++
	}
	for ; going > 0; going-- {
		chain := cutOff(files, going)
		if chain == "" {
			break
		}
		files[going-1].Stays = "chain " + chain + " goes on later in the record, and would look cut off"
	}
	var all []File
	for i, f := range files {
		if i > going && f.Stays == "" {
			f.Stays = "it is behind one that stays"
		}
		all = append(all, f.File)
	}
	return all, nil
}

// look reads a file. Lines that are no records are of no time and no chain.
func look(path string, key ed25519.PublicKey) (f read, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return f, err
	}
	f = read{File{Path: path, Bytes: info.Size()}, map[string]bool{}}
	for entry, err := range audit.ReadFile(path) {
		if _, damaged := errors.AsType[*audit.Damage](err); damaged {
			continue
		}
		if err != nil {
			return f, err
		}
		f.Records++
		if _, known := f.chains[entry.Chain]; !known {
			f.chains[entry.Chain] = key != nil && entry.SignedBy(key)
		}
		if f.From.IsZero() || entry.Time.Before(f.From) {
			f.From = entry.Time
		}
		if entry.Time.After(f.To) {
			f.To = entry.Time
		}
	}
	return f, nil
}

// stays is why a file stays whatever becomes of those before it; "" where it may go.
func stays(files []read, at int, before time.Time, needs []Need) string {
	f := files[at]
	if at == len(files)-1 {
		return "it is the newest, which is written to"
	}
	if !f.To.Before(before) {
		return "it has records of " + f.To.UTC().Format("2006-01-02 15:04")
	}
	for _, need := range needs {
		if need.File == f.Path {
			return need.Who
		}
	}
	return ""
}

// cutOff is a chain of the first files, which are to go, that goes on in the rest and would not look as if its beginning had just been
// removed: it is not in the first file that is left, where verify looks for that, or its key stood at its beginning alone. "" where there
// is none.
func cutOff(files []read, going int) string {
	for _, f := range files[:going] {
		for chain := range f.chains {
			on := slices.IndexFunc(files[going:], func(later read) bool {
				_, has := later.chains[chain]
				return has
			})
			if on > 0 || on == 0 && !files[going].chains[chain] {
				return chain
			}
		}
	}
	return ""
}

// Remove removes the files that go, the oldest first, so that what is left is whole wherever it ends.
func Remove(files []File) error {
	for _, f := range files {
		if f.Stays != "" {
			return nil
		}
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) { // another was faster
			return err
		}
	}
	return nil
}

// Name is that of a file in its directory.
func (f File) Name() string { return filepath.Base(f.Path) }
