package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Code is an exit code of the program. The numbers are documented in the README and are never reused.
type Code int

const (
	// Done means that the command did what was asked.
	Done Code = 0
	// Failed is an error with no code of its own.
	Failed Code = 1
	// Usage is wrong usage: unknown command or flag, missing argument, a command group without a verb.
	Usage Code = 2
	// Refused means that the person, the identity provider or AWS said no.
	Refused Code = 3
	// LoginNeeded means that nobody is signed in, or the session is over.
	LoginNeeded Code = 4
	// KeyringUnavailable means that the keyring is locked, absent or does not answer.
	KeyringUnavailable Code = 5
	// NoSuchRole means that the access map gives the person no such role.
	NoSuchRole Code = 6
	// Interrupted means Ctrl-C or SIGTERM.
	Interrupted Code = 130
)

// Error is an error that a person reads: what happened, how to mend it and the exit code it becomes.
type Error struct {
	Code Code   // never Done
	Err  error  // what happened, in one sentence, lower case, cleaned of control characters
	Hint string // what mends it: a sentence or a command, one per line; may be empty
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Fault makes an Error from a format; %w wraps.
func Fault(code Code, hint, format string, args ...any) error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...), Hint: hint}
}

// CodeOf tells the exit code of any error: that of the outermost Error in its chain, Interrupted for a canceled
// context, Failed otherwise, Done for nil.
func CodeOf(err error) Code {
	if err == nil {
		return Done
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	return Failed
}

// HintOf returns the hints of an error's chain, outermost first, or "".
func HintOf(err error) string {
	var hints []string
	for err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			break
		}
		if e.Hint != "" {
			hints = append(hints, e.Hint)
		}
		err = e.Err
	}
	return strings.Join(hints, "\n")
}

// PrintError writes an error as a person reads it: what happened, then the hint, indented. Control characters are
// cleaned away, whatever the error holds.
func PrintError(w io.Writer, err error) {
	if err == nil {
		return
	}
	const prefix = "dbxaccess:"
	fmt.Fprintf(w, "%s %s\n", Paint(w, Bad, prefix), Hang(w, CleanLines(err.Error()), len(prefix)+1))
	if hint := HintOf(err); hint != "" {
		fmt.Fprintf(w, "  %s\n", HangHint(w, hint, 2))
	}
}

// HangHint is a hint behind an indent, each of its lines folded for a terminal but those that are to be copied: a terminal
// gives a line that it had to wrap back whole, and one that was folded in pieces.
func HangHint(w io.Writer, hint string, indent int) string {
	lines := strings.Split(hint, "\n")
	for i, line := range lines {
		if lines[i] = Clean(line); !isCopied(lines[i]) {
			lines[i] = Hang(w, lines[i], indent)
		}
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// isCopied recognises commands and JSON.
func isCopied(line string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	return first == "dbxaccess" || first == "databricks" || strings.ContainsAny(first, `={"`)
}
