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
