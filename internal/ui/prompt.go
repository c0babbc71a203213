package ui

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// maxAnswer bounds a typed line, in bytes, as terminals do.
const maxAnswer = 4096

// Ask asks the person a question and returns the line they typed, without its end; io.EOF at the end of the input.
// Ctrl-C ends it at once with the context's error: since a read of a terminal can't be cancelled, it goes on in the
// background.
func (s *Streams) Ask(ctx context.Context, question string) (string, error) {
	answer, err := s.read(ctx, question, func() (string, error) { return readLine(s.In) })
	if screen, ok := s.Err.(*Screen); ok {
		screen.typed()
	}
	return answer, err
}

// Confirm asks a question that y and yes agree to, and all else declines, the end of the input too. The error is that of a context that
// has ended.
func (s *Streams) Confirm(ctx context.Context, question string) (agreed bool, err error) {
	said, err := s.Ask(ctx, question+" [y/N] ")
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	said = strings.ToLower(strings.TrimSpace(said))
	return err == nil && (said == "y" || said == "yes"), nil
}

func (s *Streams) read(ctx context.Context, question string, read func() (string, error)) (string, error) {
	fmt.Fprint(s.Err, question)
	var (
		line string
		err  error
	)
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		line, err = read()
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
		return "", ctx.Err()
	case <-typed:
		return strings.TrimRight(line, "\r\n"), err
	}
}

// readLine reads byte by byte: what follows the line belongs to the next question, or to a program that is started with
// the same input.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for len(line) < maxAnswer {
		var b [1]byte
		n, err := r.Read(b[:])
		line = append(line, b[:n]...)
		if err != nil || n > 0 && b[0] == '\n' {
			return string(line), err
		}
	}
	return "", fmt.Errorf("a line of more than %d bytes was typed", maxAnswer)
}
