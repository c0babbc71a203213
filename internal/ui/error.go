package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Code is an exit code of the program. The numbers are documented in docs/reference.md and are never reused.
type Code int

// The exit codes.
const (
	Done               Code = 0
	Failed             Code = 1   // an error with no code of its own
	Usage              Code = 2   // wrong usage: unknown command or flag, missing argument, a command group without a verb
	Refused            Code = 3   // the person, the identity provider or AWS said no
	LoginNeeded        Code = 4   // no one is signed in, or the session is over
	KeyringUnavailable Code = 5   // the keyring is locked, absent or does not answer
	NoSuchRole         Code = 6   // the access map gives the person no such role
	NewerReleased      Code = 7   // version --check: there is a newer release
	Interrupted        Code = 130 // Ctrl-C or SIGTERM
)

// codes are the exit codes with what they mean, as docs/reference.md and the topic of help say it.
var codes = []struct {
	code  Code
	means string
}{
	{Done, "done"},
	{Failed, "an error; for commands that check something, something was found"},
	{Usage, "wrong usage"},
	{Refused, "refused: by you, the identity provider, AWS, Databricks or a rule of the access map"},
	{LoginNeeded, "a login is needed"},
	{KeyringUnavailable, "the keyring is locked or unavailable"},
	{NoSuchRole, "the access map gives you no such role"},
	{NewerReleased, "version --check: a newer release is out"},
	{Interrupted, "interrupted"},
}

// Codes are the exit codes of the program's own.
func Codes() (all []Code) {
	for _, c := range codes {
		all = append(all, c.code)
	}
	return all
}

// Means says what an exit code means; "" for one that is a child's.
func (c Code) Means() string {
	for _, known := range codes {
		if known.code == c {
			return known.means
		}
	}
	return ""
}

// ID names a kind of error, warning or finding: kebab-case, the same in every version, never reused for another kind.
// Programs and documentation refer to it; the words beside it may change.
type ID string

// Error is an error that a person reads: what happened, how to fix it, and the exit code it becomes.
type Error struct {
	ID   ID
	Code Code  // never Done
	Err  error // what happened, in one sentence, lower case, cleaned of control characters
	Fix  Fix   // may be empty
}

func (e *Error) Error() string { return Told(e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error from a format; %w wraps.
func Errorf(id ID, code Code, format string, args ...any) *Error {
	return &Error{ID: id, Code: code, Err: fmt.Errorf(format, args...)}
}

// With adds to the Fix, and returns the error itself.
func (e *Error) With(fix ...Fix) *Error {
	e.Fix = append(e.Fix, slices.Concat(fix...)...)
	return e
}

// CodeOf is the exit code of any error: that of the outermost Error in its chain, Interrupted for a canceled
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

// IDOf is the ID of the outermost Error in a chain that has one, or "".
func IDOf(err error) ID {
	for e := range chain(err) {
		if e.ID != "" {
			return e.ID
		}
	}
	return ""
}

// FixOf joins the Fix of every Error in a chain, outermost first; what several advise, once.
func FixOf(err error) Fix {
	var fix Fix
	for e := range chain(err) {
		for _, step := range e.Fix {
			if !slices.Contains(fix, step) {
				fix = append(fix, step)
			}
		}
	}
	return fix
}

// HintOf is FixOf as text.
func HintOf(err error) string { return FixOf(err).String() }

// chain yields the Errors that an error wraps, outermost first, and those of joined ones in turn.
func chain(err error) iter.Seq[*Error] {
	return func(yield func(*Error) bool) { walk(err, yield) }
}

func walk(err error, yield func(*Error) bool) (goOn bool) {
	switch e := err.(type) { //nolint:errorlint // the chain is walked here, link by link
	case *Error:
		return yield(e) && walk(e.Err, yield)
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			if !walk(part, yield) {
				return false
			}
		}
	}
	return true
}

// joined are the errors that errors.Join made one of: each is told with its own Fix.
func joined(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var texts []string
	var all []error
	for _, part := range several.Unwrap() {
		texts = append(texts, part.Error())
		all = append(all, joined(part)...)
	}
	if err.Error() != strings.Join(texts, "\n") { // fmt.Errorf wraps several too, in a sentence of its own
		return []error{err}
	}
	return all
}

// PrintError writes an error as a person reads it: what happened, then the Fix, indented. Control characters are
// cleaned away, whatever the error holds. Joined errors follow one another, those with the same Fix before it, and what
// several say, once. What an administrator has to do is a letter, for which head is asked only then; nil: nobody is known to send it
// to. A nil err writes nothing.
func PrintError(w io.Writer, err error, head func() Letterhead) {
	if err == nil {
		return
	}
	const prefix = "dbxaccess:"
	all := slices.CompactFunc(joined(err), func(a, b error) bool { return a.Error() == b.Error() })
	for i, err := range all {
		fmt.Fprintf(w, "%s %s\n", Paint(w, Bad, prefix), Hang(w, CleanLines(Told(err)), len(prefix)+1))
		fix := FixOf(err)
		if len(fix) > 0 && (i == len(all)-1 || !slices.Equal(fix, FixOf(all[i+1]))) {
			if head != nil && slices.ContainsFunc(fix, func(step Step) bool { return step.Admin }) {
				fix = fix.Letter(head(), err.Error())
			}
			fmt.Fprintf(w, "  %s\n", HangFix(w, fix, 2))
		}
	}
}
