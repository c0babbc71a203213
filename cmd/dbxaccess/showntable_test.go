//go:build linux

package main

import (
	"bytes"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// shownTable is testdata/shown/table.yaml: what pages take for granted, and what of the commands that they show is not run as it stands.
type shownTable struct {
	Words   map[string]string
	Answers [][2]string // what is asked, and what is typed then
	Pages   map[string]*shownPage
	Run     []*shownException
	NotRun  []*shownException `yaml:"not_run"`
}

// shownPage is what a page takes for granted.
type shownPage struct {
	Map    string   // of the company: a file, or the page that shows it
	Nobody bool     // is signed in
	Before []string // is typed first
}

// shownException is a command, by its beginning, on all pages or on those of a pattern. One that begins with $ is in a block called console.
type shownException struct {
	Page, Starts string
	As           string // run with this in place of the beginning
	Exits        int
	Says         string // a regular expression
	Why          string

	skipped, used bool
}

func readShownTable(t *testing.T) *shownTable {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "shown", "table.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	table := &shownTable{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(table); err != nil {
		t.Fatal(err)
	}
	for _, e := range table.NotRun {
		e.skipped = true
	}
	for _, e := range slices.Concat(table.NotRun, table.Run) {
		if e.Starts == "" || e.Why == "" || !e.skipped && e.As == "" && e.Exits == 0 && e.Says == "" || e.skipped && (e.As != "" || e.Exits != 0 || e.Says != "") {
			t.Fatalf("table.yaml: %+v says too little, or too much", *e)
		}
	}
	return table
}

// find is the exception that a command is, if it is one: the first that fits.
func (table *shownTable) find(name string, c shownCommand) *shownException {
	for _, e := range slices.Concat(table.NotRun, table.Run) {
		starts, prompted := strings.CutPrefix(e.Starts, "$ ")
		if here, _ := path.Match(e.Page, name); (e.Page == "" || here) && strings.HasPrefix(c.text, starts) && (c.prompted || !prompted) {
			e.used = true
			return e
		}
	}
	return nil
}

var namesTest = regexp.MustCompile(`[\w-]+\.txtar|\bTest[A-Z]\w*`)

// stale tells of what no page needs any more, once each command has been looked up, and of tests that are named and not there.
func (table *shownTable) stale(t *testing.T, pages map[string][]shownCommand) {
	t.Helper()
	tests := codeOf(t)["tests"]
	for _, e := range slices.Concat(table.NotRun, table.Run) {
		if !e.used {
			t.Errorf("table.yaml: no page shows %q %s any more", e.Starts, e.Page)
		}
		for _, name := range namesTest.FindAllString(e.Why, -1) {
			if _, err := os.Stat(filepath.Join("testdata", "script", name)); err != nil && !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("table.yaml: %q: there is no %s", e.Starts, name)
			}
		}
	}
	for name := range table.Pages {
		if len(pages[name]) == 0 {
			t.Errorf("table.yaml: %s shows no command any more", name)
		}
	}
	for word := range table.Words {
		shows := func(c shownCommand) bool { return strings.Contains(c.text, word) }
		before := func(p *shownPage) bool { return strings.Contains(strings.Join(p.Before, "\n"), word) }
		if !slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(pages))...), shows) && !slices.ContainsFunc(slices.Collect(maps.Values(table.Pages)), before) {
			t.Errorf("table.yaml: no page shows %s any more", word)
		}
	}
}

// words replaces what stands in pages for something of the person's.
func (table *shownTable) words(d *desk) *strings.Replacer {
	own := strings.NewReplacer("ISSUER", d.server.Issuer(), "HOST", d.server.WorkspaceHost(), "HOME", d.home)
	var pairs []string
	for shown, means := range table.Words {
		pairs = append(pairs, shown, own.Replace(means))
	}
	return strings.NewReplacer(pairs...)
}

// The archives that the table puts where a person has downloaded them are called and filled as a release's.
func TestArchivesAreCalledAsPagesSay(t *testing.T) {
	t.Parallel()
	release := page(t, ".goreleaser.yml")
	for _, want := range []string{"project_name: dbxaccess\n", "formats: [tar.gz]", "name_template: checksums.txt"} {
		if !strings.Contains(release, want) || strings.Count(release, "name_template:") != 1 {
			t.Errorf(".goreleaser.yml no longer says %q, or names archives itself: pages do", want)
		}
	}
}
