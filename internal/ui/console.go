package ui

import (
	"fmt"
	"io"
)

// Console is where a command says what is no answer. A person's differs from that of a program, which keeps such words in
// a log of its own.
type Console interface {
	Info(format string, args ...any)     // tells what is done, in a line
	Warn(w Warning)                      // tells what may go wrong
	Remark(w Warning)                    // is Warn for what only a person wants to know
	Progress(doing string) (done func()) // tells what is waited for, once that takes long; done has to be called
}

// Person is the console of somebody who waits for the command.
type Person struct{ *Streams }

// Info writes a line to stderr.
func (p Person) Info(format string, args ...any) { fmt.Fprintf(p.Err, format+"\n", args...) }

// Warn writes a warning to stderr.
func (p Person) Warn(w Warning) { PrintWarning(p.Err, w) }

// Remark is Warn.
func (p Person) Remark(w Warning) { p.Warn(w) }

// Quiet is the console of a command that other programs start: their log gets warnings, plain, and nothing else.
type Quiet struct{ Err io.Writer }

// Info says nothing.
func (Quiet) Info(string, ...any) {}

// Warn writes a warning.
func (q Quiet) Warn(w Warning) { PrintWarning(q.Err, w) }

// Remark says nothing: each hour anew, it would fill a log.
func (Quiet) Remark(Warning) {}

// Progress says nothing.
func (Quiet) Progress(string) (done func()) { return func() {} }
