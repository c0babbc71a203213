package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// ask puts a question to the person and returns the line they typed. Ctrl-C ends it at once: reading goes on in the
// background until the process ends, since a read of a terminal can't be called back.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	return a.read(ctx, question, func() (string, error) { return bufio.NewReader(a.streams.In).ReadString('\n') })
}

// askHidden is ask without showing what is typed. The terminal is put back as it was, however it ends.
func (a *app) askHidden(ctx context.Context, question string) (string, error) {
	stdin := int(os.Stdin.Fd())
	state, err := term.GetState(stdin)
	if err != nil {
		return "", fmt.Errorf("reading the terminal: %w", err)
	}
	defer func() {
		_ = term.Restore(stdin, state)
		fmt.Fprintln(a.streams.Err)
	}()
	return a.read(ctx, question, func() (string, error) {
		typed, err := term.ReadPassword(stdin)
		return string(typed), err
	})
}

func (a *app) read(ctx context.Context, question string, read func() (string, error)) (string, error) {
	fmt.Fprint(a.streams.Err, question)
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := read()
		lines <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.streams.Err)
		return "", ctx.Err()
	case l := <-lines:
		return strings.TrimRight(l.text, "\r\n"), l.err
	}
}
