//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package beside

import (
	"errors"

	"golang.org/x/sys/unix"
)

// End returns what waits for the end of a process, which need not be our child and must be there now: kqueue(2) tells, and
// goes on with the program that takes the process's place.
func End(pid int) (wait func(), err error) {
	queue, err := unix.Kqueue()
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(queue)
	change := make([]unix.Kevent_t, 1)
	unix.SetKevent(&change[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change[0].Fflags = unix.NOTE_EXIT
	if _, err := unix.Kevent(queue, change, nil, nil); err != nil {
		_ = unix.Close(queue)
		return nil, err
	}
	return func() {
		for {
			n, err := unix.Kevent(queue, nil, make([]unix.Kevent_t, 1), nil)
			if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				_ = unix.Close(queue)
				return
			}
		}
	}, nil
}
