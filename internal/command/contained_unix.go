//go:build unix

package command

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// leaveTerminal gives a program a session of its own: without a terminal to ask on, or one whose Ctrl-C is meant for us.
func leaveTerminal(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// runContained runs a program in a session of its own and ends what is left of that.
func runContained(cmd *exec.Cmd, memory uint64) error {
	leaveTerminal(cmd)
	// The system may end a program with the thread that started it, and Go with a goroutine that leaves its thread locked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	endWithUs(cmd.SysProcAttr)
	cmd.Cancel = func() error { return endGroup(cmd) }
	err := startWithin(memory, cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if cmd.Process != nil {
		_ = endGroup(cmd)
	}
	return err
}

// endGroup ends a program with all of its group. Once it has ended itself its number may be given away, but not to a group
// while others are in its own, and not at once: systems hand numbers out in turn, or by chance among thousands.
func endGroup(cmd *exec.Cmd) error {
	err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

func quoteForBatch(*exec.Cmd) error { return nil }
