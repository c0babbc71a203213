package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCleanTakesAwayWhatATerminalWouldObey(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünïcode ✓":            "plain ünïcode ✓",
		"\x1b[31mred\x1b[0m":         "[31mred[0m",
		"a\r\nb\tc":                  "a  b c",
		"csi\u009b31m":               "csi31m",
		"nul\x00bel\x07del\x7f":      "nulbeldel",
		"bad\xffutf8":                "badutf8",
		"user\u202ecod.exe\u200bx":   "usercod.exex",
		"line\u2028sep":              "linesep",
		"ml\u3164\u115f\u2800\u034f": "ml",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := CleanLines("a\nb\x1b"); got != "a\nb" {
		t.Errorf("CleanLines keeps line feeds only, got %q", got)
	}
	if got := []rune(Clean(strings.Repeat("x", 5000))); len(got) != maxShown+1 {
		t.Errorf("a long text is cut to %d runes, got %d", maxShown+1, len(got))
	}
}

func TestErrorsBecomeTextAndCodesInOnePlace(t *testing.T) {
	inner := Errorf("session-over", LoginNeeded, "the session at %s ended", "example.com").With(Command("dbxaccess login"))
	wrapped := fmt.Errorf("renewing: %w", inner)
	var out bytes.Buffer
	PrintError(&out, wrapped, nil)
	if want := "dbxaccess: renewing: the session at example.com ended\n  dbxaccess login\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for err, want := range map[error]Code{
		nil:                                   Done,
		errors.New("x"):                       Failed,
		fmt.Errorf("x: %w", context.Canceled): Interrupted,
		wrapped:                               LoginNeeded,
		Errorf("", NoSuchRole, "%w", inner):   NoSuchRole,
	} {
		if got := CodeOf(err); got != want {
			t.Errorf("CodeOf(%v) = %d, want %d", err, got, want)
		}
	}
}

func TestErrorsTellWhatSetsThemRight(t *testing.T) {
	inner := Errorf("session-over", LoginNeeded, "the session ended").With(Command("dbxaccess login"))
	outer := Errorf("", Failed, "renewing: %w", inner).With(Advice("check the network"), Command(`{`, `  "a": 1 }`))
	err := fmt.Errorf("asking: %w", outer)
	if got, want := HintOf(err), "check the network\n{\n  \"a\": 1 }\ndbxaccess login"; got != want {
		t.Errorf("outermost first: got %q, want %q", got, want)
	}
	if got := IDOf(err); got != "session-over" {
		t.Errorf("got the ID %q", got)
	}
	for _, none := range []error{nil, errors.New("x"), fmt.Errorf("x: %w", errors.New("y"))} {
		if IDOf(none) != "" || FixOf(none) != nil {
			t.Errorf("%v: %q, %v", none, IDOf(none), FixOf(none))
		}
	}
	var out bytes.Buffer
	PrintError(&Screen{Terminal: &out, Width: 16}, Errorf("x", Failed, "x").With(Command("dbxaccess login --force"), Advice("or ask those who know")), nil)
	if want := "dbxaccess: x\n  dbxaccess login --force\n  or ask those\n  who know\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestEachOfJoinedErrorsHasItsFix(t *testing.T) {
	failed := func(what, fix string) error { return Errorf("x", Failed, "%s", what).With(Command(fix)) }
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.Join(failed("a", "do a"), failed("b", "do b")), "dbxaccess: a\n  do a\ndbxaccess: b\n  do b\n"},
		{errors.Join(errors.Join(failed("a", "do both"), nil), failed("b", "do both")), "dbxaccess: a\ndbxaccess: b\n  do both\n"},
		{errors.Join(failed("a", "do a"), failed("a", "do a")), "dbxaccess: a\n  do a\n"}, // of two files, one record
		{errors.Join(failed("a", "do a"), errors.New("b")), "dbxaccess: a\n  do a\ndbxaccess: b\n"},
		{fmt.Errorf("%w, then %w", failed("a", "do a"), failed("b", "do b")), "dbxaccess: a, then b\n  do a\n  do b\n"},
	} {
		var out bytes.Buffer
		if PrintError(&out, c.err, nil); out.String() != c.want {
			t.Errorf("got %q, want %q", out.String(), c.want)
		}
	}
}

func TestAFixIsOneTextInJSON(t *testing.T) {
	got, err := json.Marshal(map[string]Fix{"fix": append(Command("a"), Advice("b\x1b").Clean()...)})
	if err != nil || string(got) != `{"fix":"a\nb"}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestWordsOfAShellAreQuotedWhereTheyMustBe(t *testing.T) {
	for in, want := range map[string]string{
		"ml-trainer": "ml-trainer", "./a_b/c.txt": "./a_b/c.txt", "https://git.example.com/map.yaml": "https://git.example.com/map.yaml", "--x": "--x",
		"": "''", "-": "'-'", "a b": "'a b'", "$(x)": "'$(x)'", "it's": `'it'\''s'`, "https://": "'https://'", "https://x?a=b&c": "'https://x?a=b&c'",
	} {
		if got := Word(in); got != want {
			t.Errorf("%q became %s", in, got)
		}
	}
}
