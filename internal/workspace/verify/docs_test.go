package verify_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

var update = flag.Bool("update", false, "write docs/verify.md")

func TestTheDocsListEveryFinding(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What `dbxaccess workspace verify` finds\n\n" +
		"Each finding has an ID that stays the same in every version: the table ends the line with it, `-o json` has it as `id`, and `-o sarif` as\n" +
		"`ruleId`. High is a key that whoever can read it has, or data open to whom the map does not give it; medium is what weakens the map or\n" +
		"breaks it, and what was not looked at; low is what costs, or is harder to run. How they are found: [workspaces](workspace.md#verify).\n\n" +
		"| ID | severity | what is so | why it matters |\n|---|---|---|---|\n")
	for _, k := range verify.Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.ID, k.Severity, k.Means, k.Why)
	}
	path := filepath.Join("..", "..", "..", "docs", "verify.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): make generate", path, err)
	}
}

// Each ID that the code finds is in the table, and each of the table is found by a test.
func TestEveryFindingIsSeen(t *testing.T) {
	t.Parallel()
	read := func(pattern string, without string) string {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, file := range files {
			if without != "" && strings.HasSuffix(file, without) || file == "finding.go" {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		return all.String()
	}
	made, tested := read("*.go", "_test.go")+secretFinding(t), read("*_test.go", "docs_test.go")
	for _, k := range verify.Kinds() {
		if !strings.Contains(made, `"`+string(k.ID)+`"`) || !strings.Contains(tested, string(k.ID)) {
			t.Errorf("%s: made: %v, tested: %v", k.ID, strings.Contains(made, `"`+string(k.ID)+`"`), strings.Contains(tested, string(k.ID)))
		}
	}
}

// secretFinding is what finding.go makes itself, below its table.
func secretFinding(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("finding.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "// secretOf is")
	return after
}
