//go:build unix

package main

import (
	"os"
	"syscall"
)

// ends are the signals that end the program in good order. The terminal's window is closed by a hangup.
var ends = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

func hangUp(p *os.Process) error { return p.Signal(syscall.SIGHUP) }
