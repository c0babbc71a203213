package main

import (
	"errors"
	"strings"
	"testing"
)

func TestSecretsAreShortened(t *testing.T) {
	secrets := []string{"abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz", "short"}
	for text, want := range map[string]string{
		"a abcdefghijklmnopqrstuvwxyz b":   "a abcdef…(26 characters) b",
		`"abcdefghijklmnop"`:               `"abcdef…(16 characters)"`,
		"abcdefghijklmnopabcdefghijklmnop": "abcdef…(16 characters)abcdef…(16 characters)",
		"short":                            "short",
		"":                                 "",
	} {
		if got := shorten(text, secrets); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestAChildsLinesAreIndentedWhole(t *testing.T) {
	var out strings.Builder
	log := &transcript{out: &out, secrets: func() []string { return []string{"secret-of-many-letters"} }}
	w := log.child()
	// A secret may come in two pieces, and line ends may be Windows's.
	for _, piece := range []string{"one\r\ntwo secret-of-", "many-letters\n\nthr", "ee"} {
		if _, err := w.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if all := w.close(); all != "one\r\ntwo secret-of-many-letters\n\nthree" {
		t.Errorf("kept %q", all)
	}
	if got, want := out.String(), "    one\n    two secret…(22 characters)\n\n    three\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func TestAnOutputThatBreaksIsNoticed(t *testing.T) {
	log := &transcript{out: brokenWriter{}, secrets: func() []string { return nil }}
	log.say("x")
	if !errors.Is(log.err, errors.ErrUnsupported) {
		t.Errorf("got %v", log.err)
	}
}
