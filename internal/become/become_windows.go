// Package become replaces this program by another, for `exec` and for dbxaccess-admin.
package become

import (
	"os"
	"os/exec"
	"os/signal"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// Program runs a program in our place, as far as Windows has that: it shares the console, is waited for, and ends if we are
// killed. An exit code other than 0 comes as an *exec.ExitError.
func Program(path string, args, environ []string) error {
	// Ctrl-C reaches every process of the console. The program decides what it means; we wait for its end.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := exec.Command(path, args[1:]...) //nolint:gosec,noctx // running what it is given is what this is for
	cmd.Env = environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command.InOurPlace(cmd)
}
