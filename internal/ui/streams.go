// Package ui is everything a person sees: streams, the terminal, prompts, tables, and errors with a hint and an exit
// code.
//
// Stdout carries the answer that was asked for and nothing else; words go to stderr; codes, prompts and questions go to
// the terminal. What came from a network is passed through Clean before it is shown.
package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are the three standard streams and what is known of them. Commands get one; only System looks at os.Std*.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	// Interactive: stdin and stderr are terminals, so that a question can be asked and will be seen.
	Interactive bool
	// Width of the terminal behind stderr in columns; 80 where there is none.
	Width int
}

// System returns the process's own streams.
func System() *Streams {
	s := &Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Width: 80}
	errTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	s.Interactive = errTerminal && term.IsTerminal(int(os.Stdin.Fd()))
	if errTerminal {
		if width, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil && width > 0 {
			s.Width = width
		}
	}
	return s
}
