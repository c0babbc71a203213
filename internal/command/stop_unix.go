//go:build unix

package command

import (
	"os/exec"
	"syscall"
)

// stopWithChildren gives a command a session of its own, without a terminal to ask on, all of which is stopped with it.
func stopWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
