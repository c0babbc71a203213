package use

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// become runs a program in our place, as far as Windows has that: it shares the console, and its exit code becomes ours.
func become(path string, args, environ []string) error {
	// Ctrl-C reaches every process of the console. What it means is for the program to say; we wait for its end.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := exec.Command(path, args[1:]...) //nolint:gosec,noctx // running what it is given is what exec is for
	cmd.Env = environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return cli.Ended(exit.ExitCode())
	}
	if err != nil {
		return ui.Errorf("program-not-executable", notExecutable, "%q can't be run: %w", args[0], err)
	}
	return nil
}
