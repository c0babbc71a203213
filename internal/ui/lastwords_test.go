package ui

import (
	"strings"
	"testing"
)

func TestLastWords(t *testing.T) {
	t.Parallel()
	for stderr, want := range map[string]string{
		"":                                   "",
		"\n \n":                              "",
		"first\nno \x1b[31mticket\n\n":       "no [31mticket",
		"for eyJhbGciOi.a.b, sorry":          "for [redacted] sorry",
		strings.Repeat("x", 300):             strings.Repeat("x", maxLastWords) + "…",
		"bearer\u202eeyJ\r\nlast\x00 line\r": "last line",
	} {
		if got := LastWords([]byte(stderr)); got != want {
			t.Errorf("%q: %q, want %q", stderr, got, want)
		}
	}
}

func FuzzLastWords(f *testing.F) {
	f.Add([]byte("a\n eyJ\x00 b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if last := LastWords(data); strings.Contains(last, "eyJ") || last != Clean(last) || len([]rune(last)) > maxLastWords+1 {
			t.Errorf("the last words of %q are %q", data, last)
		}
	})
}
