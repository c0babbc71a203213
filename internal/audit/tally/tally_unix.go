//go:build unix

package tally

import (
	"errors"
	"io"
	"path/filepath"
	"syscall"
)

// withoutWaiting: a pipe in the place of the file is an error and not waited for, and a link is not followed.
const withoutWaiting = syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// appendEntry does without package os, which would ask the kernel whether the file can be polled: each start pays for this.
func appendEntry(path string, entry [entrySize]byte) error {
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_APPEND|syscall.O_CLOEXEC|withoutWaiting, 0)
	if err != nil {
		return err
	}
	n, err := syscall.Write(fd, entry[:])
	if err == nil && n < entrySize {
		err = io.ErrShortWrite
	}
	return errors.Join(err, syscall.Close(fd))
}

// Unwritable reports whether a serving could not be counted because nothing can be written to the record: its disk is full, or the
// directory (or the one in which it would be made) is not to be written to.
func Unwritable(dir string, err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	const writable = 2 // W_OK
	record := filepath.Dir(dir)
	err = syscall.Access(record, writable)
	if errors.Is(err, syscall.ENOENT) {
		err = syscall.Access(filepath.Dir(record), writable)
	}
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EROFS)
}
