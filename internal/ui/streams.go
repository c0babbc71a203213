// Package ui is everything a person sees: streams, the terminal, prompts, tables, and errors with a hint and an exit
// code.
//
// In come answers, words and questions. The answer that was asked for goes to stdout and nothing else does; words go to
// stderr; codes, prompts and questions to the terminal. Nothing from a network may be shown that was not passed through
// Clean. Only a Screen gets colour, cut tables and rewritten lines: what goes into a pipe or a file is whole and plain.
package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are the three standard streams. Commands get one; only System uses os.Std*.
type Streams struct {
	In  io.Reader
	Out io.Writer // a *Screen where stdout is a terminal
	Err io.Writer // a *Screen where stderr is a terminal

	// Interactive: stdin and stderr are terminals, so that a question can be asked and will be seen.
	Interactive bool
}

// System returns the process's own streams. AWS SDKs wait for it too: it only checks whether each stream is a terminal.
func System() *Streams {
	s := &Streams{In: os.Stdin, Out: pipe{os.Stdout}, Err: pipe{os.Stderr}}
	stderr := screenOn(os.Stderr, os.Getenv)
	if stderr != nil {
		s.Err = stderr
		s.Interactive = term.IsTerminal(int(os.Stdin.Fd()))
	}
	if stdout := screenOn(os.Stdout, os.Getenv); stdout != nil {
		stdout.keeper = stderr
		s.Out = stdout
	}
	return s
}
