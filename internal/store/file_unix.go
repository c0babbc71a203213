//go:build unix

package store

import (
	"errors"

	"golang.org/x/sys/unix"
)

// diskFull: the disk, or our quota on it, is used up.
func diskFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

func readOnlySystem(err error) bool { return errors.Is(err, unix.EROFS) }

// beingRead: a file can't be changed because another process has it open, which does not happen here.
func beingRead(error) bool { return false }
