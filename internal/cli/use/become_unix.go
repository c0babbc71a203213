//go:build unix

package use

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// become replaces this process by a program: process id, terminal, signals and exit code are the program's from here on.
// It returns only if that failed.
func become(path string, args, environ []string) error {
	// A program that was to be deaf to Ctrl-C, as in a script's background, has to find it ignored, as we did.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	err := syscall.Exec(path, args, environ) //nolint:gosec // running what it is given is what exec is for
	failed := ui.Errorf("program-not-executable", notExecutable, "%q can't be run: %w", args[0], fmt.Errorf("%s: %w", path, err))
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return failed.With(ui.Advice("a script without a #! line needs its shell named: -- sh " + ui.Word(path)))
	case errors.Is(err, fs.ErrNotExist):
		return failed.With(ui.Advice("the program that the first line of the script names is missing"))
	}
	return failed
}
