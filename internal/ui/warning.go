package ui

import (
	"fmt"
	"io"
)

// Warning is what a person should know although nothing failed. Its texts need not be clean; what prints them cleans
// them.
type Warning struct {
	ID      ID
	Subject string // such as a variable, where there may be several; What continues the sentence
	What    string
	Why     string // it matters; may be empty
	Fix     Fix    // may be empty
}

// String is the warning in one sentence: a command, and what follows a reason, after a colon; advice after a semicolon.
func (w Warning) String() string {
	text := w.What
	if w.Subject != "" {
		text = w.Subject + " " + text
	}
	if w.Why != "" {
		text += "; " + w.Why
	}
	for i, step := range w.Fix {
		switch {
		case i > 0:
			text += ", then "
		case step.Copied || w.Why != "":
			text += ": "
		default:
			text += "; "
		}
		text += step.Text
	}
	return text
}

// PrintWarning writes a warning as a person reads it, cleaned of control characters.
func PrintWarning(w io.Writer, warning Warning) {
	const prefix = "dbxaccess: warning:"
	fmt.Fprintf(w, "%s %s\n", Paint(w, Caution, prefix), Hang(w, Clean(warning.String()), len(prefix)+1))
}
