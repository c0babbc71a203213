// Package ui is everything a person sees: streams, the terminal, prompts, tables, and errors with a hint and an exit
// code.
//
// Stdout carries the answer that was asked for and nothing else; words go to stderr; codes, prompts and questions go to
// the terminal. What came from a network is passed through Clean before it is shown. Colour, cut tables and lines that
// are rewritten exist on a Screen only: what goes into a pipe or a file is whole and plain.
package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are the three standard streams and what is known of them. Commands get one; only System looks at os.Std*.
type Streams struct {
	In  io.Reader
	Out io.Writer // a *Screen where stdout is a terminal
	Err io.Writer // a *Screen where stderr is a terminal

	// Interactive: stdin and stderr are terminals, so that a question can be asked and will be seen.
	Interactive bool
}

// System returns the process's own streams. Programs that AWS SDKs start pass here too: it asks each stream once
// whether it is a terminal and leaves the rest for when it is needed.
func System() *Streams {
	s := &Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
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
