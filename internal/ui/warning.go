package ui

import "strings"

// Warning is what a person should know of although nothing failed, in parts: no sentence is taken apart to get at them.
// None of the parts is cleaned of control characters; what prints them does that.
type Warning struct {
	ID   string   // small words with hyphens, never reused: what to document, search for or silence
	What string   // what is so: a sentence without its full stop
	Why  string   // why it matters; may be empty
	Fix  []string // what puts it right, each a sentence or a command; may be empty
}

// String is the warning as one sentence.
func (w Warning) String() string {
	text := w.What
	if w.Why != "" {
		text += "; " + w.Why
	}
	if len(w.Fix) > 0 {
		text += ": " + strings.Join(w.Fix, ", then ")
	}
	return text
}
