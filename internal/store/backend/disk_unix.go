//go:build unix

package backend

import (
	"errors"

	"golang.org/x/sys/unix"
)

// diskFull reports whether the disk, or our quota on it, is used up.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// InUse reports whether another process has the file open, which hinders no change here.
func InUse(error) bool { return false }
