package ui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// attendTime bounds the wait for a person who may not be there.
const attendTime = time.Minute

// Attended has a person who is there type a word, at the terminal itself whatever the streams are, and reports whether they did. false
// where there is no terminal, or where the one there is belongs to another program now, which would read what is typed.
func Attended(ctx context.Context, question, word string) bool {
	terminal, err := openTerminal()
	if err != nil {
		return false
	}
	defer func() { _ = terminal.Close() }()
	return attended(ctx, terminal, question, word)
}

func attended(ctx context.Context, terminal io.ReadWriter, question, word string) bool {
	ctx, cancel := context.WithTimeout(ctx, attendTime)
	defer cancel()
	if _, err := fmt.Fprintf(terminal, "%s Type %s to go on: ", question, word); err != nil {
		return false
	}
	typed := make(chan string, 1)
	go func() { // since a read of a terminal can't be cancelled, it may go on in the background
		line, _ := readLine(terminal)
		typed <- line
	}()
	select {
	case line := <-typed:
		return strings.TrimSpace(line) == word
	case <-ctx.Done():
		_, _ = fmt.Fprintln(terminal)
		return false
	}
}
