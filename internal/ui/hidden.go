package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/term"
)

// hidden is a question whose answer is not shown.
type hidden struct {
	streams  *Streams
	question string
	terminal int
	shown    *term.State // the terminal as it was

	mu    sync.Mutex
	quiet *term.State // the terminal without its echo, once the process was stopped
	over  bool
}

// AskHidden is Ask without showing what is typed. The terminal's state is always restored, while the process is stopped
// too: a shell does not turn the echo off again when it is continued.
func (s *Streams) AskHidden(ctx context.Context, question string) (string, error) {
	file, ok := s.In.(*os.File)
	if !ok {
		return "", errors.New("reading the terminal: there is none")
	}
	h := &hidden{streams: s, question: question, terminal: int(file.Fd())}
	var err error
	if h.shown, err = term.GetState(h.terminal); err != nil {
		return "", fmt.Errorf("reading the terminal: %w", err)
	}
	defer WhileStopped(h.leave, h.resume)()
	defer h.end()
	return s.read(ctx, question, func() (string, error) {
		typed, err := term.ReadPassword(h.terminal)
		return string(typed), err
	})
}

// leave gives the terminal back before the process stops, resume takes it again.
func (h *hidden) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return
	}
	if h.quiet == nil {
		h.quiet, _ = term.GetState(h.terminal)
	}
	_ = term.Restore(h.terminal, h.shown)
}

func (h *hidden) resume() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.quiet == nil {
		return
	}
	_ = term.Restore(h.terminal, h.quiet)
	fmt.Fprint(h.streams.Err, h.question)
}

func (h *hidden) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	_ = term.Restore(h.terminal, h.shown)
	fmt.Fprintln(h.streams.Err)
}
