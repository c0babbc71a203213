package accessmap_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// People copy what the pages on providers show, so every map there must be a whole and right one, and every JSON text
// too.
func TestPagesOnProviders(t *testing.T) {
	t.Parallel()
	const folder = "../../docs/providers"
	pages, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages in %s: %v", folder, err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			maps := 0
			for _, block := range codeBlocks(string(text)) {
				switch {
				case block.language == "json" && !json.Valid([]byte(block.text)):
					t.Errorf("not JSON:\n%s", block.text)
				case block.language == "yaml" && strings.HasPrefix(block.text, "version: 1\n"):
					maps++
					checkMapOfPage(t, page, block.text)
				}
			}
			if maps == 0 && filepath.Base(page) != "README.md" {
				t.Error("the page shows no access map")
			}
		})
	}
}

func checkMapOfPage(t *testing.T, page, text string) {
	t.Helper()
	m, err := accessmap.Parse(page, []byte(text))
	if err != nil {
		t.Errorf("%v\n%s", err, text)
		return
	}
	for _, problem := range m.Check() {
		t.Errorf("%d:%d: %s", problem.Line, problem.Column, problem.Message)
	}
	for _, warning := range accessmap.Open(m.Lint(time.Now())) {
		// A permission set of Identity Center can't be narrowed, as its page says.
		if !strings.Contains(warning.Message, "all that its permission set may") {
			t.Errorf("%d:%d: %s", warning.Line, warning.Column, warning.Message)
		}
	}
}

// The map of the page on grants is a whole one too. What of it has ended depends on the day.
func TestPageOnGrants(t *testing.T) {
	t.Parallel()
	const page = "../../docs/access-map-grants.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	shown := codeBlocks(string(text))[0]
	m, err := accessmap.Parse(page, []byte(shown.text))
	if err != nil {
		t.Fatal(err)
	}
	today := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for _, problem := range m.Check() {
		t.Errorf("%d:%d: %s", problem.Line, problem.Column, problem.Message)
	}
	grants := m.RolesFor("acme", accessmap.Claims{Groups: []string{"on-call", "ml-scientists"}}, today)
	if len(grants) != 2 || grants[1].Words() != "until 2027-01-31 (audit 2027)" {
		t.Errorf("%+v", grants)
	}
	auditor, err := m.Sensitive("payroll-auditor", nil)
	if err != nil || auditor.Handling.MaxDuration != time.Hour || auditor.Handling.Agents != accessmap.Deny {
		t.Errorf("%+v, %v", auditor, err)
	}
}

type codeBlock struct{ language, text string }

// codeBlocks returns the fenced blocks of a page, those in lists without their indentation.
func codeBlocks(page string) []codeBlock {
	var (
		blocks []codeBlock
		inside bool
		indent string
	)
	for line := range strings.Lines(page) {
		fence, found := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case found && !inside:
			inside = true
			indent, _, _ = strings.Cut(line, "`")
			blocks = append(blocks, codeBlock{language: fence})
		case found:
			inside = false
		case inside:
			blocks[len(blocks)-1].text += strings.TrimPrefix(line, indent)
		}
	}
	return blocks
}
