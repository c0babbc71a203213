package beside

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// lookEvery is how often it is looked whether a process is still there, where the kernel does not tell of its end.
const lookEvery = 200 * time.Millisecond

// End returns what waits for the end of a process, which need not be our child and must be there now: the program that takes
// its place has its number, and no other process can get that unnoticed. A descriptor of the process tells
// (pidfd_open(2), Linux 5.3); where there is none, its number and when it started.
func End(pid int) (wait func(), err error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil, err
	}
	if err != nil {
		return polled(pid)
	}
	return func() {
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1) //nolint:gosec // a descriptor is a small number
			if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				_ = unix.Close(fd)
				return
			}
		}
	}, nil
}

func polled(pid int) (wait func(), err error) {
	began, err := Began(pid)
	if err != nil {
		return nil, err
	}
	return func() {
		for {
			time.Sleep(lookEvery)
			if now, err := Began(pid); err != nil || now != began {
				return
			}
		}
	}, nil
}

// Began is when a process started, as the kernel counts, and so tells it from a later one of the same number; an error if it has
// ended. See proc_pid_stat(5): its name, in brackets, may hold anything.
func Began(pid int) (string, error) {
	data, _, err := localfile.Read(fmt.Sprintf("/proc/%d/stat", pid), 4<<10)
	if err != nil {
		return "", err
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	const state, start = 0, 19
	if len(fields) <= start || bytes.ContainsAny(fields[state], "ZXx") {
		return "", unix.ESRCH
	}
	return string(fields[start]), nil
}
