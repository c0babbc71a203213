//go:build unix

// Package become puts another program in the place of this one: `exec` and the door to dbxaccess-admin are made of it.
//
// In go a program's path, its arguments and its whole environment; nothing comes out if that worked. It must add
// nothing to the environment and start nothing by a name that is looked up.
package become

import (
	"os"
	"os/signal"
	"syscall"
)

// Program replaces this process by a program: process id, terminal, signals and exit code are the program's from here
// on. It returns only if that failed, with the system's error.
func Program(path string, args, environ []string) error {
	// A program that was to be deaf to Ctrl-C, as in a script's background, has to find it ignored, as we did.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	return syscall.Exec(path, args, environ) //nolint:gosec // running what it is given is what this is for
}
