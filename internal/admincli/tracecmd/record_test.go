package tracecmd

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// By a line that was changed, or signed with another key, nobody's access becomes another's.
func TestLinesThatWereChangedAreLeftOut(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.write("1.json.gz", trail())
	whole, err := os.ReadFile(s.path("record/record-000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	public, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	planted := audit.New(morning, audit.Assume, audit.Who{Identity: "acme", Issuer: "https://login.acme.example", Subject: "carol"})
	planted.AccessKeyID, planted.Role, planted.Expires = "ASIAALICE00000000001", "ml-trainer", morning.Add(36*3600e9)
	line, _, err := audit.Encode(planted, audit.Link{Chain: "other", Sequence: 1, Prev: strings.Repeat("0", 64)}, "v0.0.0", other)
	if err != nil {
		t.Fatal(err)
	}
	_, bob, _ := bytes.Cut(whole, []byte{'\n'})
	for name, c := range map[string]struct {
		record  []byte
		joined  string
		damaged int
	}{
		"whole":                   {whole, "70 of 72", 0},
		"another person":          {bytes.ReplaceAll(whole, []byte("alice"), []byte("carol")), "10 of 72", 1},
		"signed with another key": {append(append(line, '\n'), bob...), "10 of 72", 1},
	} {
		s.write("record/record-000001.jsonl", c.record)
		err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"))
		if (ui.IDOf(err) == "trace-incomplete") != (c.damaged > 0) || strings.Contains(s.out.String(), "carol") || !strings.Contains(s.out.String(), c.joined) {
			t.Errorf("%s: %v %s %s", name, err, s.out.String(), s.err.String())
		}
		err = s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "-o", "json")
		var answer summary
		if json.Unmarshal(s.out.Bytes(), &answer) != nil || answer.Damaged != c.damaged || !answer.Proven {
			t.Errorf("%s: %v %+v", name, err, answer)
		}
	}
	// With its key, the other line counts.
	s.write("record/record-000001.jsonl", append(append(line, '\n'), bob...))
	if err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "--key", chain.Text(public)); err != nil || !strings.Contains(s.out.String(), "carol") {
		t.Error(err, s.out.String())
	}
	// Where no key is known, that is told.
	s.key = ""
	if err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz")); err != nil || !strings.Contains(s.err.String(), "--key") {
		t.Error(err, s.err.String())
	}
	// So is a line whose writing was broken off.
	s.write("record/record-000001.jsonl", whole[:len(whole)-9])
	if err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz")); err != nil || !strings.Contains(s.err.String(), "broken off") {
		t.Error(err, s.err.String())
	}
	if err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "--key", "x"); ui.IDOf(err) != "audit-key-invalid" {
		t.Error(err)
	}
}

// What a record says of identity, issuer and role is as hostile as the rest of it, to terminals and spreadsheets.
func TestNamesOfARecordAreCleaned(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.write("1.json.gz", trail())
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	const bad = "\x1b[31m\u202e"
	r := audit.New(morning, audit.Assume, audit.Who{Identity: "acme" + bad, Issuer: "https://x" + bad, Subject: " =alice"})
	r.AccessKeyID, r.Role, r.Group, r.Expires = "ASIAALICE00000000001", "ml"+bad, "g"+bad, morning.Add(36*3600e9)
	line, _, err := audit.Encode(r, audit.Link{Chain: "c", Sequence: 1, Prev: strings.Repeat("0", 64)}, "v0.0.0", key)
	if err != nil {
		t.Fatal(err)
	}
	s.write("record/record-000001.jsonl", append(line, '\n'))
	s.key = ""
	for _, form := range []string{"table", "csv", "json", "html"} {
		err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "-o", form)
		if err != nil || strings.ContainsAny(s.out.String(), "\x1b\u202e") || strings.Contains(s.out.String(), `\u001b`) || strings.Contains(s.out.String(), `\u202e`) {
			t.Errorf("%s: %v %.2000q", form, err, s.out.String())
		}
		if form == "csv" && !strings.Contains(s.out.String(), ",' =alice,") {
			t.Errorf("%.500s", s.out.String())
		}
	}
}
