package auditcmd

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/cost"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A record of years may have more holders than are remembered: what is counted is whole, or an error.
func TestARecordOfTooManyValuesIsNotCountedInPart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	of := func(chain string) audit.Record {
		what := audit.New(now, audit.Assume, audit.Who{Identity: "acme", Issuer: "https://idp.example.com", Subject: "alice"})
		what.Role, what.Expires, what.RoleARN = "ml-trainer", now.Add(time.Hour), "arn:aws:iam::111122223333:role/ml-trainer"
		what.Run = chain
		return what
	}
	line, _, err := audit.Encode(of("the last"), audit.Link{Chain: "c1", Sequence: 1, Prev: strings.Repeat("0", 64)}, "v1.2.3", ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "record-000001.jsonl")
	if err := os.WriteFile(path, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	env := cli.NewEnv(cli.Process{Streams: &ui.Streams{Out: new(strings.Builder), Err: new(strings.Builder)}, Getenv: func(string) string { return "" }})
	for room, want := range map[int]ui.ID{0: "cost-too-many", 1: ""} {
		s := cost.Sum{Until: now.Add(24 * time.Hour)}
		for n := range cost.MaxLines - room {
			e := audit.Entry{Record: of(fmt.Sprint("run-", n))}
			if err := s.Add(&e, "alice"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := count(env, []string{path}, &s, nil); ui.IDOf(err) != want || want != "" && !strings.Contains(ui.HintOf(err), "--since") {
			t.Errorf("with room for %d: %v, hint %q", room, err, ui.HintOf(err))
		}
	}
}
