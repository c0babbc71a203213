// Package become replaces this program by another, for `exec` and for dbxaccess-admin.
package become

import (
	"os"
	"os/exec"
	"os/signal"
)

// Program runs a program in our place, as far as Windows has that: it shares the console, and is waited for. An exit
// code other than 0 comes as an *exec.ExitError.
func Program(path string, args, environ []string) error {
	// Ctrl-C reaches every process of the console. The program decides what it means; we wait for its end.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := exec.Command(path, args[1:]...) //nolint:gosec,noctx // running what it is given is what this is for
	cmd.Env = environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
