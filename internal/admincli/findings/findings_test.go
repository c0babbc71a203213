package findings

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	for severity, want := range map[string]string{
		"high":   "✗ high    the role\n          it is open [some-id]\n          fix  dbxaccess drift\n",
		"medium": "! medium  the role\n          it is open [some-id]\n          fix  dbxaccess drift\n",
		"low":    "- low     the role\n          it is open [some-id]\n          fix  dbxaccess drift\n",
		"remark": "- remark  the role\n          it is open [some-id]\n          fix  dbxaccess drift\n",
	} {
		var b strings.Builder
		if Print(&b, &b, Finding{severity, "the role", "it is open", "some-id", ui.Command("dbxaccess drift")}); b.String() != want {
			t.Errorf("%q, want %q", b.String(), want)
		}
	}
	var b strings.Builder
	if Print(&b, &b, Finding{Severity: "high", About: "a", What: "b", ID: "c"}); strings.Contains(b.String(), "fix") {
		t.Errorf("%q", b.String())
	}
	for severity, want := range map[string]sarif.Level{"high": sarif.Error, "medium": sarif.Warning, "low": sarif.Note, "remark": sarif.Note} {
		if Level(severity) != want {
			t.Errorf("%s: %s", severity, Level(severity))
		}
	}
}

func TestAnAnswer(t *testing.T) {
	t.Parallel()
	a := Answer{
		Findings: []Finding{{Severity: "high", About: "the role", What: "it is open", ID: "some-id"}}, Summary: "1 finding",
		NotLookedAt: []string{"a\x1b[31mccount"}, Notes: []string{"more"},
	}
	var b strings.Builder
	if err := a.Print(&b); err != nil || strings.Contains(b.String(), "\x1b") ||
		!strings.HasPrefix(b.String(), "✗ high    the role\n          it is open [some-id]\n\n1 finding\nnot looked at: a") || !strings.HasSuffix(b.String(), "ccount\nnote: more\n") {
		t.Errorf("%v\n%q", err, b.String())
	}
	b.Reset()
	if err := (Answer{Summary: "no drift"}).Print(&b); err != nil || b.String() != "no drift\n" {
		t.Errorf("%v\n%q", err, b.String())
	}
	if got := Text("it is open", ui.Command("dbxaccess drift")); got != "it is open\nfix: dbxaccess drift" || Text("it is open", nil) != "it is open" {
		t.Errorf("%q", got)
	}
}
