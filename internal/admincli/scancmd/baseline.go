package scancmd

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// baseline is a file of findings that are known. It holds no secret: who has it can try whether a guess is one, as with any hash.
type baseline struct {
	Version  int     `json:"version"`
	Salt     string  `json:"salt"`              // of the fingerprints, 32 bytes in hexadecimal
	History  bool    `json:"history,omitempty"` // what commits brought was looked through, too
	Findings []entry `json:"findings"`
}

// entry is a finding that is known: the same secret in the same file, on whatever line. What is in another file is another finding.
type entry struct {
	Rule        string `json:"rule"`
	Fingerprint string `json:"fingerprint"`
	File        string `json:"file"`
	Entry       string `json:"entry,omitempty"`
}

const saltLength = 32 // bytes

// readBaseline reads the baseline that findings are left out by; where there is none, one without findings, with a salt of its own or that of
// the file which is to be written again.
func readBaseline(a asked) (*baseline, error) {
	path := a.baseline
	if path == "" {
		path = a.write
	}
	b := &baseline{Version: 1, Salt: hex.EncodeToString(newSalt())}
	if path == "" {
		return b, nil
	}
	data, _, err := localfile.Read(path, atomicfile.MaxSize)
	if errors.Is(err, fs.ErrNotExist) && a.baseline == "" {
		return b, nil
	}
	if err != nil {
		return nil, ui.Errorf("scan-baseline-unreadable", ui.Failed, "reading the baseline %s: %w", ui.Clean(path), err).With(ui.Command("dbxaccess scan . --write-baseline " + ui.Word(ui.Clean(path))))
	}
	read := baseline{}
	if err := json.Unmarshal(data, &read); err == nil && read.Version == 1 && len(read.salt()) == saltLength {
		if a.baseline == "" {
			read.Findings = nil
		}
		return &read, nil
	}
	return nil, ui.Errorf("scan-baseline-damaged", ui.Failed, "%s is no baseline of this program", ui.Clean(path)).
		With(ui.Advice("restore it, or remove it and write it anew with --write-baseline"))
}

func newSalt() []byte {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // it never fails: https://pkg.go.dev/crypto/rand#Read
	return salt
}

func (b *baseline) salt() []byte {
	salt, _ := hex.DecodeString(b.Salt)
	return salt
}

// leaveOut takes what is known out of the findings, and notes what of the baseline was not found.
func (b *baseline) leaveOut(r *report, a asked) {
	known := make(map[entry]bool) // true once it is found
	for _, e := range b.Findings {
		known[e] = false
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f statickeys.Finding) bool {
		e := entryOf(f)
		_, is := known[e]
		if is {
			known[e] = true
			r.known = append(r.known, f)
		}
		return is
	})
	r.Known = len(r.known)
	if r.Uncounted > 0 || b.History && !a.history {
		return
	}
	unread := make(map[string]bool)
	for _, u := range r.NotLookedAt {
		if u.Why == tooMany {
			return
		}
		unread[u.Place.File] = true
	}
	for _, e := range b.Findings {
		if found := known[e]; !found && a.looksFor(e) && !unread[e.File] {
			r.Stale = append(r.Stale, e)
		}
	}
}

// looksFor reports whether what is asked for would find an entry if it were still there.
func (a asked) looksFor(e entry) bool {
	if strings.HasPrefix(e.Rule, byGitleaks) && (!a.all && !a.generic || e.Rule == byGitleaks+generic && !a.generic) {
		return false
	}
	return slices.ContainsFunc(a.paths, func(path string) bool {
		root := shownPath(filepath.Clean(path))
		return e.File == root || strings.HasPrefix(e.File, strings.TrimSuffix(root, "/")+"/") || root == "." && filepath.IsLocal(filepath.FromSlash(e.File))
	})
}

func entryOf(f statickeys.Finding) entry {
	return entry{f.Rule, f.Fingerprint, f.Place.File, f.Place.Entry}
}

// writeBaseline writes the findings of a report.
func writeBaseline(path string, salt []byte, history bool, r *report) error {
	if r.Uncounted > 0 {
		return ui.Errorf("scan-baseline-many", ui.Failed, "there are more findings than a baseline takes: %d", len(r.Findings)+r.Uncounted).
			With(ui.Advice("scan the parts of the tree by themselves, each with a baseline"))
	}
	b := baseline{Version: 1, Salt: hex.EncodeToString(salt), History: history, Findings: []entry{}}
	for _, f := range r.Findings {
		if e := entryOf(f); !slices.Contains(b.Findings, e) {
			b.Findings = append(b.Findings, e)
		}
	}
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(data, '\n'), 0o644)
}
