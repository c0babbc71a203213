package lease

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRevoking(t *testing.T) {
	t.Parallel()
	l, _ := ledger(t, nil)
	revoked := func(want ...string) {
		t.Helper()
		all, err := l.Revoked()
		if got := slices.Sorted(maps.Keys(all)); err != nil || !slices.Equal(got, want) {
			t.Errorf("revoked: %v, %v, want %v", got, err, want)
		}
	}
	do := func(how func(string) (bool, error), agent string, changes bool) {
		t.Helper()
		if changed, err := how(agent); err != nil || changed != changes {
			t.Errorf("%s: %v, %v", agent, changed, err)
		}
	}
	revoked()
	do(l.Allow, "codex", false)
	do(l.Revoke, "codex", true)
	do(l.Revoke, "codex", false)
	revoked("codex")
	want(t, l.Allowed("CODEX"), "agent-revoked", ui.Refused)
	want(t, issue(t, l, asked("Codex", "role/a", 7), wide, time.Hour), "agent-revoked", ui.Refused)
	want(t, l.Allowed("codex"), "agent-revoked", ui.Refused)
	if err := l.Allowed("cursor"); err != nil {
		t.Error(err)
	}
	do(l.Revoke, All, true)
	revoked(All, "codex")
	want(t, l.Allowed("cursor"), "agent-revoked", ui.Refused)
	_, err := l.Allow("codex")
	want(t, err, "agent-all-revoked", ui.Failed)
	do(l.Allow, All, true)
	do(l.Revoke, "Cursor", true)
	do(l.Allow, "cursor", true)
	do(l.Allow, All, false)
	revoked()
	do(l.Revoke, "..", true) // a name as good as any
	revoked("..")
	want(t, l.Allowed(".."), "agent-revoked", ui.Refused)
	do(l.Allow, "..", true)
	if err := l.Allowed(".."); err != nil {
		t.Error(err)
	}
}

// What revokes is that the file is there, whatever is in it.
func TestARevocationCannotBeDamaged(t *testing.T) {
	t.Parallel()
	l, _ := ledger(t, nil)
	if err := os.MkdirAll(l.revocation("codex"), 0o700); err != nil { // not even a file
		t.Fatal(err)
	}
	want(t, l.Allowed("codex"), "agent-revoked", ui.Refused)
	if err := os.Symlink("nowhere", l.revocation("cursor")); err != nil {
		t.Fatal(err)
	}
	want(t, l.Allowed("cursor"), "agent-revoked", ui.Refused)
	l, _ = ledger(t, nil)
	if err := os.WriteFile(filepath.Join(l.Dir, Folder), nil, 0o600); err != nil { // a file in the place of the directory
		t.Fatal(err)
	}
	if err := l.Allowed("codex"); ui.IDOf(err) != "agent-revocations-unreadable" || ui.CodeOf(err) != ui.Refused || ui.HintOf(err) == "" {
		t.Errorf("got %v with hint %q", err, ui.HintOf(err))
	}
}

// A revocation between asking and issuing keeps what was issued from being handed out.
func TestRevokedWhileItIsIssued(t *testing.T) {
	t.Parallel()
	l, _ := ledger(t, nil)
	taken, err := l.Take(t.Context(), asked("codex", "role/a", 7), wide)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Revoke("codex"); err != nil {
		t.Fatal(err)
	}
	want(t, taken.Renewed(t.Context(), time.Now().Add(time.Hour)), "agent-revoked", ui.Refused)
}

func TestNames(t *testing.T) {
	t.Parallel()
	got := Names([]Lease{{Agent: "codex"}, {Agent: "aider"}}, []Server{{Agent: "codex"}}, map[string]time.Time{All: {}, "goose": {}})
	if !slices.Equal(got, []string{"aider", "codex", "goose"}) {
		t.Errorf("got %v", got)
	}
}
