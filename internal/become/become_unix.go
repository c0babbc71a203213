//go:build unix

// Package become replaces this program by another, for `exec` and for dbxaccess-admin.
//
// In go a program's path, its arguments and its whole environment; nothing comes out if that worked. It must never add
// to the environment or search for a program by its name.
package become

import (
	"os"
	"os/signal"
	"syscall"
)

// Program replaces this process by a program: process id, terminal, signals and exit code are the program's from here
// on. It returns only if that failed, with the system's error.
func Program(path string, args, environ []string) error {
	// A program for which Ctrl-C was ignored when we started, as in a script's background, must find it ignored too.
	signal.Reset(os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	return syscall.Exec(path, args, environ) //nolint:gosec // running what it is given is what this is for
}
