package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/admincli"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const repository = "../.."

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// docPages are the pages that people read, by path: those of the root, and of docs. CHANGELOG.md tells of the past.
func docPages(t *testing.T) (names []string) {
	t.Helper()
	tops, err := filepath.Glob(filepath.Join(repository, "*.md"))
	if err == nil {
		err = filepath.WalkDir(filepath.Join(repository, "docs"), func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) == ".md" {
				tops = append(tops, path)
			}
			return err
		})
	}
	for _, path := range tops {
		name, relErr := filepath.Rel(repository, path)
		err = errors.Join(err, relErr)
		if name != "CHANGELOG.md" {
			names = append(names, filepath.ToSlash(name))
		}
	}
	if err != nil || len(names) < 100 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	return names
}

func TestTheArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	text := page(t, "docs/architecture.md")
	for _, p := range listPackages(t, "./...") {
		if name := strings.TrimPrefix(p.ImportPath, module); !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/architecture.md does not name `%s`", name)
		}
	}
}

var (
	// pathInText is a path of the repository in a page. What stands behind a slash or a dot belongs to another address.
	pathInText = regexp.MustCompile(`(?:^|[^\w./-]|\./)((?:internal|cmd|docs|e2e|completions|\.github|\.ci)/[\w./*-]*)`)
	linkInText = regexp.MustCompile(`\]\(([^)#:]+)[^):]*\)`)
)

// Pages are read by people who can't tell that something has moved.
func TestPagesNameOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	named := map[string]int{}
	for _, name := range docPages(t) {
		text := strings.ReplaceAll(page(t, name), `\.`, ".") // as regular expressions in commands have it
		for _, match := range pathInText.FindAllStringSubmatch(text, -1) {
			pattern := strings.ReplaceAll(strings.TrimRight(match[1], "."), "NAME", "*")
			there, err := filepath.Glob(filepath.Join(repository, pattern))
			if err != nil || len(there) == 0 {
				t.Errorf("%s names %s, which is not there", name, match[1])
			}
			named[name]++
		}
		for _, match := range linkInText.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(match[1], "$") { // of a prompt's format
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, filepath.Dir(name), match[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", name, match[1])
			}
		}
	}
	for _, name := range []string{"CONTRIBUTING.md", "docs/architecture.md"} {
		if named[name] < 20 {
			t.Errorf("%s names %d paths: are they still found?", name, named[name])
		}
	}
}

// codeOf is the code of each package of internal, by its name; that of tests, wherever they are, is called tests.
func codeOf(t *testing.T) map[string]string {
	t.Helper()
	code := map[string]string{}
	err := filepath.WalkDir(filepath.Join(repository, "internal"), func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		name := filepath.Base(filepath.Dir(path))
		if strings.HasSuffix(path, "_test.go") {
			name = "tests"
		}
		code[name] += string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range own {
		code["tests"] += page(t, filepath.Join("cmd", "dbxaccess", path))
	}
	return code
}

// The glossary says what the code calls a thing, and CONTRIBUTING.md which test fails: both are names that may change.
func TestPagesNameOnlyWhatTheCodeHas(t *testing.T) {
	t.Parallel()
	code := codeOf(t)
	has := func(name, identifier string) bool {
		return regexp.MustCompile(`\b` + identifier + `\b`).MatchString(code[name])
	}
	glossary := page(t, "docs/glossary.md")
	identifiers := regexp.MustCompile("`([a-z]+)\\.([A-Z]\\w*)(?:\\.(\\w+))?`").FindAllStringSubmatch(glossary, -1)
	if len(identifiers) < 20 {
		t.Fatalf("only %d names of the code are found in the glossary", len(identifiers))
	}
	for _, match := range identifiers {
		if !has(match[1], match[2]) || !has(match[1], match[3]) {
			t.Errorf("docs/glossary.md: the code has no %s", match[0])
		}
	}
	for _, match := range regexp.MustCompile("package `([a-z/]+)`").FindAllStringSubmatch(glossary, -1) {
		if _, err := os.Stat(filepath.Join(repository, "internal", match[1])); err != nil {
			t.Errorf("docs/glossary.md: %v", err)
		}
	}
	for _, match := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(page(t, "CONTRIBUTING.md"), -1) {
		if !has("tests", "func "+match[1]) {
			t.Errorf("CONTRIBUTING.md: there is no %s", match[1])
		}
	}
}

func TestTheGlossaryIsInOrder(t *testing.T) {
	t.Parallel()
	var words []string
	for _, match := range regexp.MustCompile(`(?m)^\| ([^|]+?) \|`).FindAllStringSubmatch(page(t, "docs/glossary.md"), -1) {
		words = append(words, strings.ToLower(match[1]))
	}
	if words = words[1:]; !slices.IsSorted(words) { // behind the head
		t.Errorf("docs/glossary.md is not in the order of the alphabet: %q", words)
	}
}

// dbxaccess becomes dbxaccess-admin for the commands in its own list: one that only one of the two has can't be
// reached, or leads nowhere.
func TestBothProgramsListTheSameCommands(t *testing.T) {
	t.Parallel()
	env := cli.NewEnv(cli.Process{Streams: &ui.Streams{}})
	var here, there []string
	shared := map[string]bool{} // nouns of both
	for _, c := range commands() {
		shared[c.Name] = len(c.AdminVerbs) > 0
		if c.New(env).GroupID == "dbxaccess-admin" {
			here = append(here, c.Name)
		}
		for _, verb := range c.AdminVerbs {
			here = append(here, c.Name+" "+verb)
			if found, _, err := c.New(env).Find([]string{verb}); err != nil || found.Name() != verb {
				t.Errorf("the help of %s does not show %s", c.Name, verb)
			}
		}
	}
	for _, c := range admincli.Commands() {
		if !shared[c.Name] {
			there = append(there, c.Name)
			continue
		}
		for _, verb := range c.New(env).Commands() {
			there = append(there, c.Name+" "+verb.Name())
		}
	}
	slices.Sort(here)
	slices.Sort(there)
	if !slices.Equal(here, there) {
		t.Errorf("dbxaccess goes to the other program for %v, which has %v", here, there)
	}
}
