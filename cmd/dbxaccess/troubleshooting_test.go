package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestTroubleshootingNamesWhatStopsPeople: a person who is stopped by a sign-in, the keyring or the map (exit codes 4, 5 and 6) finds the
// error among what they were doing, and whatever else the page names there is.
func TestTroubleshootingNamesWhatStopsPeople(t *testing.T) {
	t.Parallel()
	guide, listed := page(t, "docs/troubleshooting.md"), page(t, "docs/errors.md")+page(t, "docs/findings.md")
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| [456] \\|").FindAllStringSubmatch(listed, -1) {
		if !strings.Contains(guide, "`"+match[1]+"`") {
			t.Errorf("docs/troubleshooting.md does not name the error %s, which stops people", match[1])
		}
	}
	named := regexp.MustCompile("[(,] ?`([a-z0-9]+(?:-[a-z0-9]+)+)`").FindAllStringSubmatch(guide, -1)
	if len(named) < 60 {
		t.Fatalf("only %d errors are found in docs/troubleshooting.md", len(named))
	}
	for _, match := range named {
		if !strings.Contains(listed, "`"+match[1]+"`") {
			t.Errorf("docs/troubleshooting.md names %s, which is no error", match[1])
		}
	}
}
