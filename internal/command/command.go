// Package command runs other programs for dbxaccess: those that print secrets (pass, GnuPG, commands that the settings or
// the access map name), and browsers.
//
// In goes a program with its bounds; out come the first bytes of what it printed. It ends in time, and what it started
// ends with it. It must never keep more than the given bytes, print any of them, outlive us unless it was let go, or have
// a shell read an argument.
package command

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Program is a program to run, and its bounds.
type Program struct {
	Argv  []string  // its name or path, and its arguments; no shell reads them
	Env   []string  // its environment; nil: ours
	Stdin io.Reader // nil: none

	Time           time.Duration // how long it may take
	Memory         uint64        // how much it and each that it starts may have, in bytes, where the system holds to that (Linux); 0: any
	Stdout, Stderr int           // how much is kept, in bytes: more on stdout ends it, more on stderr is dropped
	Into           io.Writer     // gets all of its stdout instead, however much, as it comes; its error ends the program; nil: it is kept
	Also           io.Writer     // gets what is kept of its stderr too, as it comes; nil: nobody does
	Errors         *os.File      // is its stderr itself, of which nothing is kept then; nil: as above

	// Waiting is called when it starts, and what that returns when it has ended: they tell the person what is waited
	// for. nil: nobody is told.
	Waiting func() (done func())
}

// Output is what a program printed.
type Output struct{ Stdout, Stderr []byte }

var (
	// ErrTooLong is the error of a program that took longer than it may.
	ErrTooLong = errors.New("it took too long")
	// ErrTooMuch is the error of a program that printed more on stdout than there is room for.
	ErrTooMuch = errors.New("it printed too much")
)

// grace is how long a program that has ended is waited for by its pipes, which what it left behind may hold.
const grace = 250 * time.Millisecond

type beforeRuns struct{}

// BeforeRuns returns a context with which Run calls prepare before it starts a program.
func BeforeRuns(ctx context.Context, prepare func()) context.Context {
	return context.WithValue(ctx, beforeRuns{}, prepare)
}

// Run runs a program until it ends, its time is over, it has printed too much, or ctx ends. Where the system has sessions
// it gets one of its own, without a terminal to ask on. What it has started and left behind is ended with it, unless that
// left the session, as daemons do. The error is ErrTooLong, ErrTooMuch, ctx's own, or that of exec.Cmd.Run.
func Run(ctx context.Context, p Program) (Output, error) {
	if prepare, ok := ctx.Value(beforeRuns{}).(func()); ok {
		prepare()
	}
	bounded, end := context.WithCancelCause(ctx)
	defer end(nil)
	timer := time.AfterFunc(p.Time, func() { end(fmt.Errorf("%w: more than %s", ErrTooLong, p.Time)) })
	defer timer.Stop()
	out, complaints := &buffer{room: p.Stdout, full: func() { end(ErrTooMuch) }}, &buffer{room: p.Stderr, also: p.Also}

	cmd := exec.CommandContext(bounded, p.Argv[0], p.Argv[1:]...) //nolint:gosec // running what it is given is what this is for
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Env, p.Stdin, out, complaints
	if p.Errors != nil {
		cmd.Stderr = p.Errors
	}
	if p.Into != nil {
		cmd.Stdout = p.Into
	}
	cmd.WaitDelay = grace
	if p.Waiting != nil {
		defer p.Waiting()()
	}
	err := runContained(cmd, p.Memory)
	switch {
	case out.cut:
		err = ErrTooMuch
	case err != nil && bounded.Err() != nil:
		err = context.Cause(bounded)
	case errors.Is(err, exec.ErrNotFound):
		err = missingError{err, p.Argv[0]}
	case errors.Is(err, exec.ErrWaitDelay): // it did well; something that it left behind held its pipes
		err = nil
	}
	return Output{Stdout: out.kept, Stderr: complaints.kept}, err
}

// missingError is a program that is not there, in our own words.
type missingError struct {
	error

	name string
}

func (e missingError) Error() string {
	return "there is no program " + strconv.Quote(e.name) + " in PATH"
}
func (e missingError) Unwrap() error { return e.error }

// buffer keeps the first bytes that are written to it.
type buffer struct {
	kept []byte
	room int
	also io.Writer
	full func() // called when there is more
	cut  bool   // there was more
}

func (b *buffer) Write(data []byte) (int, error) {
	taken := min(len(data), b.room)
	if b.also != nil {
		_, _ = b.also.Write(data[:taken])
	}
	b.kept = append(b.kept, data[:taken]...)
	b.room -= taken
	if taken < len(data) && !b.cut {
		b.cut = true
		if b.full != nil {
			b.full()
		}
	}
	return len(data), nil
}

// LetGo runs a program that may outlive us, such as a browser: it has none of our streams, and Ctrl-C at our terminal is
// none of its business. It returns when the program has ended; the error is that of exec.Cmd.Run.
func LetGo(argv ...string) error {
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // as in Run; it outlives us on purpose
	if err := quoteForBatch(cmd); err != nil {
		return err
	}
	leaveTerminal(cmd)
	return cmd.Run()
}

// Detach starts a program that outlives us and is nobody's child once we have ended: in a session of its own, with our
// input and our stderr, and with none of the files that were open before us. It returns the first line of the program's
// stdout, of at most limit bytes; where the program ends without one, the error is that of exec.Cmd.Wait.
func Detach(limit int64, argv ...string) (line []byte, err error) {
	closeOnExec()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // as in Run; it outlives us on purpose
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	leaveTerminal(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err = bufio.NewReader(io.LimitReader(stdout, limit)).ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		err = cmp.Or(cmd.Wait(), io.ErrUnexpectedEOF)
	}
	return line, err
}

// Leave starts a program that outlives us and does not wait for it: in a session of its own, with none of our streams or files.
// env is its environment.
func Leave(env []string, argv ...string) error {
	closeOnExec()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:gosec,noctx // as in Run; it outlives us on purpose
	cmd.Env = env
	leaveTerminal(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // where we live on, it must not stay a zombie
	return nil
}
