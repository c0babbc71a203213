package use

import (
	"cmp"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The exit codes of shells, and of env(1) and nohup(1), for a command that could not be started (POSIX, Shell Command
// Language, section 2.8.2). Every other code of exec's is the command's own.
const (
	notExecutable ui.Code = 126
	notFound      ui.Code = 127
)

// program is what takes our place.
type program struct {
	path  string
	words []string // its name as it was typed, and its arguments

	// forwarding, if there is one, has its words instead, which need a socket to forward.
	forwarding func(socket string) []string
}

// name is that of its file.
func (p program) name() string { return filepath.Base(p.path) }

// with is the program with what it is to be told.
func (p program) with(r reply) program {
	if p.forwarding != nil {
		p.words = p.forwarding(r.Socket)
	}
	return p
}

// run replaces this process with the program, with these variables in its environment: see cli.Become.
func (p program) run(env *cli.Env, variables []shellenv.Variable) error {
	env.ShipRecord()
	err := cli.Become(env.Unharden, p.path, p.words, shellenv.Apply(env.Environ(), variables, runtime.GOOS == "windows"))
	if _, ended := errors.AsType[cli.Ended](err); ended || err == nil {
		return err
	}
	what := ui.Named(p.words[0])
	if p.path != p.words[0] {
		what += ", " + ui.Clean(p.path) + ","
	}
	failed := ui.Errorf("program-not-executable", notExecutable, "%s can't be run: %w", what, err)
	switch {
	case errors.Is(err, command.ErrBatch):
		return failed.With(ui.Advice("start what the batch file starts, as -- node FILE for one of npm's, or pass the argument in a file"))
	case errors.Is(err, syscall.ENOEXEC):
		return failed.With(ui.Advice("a script without a #! line needs its shell named: -- sh " + ui.Word(p.path)))
	case errors.Is(err, fs.ErrNotExist):
		return failed.With(ui.Advice("the program that the first line of the script names is missing"))
	}
	return failed
}

// findProgram looks a command up before any credentials are requested. Without words it is the person's shell.
func findProgram(getenv func(string) string, words []string) (program, error) {
	if len(words) == 0 {
		words = []string{shell(getenv)}
	}
	path, err := lookUp(words[0])
	return program{path: path, words: words}, err
}

// shell is the person's interactive shell.
func shell(getenv func(string) string) string {
	if runtime.GOOS == "windows" {
		return cmp.Or(getenv("COMSPEC"), "cmd.exe")
	}
	return cmp.Or(getenv("SHELL"), "/bin/sh")
}

func lookUp(name string) (path string, err error) {
	path, err = exec.LookPath(name)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrDot):
		return "", ui.Errorf("program-here-only", notFound, "%s: found in the current directory only", ui.Named(name)).
			With(ui.Advice("if you mean it: ./" + name))
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", ui.Errorf("program-not-found", notFound, "%s: command not found", ui.Named(name))
	}
	if lookup, ok := errors.AsType[*exec.Error](err); ok {
		err = lookup.Err
	}
	return "", ui.Errorf("program-not-executable", notExecutable, "%s can't be run: %w", ui.Named(name), err)
}
