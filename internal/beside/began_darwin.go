package beside

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Began is when a process started, and so tells it from a later one of the same number; an error if it has ended.
func Began(pid int) (string, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", err
	}
	const zombie = 5 // SZOMB of sys/proc.h
	if info.Proc.P_stat == zombie {
		return "", unix.ESRCH
	}
	began := info.Proc.P_starttime
	return strconv.FormatInt(began.Sec, 10) + "." + strconv.FormatInt(int64(began.Usec), 10), nil
}
