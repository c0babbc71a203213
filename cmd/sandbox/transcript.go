package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

const indent = "    "

// transcript is the demo's output. Lines of several writers don't mix, and secrets are shortened in all of them.
type transcript struct {
	mu      sync.Mutex
	out     io.Writer
	secrets func() []string
	columns int   // what lines are folded to; 0 leaves them whole
	err     error // the first of writing
}

// say prints a line of the demo itself.
func (t *transcript) say(format string, args ...any) {
	t.write(fmt.Sprintf(format, args...) + "\n")
}

// prompt asks, on a line that the answer ends.
func (t *transcript) prompt(format string, args ...any) {
	t.write("\n" + fmt.Sprintf(format, args...))
}

// note prints a remark of the demo within a step.
func (t *transcript) note(format string, args ...any) {
	t.say(indent+">> "+format, args...)
}

// heading begins a step.
func (t *transcript) heading(n int, title string) {
	t.say("\n%d. %s", n, title)
}

func (t *transcript) write(text string) {
	text = fold(shorten(text, t.secrets()), t.columns)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := io.WriteString(t.out, text); err != nil && t.err == nil {
		t.err = err
	}
}

// child returns a writer for one program's output; each of its lines is printed indented once it is whole.
func (t *transcript) child() *childWriter { return &childWriter{transcript: t} }

// childWriter keeps all of a program's output and prints it line by line.
type childWriter struct {
	transcript *transcript
	mu         sync.Mutex
	all        bytes.Buffer
	printed    int // of all, in bytes
}

// Write implements io.Writer.
func (w *childWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	rest := w.all.Bytes()[w.printed:]
	if end := bytes.LastIndexByte(rest, '\n'); end >= 0 {
		w.flush(rest[:end+1])
	}
	return len(p), nil
}

// close prints the last line if it was not ended, and returns all that was written, with secrets.
func (w *childWriter) close() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if rest := w.all.Bytes()[w.printed:]; len(rest) > 0 {
		w.flush(rest)
	}
	return w.all.String()
}

func (w *childWriter) flush(text []byte) {
	w.printed += len(text)
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		w.transcript.write(strings.TrimRight(indent+line, " \r") + "\n")
	}
}

// shownOfSecret is how much of a secret is printed, in bytes.
const shownOfSecret = 6

// shorten replaces each secret in a text by its beginning and its length.
func shorten(text string, secrets []string) string {
	// A secret that begins with another must go first.
	secrets = slices.Clone(secrets)
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if len(secret) > 2*shownOfSecret {
			text = strings.ReplaceAll(text, secret, fmt.Sprintf("%s…(%d characters)",
				secret[:shownOfSecret], utf8.RuneCountInString(secret)))
		}
	}
	return text
}
