package beside

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// Began is when a process started, and so tells it from a later one of the same number; an error if it has ended.
func Began(pid int) (string, error) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid)) //nolint:gosec // a process id
	if err != nil {
		return "", err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	var began, ended, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &began, &ended, &kernel, &user); err != nil {
		return "", err
	}
	if ended != (windows.Filetime{}) { // somebody holds it, and it runs no more
		return "", windows.ERROR_INVALID_PARAMETER
	}
	return strconv.FormatInt(began.Nanoseconds(), 10), nil
}
