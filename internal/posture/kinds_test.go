package posture

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/posture.md")

const begins, ends = "<!-- what posture finds: written by make generate -->\n", "<!-- end -->\n"

func TestTheDocsListEveryFinding(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(begins + "| ID | restricted, confidential | internal, or not said | public | what is so | what comes of it |\n|---|---|---|---|---|---|\n")
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", k.ID, cmp.Or(k.Sensitive, "-"), cmp.Or(k.Ordinary, "-"), cmp.Or(k.Public, "-"), k.Means, k.Why)
	}
	b.WriteString(ends)
	path := filepath.Join("..", "..", "docs", "posture.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begins)
	_, after, closed := strings.Cut(rest, ends)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", path)
	}
	want := before + b.String() + after
	if *update && want != string(page) {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Errorf("%s is stale: make generate", path)
	}
}

// Each ID that the code finds is in the table, and each of the table is found by a test.
func TestEveryFindingIsSeen(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`\bposture-[a-z-]+\b`)
	read := func(pattern string, tests bool) map[string]bool {
		ids := make(map[string]bool)
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") != tests || file == "finding.go" {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range word.FindAllString(string(text), -1) {
				ids[id] = true
			}
		}
		return ids
	}
	made, tested := read("*.go", false), read("*.go", true)
	made[string(notSeen)] = true
	for _, k := range Kinds() {
		if !made[string(k.ID)] || !tested[string(k.ID)] {
			t.Errorf("%s: made: %v, tested: %v", k.ID, made[string(k.ID)], tested[string(k.ID)])
		}
		delete(made, string(k.ID))
	}
	for id := range made {
		t.Errorf("%s is not in the table", id)
	}
}
