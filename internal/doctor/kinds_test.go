package doctor

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write generated files anew")

var idForm = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)

// literals are the texts of some Go files that have the form of an ID.
func literals(t *testing.T, pattern string, which func(file string) bool) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	found := map[string]bool{}
	for _, file := range files {
		if !which(filepath.Base(file)) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && idForm.MatchString(text) {
					found[text] = true
				}
			}
			return true
		})
	}
	return found
}

func isTest(file string) bool { return strings.HasSuffix(file, "_test.go") }

func TestTheTableHoldsEveryFinding(t *testing.T) {
	t.Parallel()
	mine := literals(t, "*.go", func(file string) bool { return !isTest(file) && file != "kinds.go" })
	warnings := literals(t, "../profiles/*.go", func(file string) bool { return !isTest(file) })
	maps.Copy(mine, literals(t, "../access/token.go", func(string) bool { return true }))
	tabled := map[string]bool{}
	for _, k := range kinds {
		id := string(k.id)
		if !idForm.MatchString(id) || tabled[id] || k.check == "" || k.means == "" {
			t.Errorf("%+v is no entry", k)
		}
		if !mine[id] && !warnings[id] {
			t.Errorf("no check finds %s", id)
		}
		tabled[id] = true
	}
	for id := range mine {
		if !tabled[id] {
			t.Errorf("%s is missing in the table", id)
		}
	}
}

func TestEveryFindingIsSeen(t *testing.T) {
	t.Parallel()
	mine := literals(t, "*.go", func(file string) bool { return !isTest(file) && file != "kinds.go" }) // warnings are tested with profiles
	seen := map[string]bool{}
	words := regexp.MustCompile(`\bid=([a-z-]+)|"id": "([a-z-]+)"|"([a-z-]+)[" ]`)
	scripts, err := filepath.Glob("../../cmd/dbxaccess/testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range append(scripts, "doctor_test.go", "rare_test.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range words.FindAllStringSubmatch(string(text), -1) {
			seen[match[1]+match[2]+match[3]] = true
		}
	}
	for _, k := range kinds {
		if id := string(k.id); mine[id] && !seen[id] {
			t.Errorf("no test or script has %s found", id)
		}
	}
}

func TestTheDocsListEveryFinding(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What `dbxaccess doctor` finds\n\n" +
		"For programs, and to search by: each finding has an ID that stays the same in every version: `dbxaccess doctor -o json` has it as `id`, and `--debug` logs it. " +
		"Where an error was met, `cause` is that error's own ID.\n\n| ID | check | what is so |\n|---|---|---|\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.id, k.check, k.means)
	}
	path := filepath.Join("..", "..", "docs", "findings.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): make generate", path, err)
	}
}
