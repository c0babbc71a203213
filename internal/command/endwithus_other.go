//go:build unix && !linux

package command

import "syscall"

// endWithUs does nothing: these systems end nothing for us when we are killed.
func endWithUs(*syscall.SysProcAttr) {}
