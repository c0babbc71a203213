//go:build unix && !linux && !darwin

package beside

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Began is "" for a process that is there, as nothing is asked here that tells when it started; an error if it has ended.
func Began(pid int) (string, error) {
	if err := unix.Kill(pid, 0); err != nil && !errors.Is(err, unix.EPERM) {
		return "", err
	}
	return "", nil
}
