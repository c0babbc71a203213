// Package cli is what programs for people, SDKs and jobs are made of: arguments in; an answer on stdout, words for people on
// stderr, and an exit code out. It holds what their commands share: Main, the root command, Env (what a command may touch),
// flags and completion. A command reads its flags, asks the broker, prints; commands live in a folder for each noun, and
// none of these knows another. Nothing here is global.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Command is a command of a program.
type Command struct {
	Name string // the word by which it is called
	New  func(*Env) *cobra.Command
	// ForSDKs: it is a helper, which SDKs start thousands of times a day. Its Env is quiet, and it dies of a signal as any
	// program does, which costs no goroutines and threads at its start: it has nothing to tidy up, and what must not be
	// interrupted holds signals back by itself.
	ForSDKs bool
	// Words is what a helper's words pass through on their way to stderr; nil: they pass as they are.
	Words func(stderr io.Writer) io.Writer

	admin bool // see ForAdmins
}

// Ended is the exit code of a command that has said itself what was to be said.
type Ended ui.Code

func (e Ended) Error() string { return fmt.Sprintf("the program ended with exit code %d", int(e)) }

// Main is a program of these commands: arguments in, the first of which is its own name, exit code out. released is the
// version that the release build gave it, "" elsewhere. Errors become text and codes here and nowhere else.
//
// Of the commands only the one that is named is made, so that none is paid for by the starts of another: all of them are 7 %
// of the instructions of `version`.
func Main(args []string, released string, commands []Command) int {
	streams, version := ui.System(), VersionOf(released)
	starter := os.Getenv(startedBy)
	_ = os.Unsetenv(startedBy) // it is meant for this program, and for none that this one starts
	if forAdmin(commands, args[1:]) {
		return int(tell(streams.Err, becomeAdmin(args, starter, version)))
	}
	if err := checkStarter(commands, starter, version); err != nil {
		return int(tell(streams.Err, err))
	}
	env := NewEnv(Process{
		Streams: streams, Getenv: os.Getenv, Environ: os.Environ, Now: time.Now,
		Arg0: args[0], Version: version, Passphrase: config.TakePassphrase(),
	})
	ctx, name := context.Background(), firstWord(args[1:])
	i := slices.IndexFunc(commands, func(c Command) bool { return c.Name == name })
	var made []*cobra.Command
	if i >= 0 {
		env = env.of(commands[i])
		made = append(made, commands[i].New(env))
	} else {
		for _, c := range commands {
			made = append(made, c.New(env.of(c)))
		}
	}
	if i < 0 || !commands[i].ForSDKs {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	root := newRoot(env, made)
	root.SetArgs(args[1:])
	return int(exitCode(ctx, env, root.ExecuteContext(ctx)))
}

// firstWord is the first argument that is no flag: the name of a command. The program's own flags take no values, so that
// none of those is taken for it.
func firstWord(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return arg
		}
	}
	return ""
}

// exitCode tells a person what went wrong, if anything did.
func exitCode(ctx context.Context, env *Env, err error) ui.Code {
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(env.Streams.Err, "dbxaccess: interrupted")
		return ui.Interrupted
	}
	if err != nil {
		env.Log().Debug("failed", "error", ui.IDOf(err), "exit_code", int(ui.CodeOf(err)))
	}
	return tell(env.Streams.Err, err)
}

// tell prints an error, unless the command has said itself what was to be said.
func tell(stderr io.Writer, err error) ui.Code {
	if ended, ok := errors.AsType[Ended](err); ok {
		return ui.Code(ended)
	}
	ui.PrintError(stderr, err)
	return ui.CodeOf(err)
}
