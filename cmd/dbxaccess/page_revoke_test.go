//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestThePageOnRevoking compares what docs/revoke.md shows with what the command prints by the example record, while the person holds
// something.
func TestThePageOnRevoking(t *testing.T) {
	const name, command = "docs/revoke.md", "dbxaccess revoke alice@example.com --record week.jsonl"
	text := page(t, name)
	here := t.TempDir()
	if err := os.WriteFile(filepath.Join(here, "week.jsonl"), exampleRecord(), 0o600); err != nil {
		t.Fatal(err)
	}
	then := func() time.Time { return time.Date(2026, time.March, 25, 12, 20, 0, 0, time.UTC) }
	got := ""
	t.Run("answer", func(t *testing.T) {
		t.Chdir(here)
		got = adminAnswerAt(t, then, map[string]string{}, strings.Fields(command)[1:])
	})
	if !strings.Contains(got, "ASIAEXAMPLE") || !strings.Contains(got, `"Deny"`) {
		t.Fatalf("the person holds nothing:\n%s", got)
	}
	keep(t, name, text, answered(t, name, text, command, got))
}
