// Package under runs a command for a language model, inside what dbxaccess exec has made for it.
//
// In come a command and how long it may take; out comes, in lines of JSON, how far it is, and then how it ended and what it printed: the
// beginning and the end, without control characters, and without the secrets that it was served meanwhile. It learns these from the server
// beside it, so that they never get to the process that speaks to the model. It must never show what it can't have checked, nor leave
// running what it has started: it ends that when its input ends, as it does when who started it is killed.
package under

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Name is the command's: nobody types it.
const Name = "under"

// Line is what it writes: Result is nil until the command has ended.
type Line struct {
	Written int64   `json:"written"` // bytes, so far
	Result  *Result `json:"result,omitempty"`
}

// Result is how a command ended.
type Result struct {
	ExitCode int    `json:"exit_code"` // 127: there is no such program; -1: a signal ended it
	Signal   string `json:"signal,omitempty"`
	TimedOut bool   `json:"timed_out,omitempty"`
	Failed   string `json:"failed,omitempty"` // why it could not be started

	Stdout        string `json:"stdout"`
	StdoutLeftOut int64  `json:"stdout_left_out"` // bytes
	Stderr        string `json:"stderr"`
	StderrLeftOut int64  `json:"stderr_left_out"`
	Redacted      int    `json:"redacted"`           // secrets that were taken out
	Withheld      bool   `json:"withheld,omitempty"` // what it printed, as it can't be checked
}

// tick is how often it tells how far it is.
const tick = 2 * time.Second

// New is the command.
func New(env *cli.Env) *cobra.Command {
	var limit time.Duration
	var directory string
	cmd := &cobra.Command{
		Use: Name, Hidden: true, Short: "Run a command for dbxaccess mcp", Args: cli.FirstArg("command"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if directory != "" {
				if err := os.Chdir(directory); err != nil {
					return ui.Errorf("directory-unusable", ui.Usage, "%w", err).With(ui.Advice("name a directory that is there"))
				}
			}
			env.Unharden()
			stayUntilInputEnds()
			ctx, stop := untilEnd(cmd.Context(), env.Streams.In)
			defer stop()
			return run(ctx, env, args, limit)
		},
	}
	cmd.Flags().DurationVar(&limit, "limit", 0, "how long it may take")
	cmd.Flags().StringVar(&directory, "directory", "", "where it is started")
	return cmd
}

// untilEnd is a context that ends with an input.
func untilEnd(ctx context.Context, in io.Reader) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		stop()
	}()
	return ctx, stop
}

// run runs the command, and tells of it.
func run(ctx context.Context, env *cli.Env, argv []string, limit time.Duration) error {
	from, known, err := endpoints(env.Getenv)
	if err != nil {
		return err
	}
	served := &issued{http: env.HTTP(maxAnswer), from: from}
	served.learn(known...)
	again, err := served.ask(ctx)
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	defer stop()
	go served.follow(following, again)

	to := &lines{out: json.NewEncoder(env.Streams.Out)}
	var stdout, stderr kept
	done := to.every(tick, func() int64 { return stdout.size() + stderr.size() })
	result := started(ctx, argv, limit, &stdout, &stderr)
	done()
	if ctx.Err() != nil { // nobody is there to be told
		return ctx.Err()
	}
	if _, err := served.ask(ctx); err != nil {
		result.Withheld = true
		return to.write(Line{Written: stdout.size() + stderr.size(), Result: result})
	}
	served.mu.Lock()
	defer served.mu.Unlock()
	var inOut, inErr int
	result.Stdout, result.StdoutLeftOut, inOut = stdout.shown(&served.secrets)
	result.Stderr, result.StderrLeftOut, inErr = stderr.shown(&served.secrets)
	result.Redacted = inOut + inErr
	return to.write(Line{Written: stdout.size() + stderr.size(), Result: result})
}

// started runs the program to its end.
func started(ctx context.Context, argv []string, limit time.Duration, stdout, stderr *kept) *Result {
	r, w, err := os.Pipe()
	if err != nil {
		return &Result{ExitCode: 126, Failed: ui.Told(err)}
	}
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(stderr, r) })
	_, err = command.Run(ctx, command.Program{Argv: argv, Time: limit, Into: stdout, Errors: w})
	_ = w.Close()
	_ = r.SetReadDeadline(time.Now().Add(pipeGrace)) // what the program left behind may hold it
	reading.Wait()
	_ = r.Close()
	result := &Result{}
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
	case errors.Is(err, command.ErrTooLong):
		result.ExitCode, result.TimedOut = -1, true
	case exited:
		result.ExitCode, result.Signal = exit.ExitCode(), signalOf(exit)
	case errors.Is(err, exec.ErrNotFound):
		result.ExitCode, result.Failed = 127, "command not found"
	default:
		result.ExitCode, result.Failed = 126, ui.Clean(ui.Told(err))
	}
	return result
}

// pipeGrace is how long stderr is waited for, once the program has ended.
const pipeGrace = 250 * time.Millisecond

// lines writes Lines, one at a time.
type lines struct {
	mu  sync.Mutex
	out *json.Encoder
}

func (l *lines) write(line Line) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Encode(line)
}

// every tells how much was written, until done is called.
func (l *lines) every(d time.Duration, written func() int64) (done func()) {
	ticker, end := time.NewTicker(d), make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				_ = l.write(Line{Written: written()})
			}
		}
	})
	return func() {
		ticker.Stop()
		close(end)
		telling.Wait()
	}
}
