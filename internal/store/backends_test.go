package store

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/file"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
)

// A kind of keyring is whole with its descriptor: settings take it, a record of it is read back, it says what is wrong with it,
// and people can read of it.
func TestEveryBackendIsDescribed(t *testing.T) {
	t.Parallel()
	var names []string
	for _, b := range backends {
		if b.Name == "" || b.Title == "" || descriptorOf(b.Name) != b {
			t.Errorf("%q has no name of its own, or no title", b.Name)
		}
		if b.Open == nil && b.Usable() == nil {
			t.Errorf("%s can't be opened here", b.Name)
		}
		if b.Caveat != "" && !b.Auto {
			t.Errorf("%s has a caveat, and auto never takes it", b.Name)
		}
		if b.Private {
			continue
		}
		names = append(names, b.Name.String())
		if parsed, err := ParseBackend(b.Name.String()); parsed != b.Name || err != nil {
			t.Errorf("the setting %s: %q, %v", b.Name, parsed, err)
		}
		selection := Selection{Backend: b.Name}
		if b.NeedsCollection {
			selection.Collection = "login"
		}
		if b.NeedsDirectory {
			selection.Directory = t.TempDir()
		}
		dir := t.TempDir()
		if err := selection.Record(dir); err != nil {
			t.Errorf("recording %s: %v", b.Name, err)
		}
		if read, recorded, err := ReadSelection(dir); read != selection || !recorded || err != nil {
			t.Errorf("the record of %s: %+v, %v, %v", b.Name, read, recorded, err)
		}
	}
	if documented := documentedBackends(t); !slices.Equal(documented, slices.Sorted(slices.Values(append(names, Auto.String())))) {
		t.Errorf("docs/reference.md has %v, the program %v and auto", documented, names)
	}
}

// documentedBackends are the values of the setting keyring.backend that docs/reference.md names, sorted.
func documentedBackends(t *testing.T) (names []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) > 3 && strings.TrimSpace(cells[1]) == "`keyring.backend`" {
			for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[3], -1) {
				names = append(names, name[1])
			}
		}
	}
	slices.Sort(names)
	return names
}

// Two stores with different items have different locks, also in one directory.
func TestTheLocksOfAStoreAreItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	items := filepath.Join(dir, "items")
	config := backend.Config{Service: "x", Place: backend.Place{Directory: items}, FileDir: items}
	locks := lockDir(&pass.Backend, config, dir)
	for name, c := range map[string]struct {
		backend *backend.Descriptor
		change  func(*backend.Config)
		shared  bool
	}{
		"the same":              {&pass.Backend, func(*backend.Config) {}, true},
		"written in other ways": {&pass.Backend, func(c *backend.Config) { c.Place.Directory += "/../items/" }, true},
		"another directory":     {&pass.Backend, func(c *backend.Config) { c.Place.Directory += "2" }, false},
		"another service":       {&pass.Backend, func(c *backend.Config) { c.Service = "y" }, false},
		"another backend":       {&file.Backend, func(*backend.Config) {}, false},
	} {
		other := config
		c.change(&other)
		if got := lockDir(c.backend, other, dir); (got == locks) != c.shared || got.Path != dir {
			t.Errorf("%s: %+v beside %+v", name, got, locks)
		}
	}
	// The names of locks are those of other versions, too.
	if want := (lock.Dir{Path: dir, Scope: "x\x00pass\x00" + items}); locks != want {
		t.Errorf("got %+v, want %+v", locks, want)
	}
	if got, want := lockDir(&file.Backend, config, ""), (lock.Dir{Path: filepath.Join(items, ".locks"), Scope: "x\x00file\x00" + items}); got != want {
		t.Errorf("beside the data: got %+v, want %+v", got, want)
	}
	if got, want := lockDir(&kernel, config, ""), (lock.Dir{Scope: "x\x00kernel"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
