package ui

import (
	"fmt"
	"io"
	"strings"
)

// Console is where a command says what is no answer. A person's differs from that of a program, which writes it to a
// log.
type Console interface {
	Info(format string, args ...any)     // what is done, in a line
	Warn(w Warning)                      // what may go wrong
	Remark(w Warning)                    // a warning that only a person wants to know
	Progress(doing string) (done func()) // what is waited for, once that takes long; done has to be called
	Waiting(doing string) (done func())  // Progress where another program may be asking something on the same terminal
}

// Person is the console of a person who waits for the command.
type Person struct{ *Streams }

// Info writes a line to stderr, folded between words behind its own indent. What has several lines, or a link, stays as it is.
func (p Person) Info(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if text := strings.TrimLeft(line, " "); !strings.ContainsAny(text, "\n\x1b") {
		indent := len(line) - len(text)
		line = line[:indent] + Hang(p.Err, text, indent)
	}
	fmt.Fprintln(p.Err, line)
}

// Warn writes a warning to stderr.
func (p Person) Warn(w Warning) { PrintWarning(p.Err, w) }

// Remark is Warn.
func (p Person) Remark(w Warning) { p.Warn(w) }

// Quiet is the console of a command that other programs start: only warnings are written, for their log.
type Quiet struct{ Err io.Writer }

// Info writes nothing.
func (Quiet) Info(string, ...any) {}

// Warn writes a warning.
func (q Quiet) Warn(w Warning) { PrintWarning(q.Err, w) }

// Remark writes nothing: it would fill a log, hour after hour.
func (Quiet) Remark(Warning) {}

// Progress writes nothing.
func (Quiet) Progress(string) (done func()) { return func() {} }

// Waiting writes nothing.
func (Quiet) Waiting(string) (done func()) { return func() {} }
