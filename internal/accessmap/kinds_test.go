package accessmap

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func TestEveryKindOfWarningHasATestAndIsKnown(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	known := make(map[string]bool)
	for _, k := range Kinds() {
		if known[string(k.ID)] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(string(k.ID)) || k.Means == "" || k.Do == "" {
			t.Errorf("%+v", k)
		}
		known[string(k.ID)] = true
	}
	var source, tests strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			tests.Write(text)
		} else if file != "kinds.go" {
			source.Write(text)
		}
	}
	kinds, err := os.ReadFile("kinds.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(\w+) +LintID = "([a-z-]+)"`).FindAllStringSubmatch(string(kinds), -1) {
		name, id := found[1], found[2]
		if !known[id] {
			t.Errorf("%s is missing in Kinds", id)
		}
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(source.String()) {
			t.Errorf("nothing warns of %s", id)
		}
		if !regexp.MustCompile(`\b(` + name + `|` + id + `)\b`).MatchString(tests.String()) {
			t.Errorf("no test meets %s", id)
		}
		delete(known, id)
	}
	if len(known) > 0 {
		t.Errorf("Kinds has %v, which have no name", known)
	}
}

func TestTheDocsListEveryWarning(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What `dbxaccess map check` warns of\n\n" +
		"Each kind of warning has an ID that stays the same in every version: `map check` ends the line with it, and `-o json` has it as `id`.\n" +
		"A warning that is meant is acknowledged in the map, with the reason, at the role, dataset, workspace or identity that it is about, or at\n" +
		"the top for the whole map; it is then counted and no longer told. `map check --strict` fails on those that are left.\n\n" +
		"```yaml\nroles:\n  break-glass:\n    aws: { role_arn: \"arn:aws:iam::111122223333:role/break-glass\", region: us-east-1 }\n" +
		"    acknowledge: { role-unrestricted: \"for outages, watched by the security team\" }\n```\n\n| ID | what is so | what to do |\n|---|---|---|\n")
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.ID, k.Means, k.Do)
	}
	path := filepath.Join("..", "..", "docs", "lints.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): make generate", path, err)
	}
}
