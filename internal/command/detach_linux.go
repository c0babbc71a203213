package command

import (
	"math"

	"golang.org/x/sys/unix"
)

// closeOnExec keeps from programs what we have inherited besides the standard streams, such as the write end of a pipe of
// the shell's. Kernels before 5.11 don't know it, and these stay open there.
func closeOnExec() { _ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) }
