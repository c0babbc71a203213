package profiles

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whose tools read a Target.
const (
	ForAWS        = "aws"
	ForDatabricks = "databricks"
)

// Target is one of the two config files: where it is, and what its readers want an entry to be.
type Target struct {
	For  string // ForAWS or ForDatabricks
	Path string // links not followed

	// What the record says that we wrote for tools which are told no profile: the [default] of AWS, and the name of the default
	// profile of Databricks; "" for none.
	WroteDefault bool
	Chose        string

	credentials string // a second file, whose sections have precedence; only read, never written; "" for none
	style       editor.HeaderStyle
	keys        []string // ours: no other line of a section is ever replaced or removed
	reserved    string   // a section that is not a profile, and has the name of the default profile
	noBOM       string   // the reader that refuses a file with a byte order mark
	awkward     awkward
	foreign     []foreign

	validate func(Profile) error
	program  func(Helper) (string, error) // the helper's path as it is written
	settings func(program string, p Profile) []editor.Setting
	// entry reads a section; ours: it runs dbxaccess.
	entry func(*editor.Section) (e Entry, ours bool)
	// check refuses a section that readers read in different ways and, before it is written, what some of them can't
	// read at all. nil: the editor's own checks will do.
	check func(doc *editor.Document, s *editor.Section, written bool) ([]ui.Warning, error)
}

// foreign are settings by which a person keeps tools from using dbxaccess in one of our sections.
type foreign struct {
	id     ui.ID
	keys   []string
	effect string
}

// locate returns the variable's path, else the usual one, with a leading ~/ replaced by home. It refuses ~name, which
// not every tool reads as another's home.
func locate(getenv func(string) string, home, variable, usual string) (string, error) {
	path := getenv(variable)
	if path == "" {
		path = usual
	}
	if name := variableIn(path, getenv); name != "" {
		return "", ui.Errorf("config-path-variable", ui.Failed, "%s is %s; some tools put the value of %s there, and others don't", variable, ui.Named(path), ui.Clean(name)).
			With(ui.Advice("write the directory out in full"))
	}
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	rest, ok := strings.CutPrefix(filepath.ToSlash(path), "~/")
	if !ok {
		return "", ui.Errorf("config-path-tilde", ui.Failed, "%s is %s; only ~/ is understood by all tools", variable, ui.Named(path)).
			With(ui.Advice("write the directory out in full"))
	}
	if home == "" {
		return "", ui.Errorf("home-unknown", ui.Failed, "the home directory is not known, so neither is %s", path).
			With(ui.Advice("set HOME, or set " + variable + " to a full path"))
	}
	return filepath.Join(home, rest), nil
}

// variableIn is the first variable of the environment that a path names as $NAME, ${NAME} or %NAME%, and that is set; ""
// for none. botocore replaces those (Python's os.path.expandvars), the SDKs for Go and JavaScript read them as they are.
func variableIn(path string, getenv func(string) string) string {
	if !strings.ContainsAny(path, "$%") {
		return ""
	}
	for _, found := range regexp.MustCompile(`\$\{(\w+)\}|%(\w+)%|\$(\w+)`).FindAllStringSubmatch(path, -1) {
		if name := found[1] + found[2] + found[3]; getenv(name) != "" {
			return name
		}
	}
	return ""
}

// Files are all files that the target's tools read, those with precedence first.
func (t Target) Files() []string {
	if t.credentials == "" {
		return []string{t.Path}
	}
	return []string{t.credentials, t.Path}
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
	e.Written = e.Written && (e.Name != DefaultName || t.WroteDefault) // people write such an entry by hand
	return e, ours
}

// Find returns the entry of that name, also one made by hand, or nil if there is none. It refuses, naming the line, a
// section that appears twice or that tools read in different ways: a token must go to the host that the tool sees.
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

// readDocument parses a config file; a missing one is empty, and so is the null device.
func readDocument(path string, style editor.HeaderStyle) (*editor.Document, error) {
	var data []byte
	var err error
	if !localfile.IsNull(path) {
		data, err = atomicfile.Read(path)
	}
	if err != nil {
		return nil, err
	}
	doc, err := editor.Parse(data, style)
	return doc, explainUnsafe(path, err)
}
