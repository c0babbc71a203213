//go:build unix && !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package beside

import (
	"time"

	"golang.org/x/sys/unix"
)

// lookEvery is how often it is looked whether a process is still there.
const lookEvery = 200 * time.Millisecond

// End returns what waits for the end of a process, which need not be our child and must be there now.
func End(pid int) (wait func(), err error) {
	if err := unix.Kill(pid, 0); err != nil {
		return nil, err
	}
	return func() {
		for unix.Kill(pid, 0) == nil {
			time.Sleep(lookEvery)
		}
	}, nil
}
