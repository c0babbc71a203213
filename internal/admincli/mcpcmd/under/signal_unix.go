//go:build unix

package under

import (
	"os/exec"
	"syscall"
)

// signalOf names the signal that has ended a program, "" for none.
func signalOf(exit *exec.ExitError) string {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
