package drift

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/drift.md")

func TestTheDocsListEveryFinding(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What `dbxaccess drift` finds\n\n" +
		"Each finding has an ID that stays the same in every version: the table ends the line with it, `-o json` has it as `id`, and `-o sarif` as\n" +
		"`ruleId`. High is who is let in that the map does not let in; medium is what a role can do besides, what fails, and what is not known;\n" +
		"low changes no access. How they are found: [IAM](iam.md#drift).\n\n| ID | severity | than the map | what is so |\n|---|---|---|---|\n")
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.ID, k.Severity, k.Direction, k.Means)
	}
	path := filepath.Join("..", "..", "docs", "drift.md")
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
	word := regexp.MustCompile(`"(drift-[a-z-]+)"`)
	read := func(files ...string) map[string]bool {
		ids := make(map[string]bool)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range word.FindAllStringSubmatch(string(text), -1) {
				ids[match[1]] = true
			}
		}
		return ids
	}
	made := read("compare.go", "provider.go", "policies.go", "permissions.go", "passrole.go", "tags.go", "grants.go", "simulate.go")
	tested := read("drift_test.go", "fix_test.go", "passrole_test.go", "tags_test.go", "grants_test.go")
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
