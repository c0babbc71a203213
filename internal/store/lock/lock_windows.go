package lock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// defaultDirs is %LocalAppData%\dbxaccess\locks.
func defaultDirs() []string {
	local, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		local = os.TempDir() // the user's own
	}
	return []string{filepath.Join(local, "dbxaccess", "locks")}
}

// lastingDirs are the same: no system removes those.
func lastingDirs() []string { return defaultDirs() }

// checkPrivate: a user's profile is closed to other users by its access control list.
func checkPrivate(string, fs.FileInfo) error { return nil }

// findHolder says how a person finds the process that holds a lock.
func findHolder(string) string { return "it is in the Task Manager" }

func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

// lockFile uses LockFileEx on the file's first byte. The system drops it with the handle.
func lockFile(file *os.File, mode Mode) (locked bool, err error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if mode == Exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err = windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

func unlockFile(file *os.File) error {
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, new(windows.Overlapped))
}

// unsupported reports whether a file system has no locks.
func unsupported(err error) bool { return errors.Is(err, windows.ERROR_NOT_SUPPORTED) }
