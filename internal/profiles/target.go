package profiles

import (
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whose tools read a Target.
const (
	ForAWS        = "aws"
	ForDatabricks = "databricks"
)

// Target is one of the two config files: where it is, and how its readers want an entry to be written. What can be done
// with an entry is the same for both.
type Target struct {
	For  string // ForAWS or ForDatabricks
	Path string // links not followed

	credentials string // a second file whose sections beat those of the first; only looked at, never written; "" for none
	style       editor.HeaderStyle
	keys        []string // ours: no other line of a section is ever replaced or removed
	reserved    string   // a section that is no profile, and holds the name of the default profile
	noBOM       string   // which reader refuses a file with a byte order mark
	awkward     awkward
	foreign     []foreign

	validate func(Profile) error
	program  func(Helper) (string, error) // the helper's path as it stands in the file
	settings func(program string, p Profile) []editor.Setting
	// entry reads a section; ok tells whether it runs dbxaccess, and so is ours to change.
	entry func(*editor.Section) (e Entry, ok bool)
	// check refuses a section that readers take in different ways and, before it is written, what some of them can't read
	// at all. It is nil where the editor's own refusals will do.
	check func(doc *editor.Document, s *editor.Section, written bool) ([]ui.Warning, error)
}

// foreign are settings of a person's in one of our sections that keep a tool from asking dbxaccess. They are warned of.
type foreign struct {
	id       ui.ID
	keys     []string
	harmless string // the value that does no harm; "" for none
	effect   string
}

// locate takes the path from the variable, else the usual one. A leading ~/ stands for home; ~name, which not every tool
// reads as another's home, is refused. home may be "" where the variable says where to look.
func locate(getenv func(string) string, home, variable, usual string) (string, error) {
	path := getenv(variable)
	if path == "" {
		path = usual
	}
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	rest, ok := strings.CutPrefix(filepath.ToSlash(path), "~/")
	if !ok {
		return "", ui.Errorf("config-path-tilde", ui.Failed, "%s is %q; only ~/ is understood by all tools", variable, ui.Clean(path)).
			With(ui.Advice("write the directory out in full"))
	}
	if home == "" {
		return "", ui.Errorf("home-unknown", ui.Failed, "the home directory is not known, so neither is %s", path).
			With(ui.Advice("set HOME, or set " + variable + " to a full path"))
	}
	return filepath.Join(home, rest), nil
}

// List lists the entries that run dbxaccess, in the order of the file.
func (t Target) List() ([]Entry, error) {
	doc, err := readDocument(t.Path, t.style)
	if err != nil {
		return nil, err
	}
	return t.entries(doc), nil
}

func (t Target) entries(doc *editor.Document) []Entry {
	var all []Entry
	for _, s := range doc.Sections {
		if e, ours := t.read(s); ours && s.Name != t.reserved {
			all = append(all, e)
		}
	}
	return all
}

func (t Target) read(s *editor.Section) (Entry, bool) {
	e, ours := t.entry(s)
	e.For, e.File, e.Name, e.Line = t.For, t.Path, s.Name, s.Line
	return e, ours
}

// Find returns the entry of that name, whoever made it, or nil where the file has none. It refuses a section that is
// there twice or that tools read in different ways, naming the line: a token must go to the host that the tool sees.
func (t Target) Find(profile string) (*Entry, error) {
	if profile == t.reserved {
		return nil, nil // not a profile for any tool
	}
	doc, err := readDocument(t.Path, t.style)
	if err != nil {
		return nil, err
	}
	section, err := doc.Find(profile)
	if err == nil && section != nil && t.check != nil {
		_, err = t.check(doc, section, false)
	}
	if err != nil || section == nil {
		return nil, explainUnsafe(t.Path, err)
	}
	entry, _ := t.read(section)
	return &entry, nil
}

// readDocument reads a config file to look at it; a missing one is empty.
func readDocument(path string, style editor.HeaderStyle) (*editor.Document, error) {
	data, err := atomicfile.Read(path)
	if err != nil {
		return nil, err
	}
	doc, err := editor.Parse(data, style)
	return doc, explainUnsafe(path, err)
}
