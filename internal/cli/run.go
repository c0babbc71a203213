// Package cli holds what the commands share: Main, the root command, Env (what a command may touch), flags and completion.
// In come arguments; out come an answer on stdout, messages for people on stderr and an exit code. A command reads its flags,
// asks the broker and prints. Commands live in a folder per noun and don't import each other. Nothing here is global.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/harden"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Command is a command of a program.
type Command struct {
	Name string
	New  func(*Env) *cobra.Command
	// ForSDKs marks a helper, which SDKs start thousands of times a day. Its Env is quiet. It installs no signal handler, which
	// would cost goroutines and threads, before it has started a program, which has to end with it; what must not be
	// interrupted blocks signals itself.
	ForSDKs bool
	// RenewsMap marks a command that a person waits for and that uses the map's copy: see renewsMap.
	RenewsMap bool
	// Internal marks a command that another one starts, and nobody types.
	Internal bool
	// Home is what the program does where no command is typed; it makes no request. At most one command has it, whose New is
	// not called for it.
	Home func(ctx context.Context, env *Env) error
	// Words filters a helper's messages on their way to stderr; nil for none.
	Words func(stderr io.Writer) io.Writer
	// AdminVerbs are those of the noun's verbs that dbxaccess-admin has; the noun's own New shows each by AdminVerb.
	AdminVerbs []string

	admin bool // see ForAdmins
}

// Ended is the exit code of a command that has already printed its error.
type Ended ui.Code

func (e Ended) Error() string { return fmt.Sprintf("the program ended with exit code %d", int(e)) }

// Main runs a program of these commands. args[0] is its own name; released is the version set by the release build, "" in
// others. The result is the exit code. Errors become text and codes here and nowhere else.
//
// Only the named command is built: all of them would be 7 % of the instructions of `version`.
func Main(args []string, released string, commands []Command) int {
	return MainIn(Surroundings{time.Now, ancestors.All(agent.MaxSteps)}, args, released, commands)
}

// Surroundings are what a program finds at its start beside its command line and environment.
type Surroundings struct {
	Now   func() time.Time
	Above iter.Seq[ancestors.Program] // see Process
}

// MainIn is Main in other surroundings than the system's, which are a test's.
func MainIn(in Surroundings, args []string, released string, commands []Command) int {
	unharden := harden.Process()
	// net/http's own words: what a server sends unasked, and under GODEBUG=http2debug each request with its tokens.
	log.SetOutput(io.Discard)
	streams, version := ui.System(), VersionOf(released)
	starter := os.Getenv(startedBy)
	_ = os.Unsetenv(startedBy) // meant for this program, not for those it starts
	if forAdmin(commands, args[1:]) {
		return int(tellAtDoor(streams.Err, args, becomeAdmin(args, starter, version, unharden)))
	}
	if err := checkStarter(commands, starter, version); err != nil {
		return int(tellAtDoor(streams.Err, args, err))
	}
	env := NewEnv(Process{
		Streams: streams, Getenv: os.Getenv, Environ: os.Environ, Now: in.Now,
		Arg0: args[0], Args: args[1:], Version: version, Passphrase: config.TakePassphrase(), Unharden: unharden,
		Above: in.Above,
	})
	ctx, name := context.Background(), firstWord(args[1:])
	i := slices.IndexFunc(commands, func(c Command) bool { return c.Name == name })
	var made []*cobra.Command
	home := homeOf(env, commands)
	switch {
	case i >= 0:
		env = env.forCommand(commands[i])
		made = append(made, commands[i].New(env))
	case name == "" && !asksForHelp(args[1:]) && home != nil:
	default:
		for _, c := range commands {
			made = append(made, c.New(env.forCommand(c)))
		}
		if hasDoor(commands) {
			made = append(made, helpTopics()...)
		}
	}
	if i < 0 || !commands[i].ForSDKs {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, ending()...)
		context.AfterFunc(ctx, stop) // the second Ctrl-C ends the program, whatever keeps it
		defer stop()
		// A pipe that nobody reads must not end the program between two files: see ui.System. Programs that it becomes or
		// starts are ended by the signal as ever.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	} else {
		ctx = untilSignalOnceRunning(ctx)
	}
	done := func() {}
	if i >= 0 && commands[i].RenewsMap {
		done = renewsMap(made[0], env)
	}
	root := newRoot(env, made, home)
	root.SetArgs(args[1:])
	code := exitCode(ctx, env, root.ExecuteContext(ctx))
	done() // the answer is out
	env.ShipRecord()
	return int(code)
}

// homeOf is what a program of these commands does where none is typed; nil for nothing.
func homeOf(env *Env, commands []Command) func(context.Context) error {
	i := slices.IndexFunc(commands, func(c Command) bool { return c.Home != nil })
	if i < 0 {
		return nil
	}
	return func(ctx context.Context) error { return commands[i].Home(ctx, env) }
}

// asksForHelp reports whether options of the program itself ask for what names all commands.
func asksForHelp(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return arg != "--debug" })
}

// firstWord is the first argument that is no flag: the command's name. The root's own flags take no values.
func firstWord(args []string) string {
	word, _ := cutWord(args)
	return word
}

// cutWord is the first argument that is no flag, and what stands behind it.
func cutWord(args []string) (word string, rest []string) {
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return arg, args[i+1:]
		}
	}
	return "", nil
}

// exitCode prints an error, if there is one, and turns it into the exit code.
func exitCode(ctx context.Context, env *Env, err error) ui.Code {
	// A program that was waited for decides itself what Ctrl-C means, and its exit code is the answer.
	if _, ended := errors.AsType[Ended](err); err != nil && !ended && ctx.Err() != nil {
		fmt.Fprintln(env.Streams.Err, "dbxaccess: interrupted")
		return ui.Interrupted
	}
	if err != nil {
		sayWhereLooked(env, err)
		logFailure(env.Log(), err)
	}
	return tell(env.Streams.Err, err, env.Letterhead)
}

// tellAtDoor is tell before there is an Env.
func tellAtDoor(stderr io.Writer, args []string, err error) ui.Code {
	if _, ended := errors.AsType[Ended](err); err != nil && !ended && asksForDebug(args) {
		logFailure(debugLog(stderr), err)
	}
	return tell(stderr, err, nil)
}

// asksForDebug reads the flag before cobra does. What stands behind -- is another program's.
func asksForDebug(args []string) (asks bool) {
	for _, arg := range args {
		value, is := strings.CutPrefix(arg, "--debug=")
		switch {
		case arg == "--":
			return asks
		case arg == "--debug":
			asks = true
		case is:
			asks, _ = strconv.ParseBool(value)
		}
	}
	return asks
}

func logFailure(log *slog.Logger, err error) {
	log.Debug("failed", "error", ui.IDOf(err), "exit_code", int(ui.CodeOf(err)), "cause", ui.Raw(err))
}

// tell prints an error, unless the command has already done so. head is that of a letter: see ui.PrintError.
func tell(stderr io.Writer, err error, head func() ui.Letterhead) ui.Code {
	if ended, ok := errors.AsType[Ended](err); ok {
		return ui.Code(ended)
	}
	ui.PrintError(stderr, err, head)
	return ui.CodeOf(err)
}
