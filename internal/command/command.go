// Package command runs programs that print secrets: pass and GnuPG, and commands that the access map names.
//
// In goes a command that is ready to start; out come the first bytes of what it printed. Programs that it started are
// stopped with it, so that none goes on waiting for a person who has gone. It must never keep more than the given
// bytes, nor print any of them.
package command

import (
	"os/exec"
	"time"
)

// Output is what a program printed.
type Output struct {
	Stdout, Stderr []byte
	Cut            bool // it printed more on stdout than there was room for
}

// Run runs a command until it or its context ends. Where the system has sessions it gets one of its own: without a
// terminal to ask on, and its children are stopped with it. stdout and stderr bound what is kept, in bytes;
// the rest is read and dropped. The error is that of exec.Cmd.Run.
func Run(cmd *exec.Cmd, stdout, stderr int) (Output, error) {
	out, complaints := &bounded{room: stdout}, &bounded{room: stderr}
	cmd.Stdout, cmd.Stderr = out, complaints
	cmd.WaitDelay = time.Second // for pipes that a child still holds
	stopWithChildren(cmd)
	err := cmd.Run()
	return Output{Stdout: out.kept, Stderr: complaints.kept, Cut: out.cut}, err
}

// bounded keeps the first bytes that are written to it.
type bounded struct {
	kept []byte
	room int
	cut  bool // there was more
}

func (b *bounded) Write(data []byte) (int, error) {
	taken := min(len(data), b.room)
	b.kept = append(b.kept, data[:taken]...)
	b.room -= taken
	b.cut = b.cut || taken < len(data)
	return len(data), nil
}
