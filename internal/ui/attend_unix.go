//go:build unix

package ui

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// openTerminal opens the process's controlling terminal, if this process is one of those that may read it now.
func openTerminal() (io.ReadWriteCloser, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	if group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP); err != nil || group != unix.Getpgrp() {
		_ = f.Close()
		return nil, errors.Join(err, errors.New("the terminal is another program's now"))
	}
	return f, nil
}
