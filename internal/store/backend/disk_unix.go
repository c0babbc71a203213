//go:build unix

package backend

import (
	"errors"

	"golang.org/x/sys/unix"
)

// diskFull: the disk, or our quota on it, is used up.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// readOnly: the file system can't be written to.
func readOnly(err error) bool { return errors.Is(err, unix.EROFS) }

// InUse tells that a file can't be changed because another process has it open, which does not happen here.
func InUse(error) bool { return false }
