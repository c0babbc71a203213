package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCleanTakesAwayWhatATerminalWouldObey(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünïcode ✓":          "plain ünïcode ✓",
		"\x1b[31mred\x1b[0m":       "[31mred[0m",
		"a\r\nb\tc":                "a  b c",
		"csi\u009b31m":             "csi31m",
		"nul\x00bel\x07del\x7f":    "nulbeldel",
		"bad\xffutf8":              "badutf8",
		"user\u202ecod.exe\u200bx": "usercod.exex",
		"line\u2028sep":            "linesep",
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
	inner := Fault(LoginNeeded, "dbxaccess login", "the session at %s ended", "example.com")
	wrapped := fmt.Errorf("renewing: %w", inner)
	var out bytes.Buffer
	PrintError(&out, wrapped)
	if want := "dbxaccess: renewing: the session at example.com ended\n  dbxaccess login\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for err, want := range map[error]Code{
		nil:                                   Done,
		errors.New("x"):                       Failed,
		fmt.Errorf("x: %w", context.Canceled): Interrupted,
		wrapped:                               LoginNeeded,
		Fault(NoSuchRole, "", "%w", inner):    NoSuchRole,
	} {
		if got := CodeOf(err); got != want {
			t.Errorf("CodeOf(%v) = %d, want %d", err, got, want)
		}
	}
}
