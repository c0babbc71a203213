package main

import (
	"context"
	"io"
)

// enter waits for the end of a line, or of in. It takes no byte beyond, which is for the shell that comes after. After an interrupt its
// read stays behind: the program ends then.
func enter(ctx context.Context, in io.Reader) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1)
		for b[0] != '\n' {
			if _, err := in.Read(b); err != nil {
				return
			}
		}
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
