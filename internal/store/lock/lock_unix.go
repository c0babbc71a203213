//go:build unix

package lock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"golang.org/x/sys/unix"
)

// defaultDirs are /run/user/UID/dbxaccess, or where there is no such place of ours, lastingDirs: the same for every process of
// the user. That rules out HOME and TMPDIR, and with it the per-user directories of macOS, which a cron job or an SSH session
// does not have.
func defaultDirs() []string {
	uid := os.Geteuid()
	runtime := filepath.Join("/run/user", strconv.Itoa(uid))
	if info, err := os.Lstat(runtime); err == nil && info.IsDir() && ownedBy(info, uid) {
		return []string{filepath.Join(runtime, "dbxaccess")}
	}
	return lastingDirs()
}

// lastingDirs are /tmp/dbxaccess-UID and, should another user have taken that, one below the account's home.
func lastingDirs() []string {
	dirs := []string{"/tmp/dbxaccess-" + strconv.Itoa(os.Geteuid())}
	if home, err := localfile.AccountHome(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".cache", "dbxaccess", "locks"))
	}
	return dirs
}

func ownedBy(info fs.FileInfo, uid int) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == uid
}

// checkPrivate refuses a directory of another owner and closes ours to group and others.
func checkPrivate(dir string, info fs.FileInfo) error {
	if !ownedBy(info, os.Geteuid()) {
		return &fs.PathError{Op: "use", Path: dir, Err: errTaken}
	}
	if info.Mode().Perm() == 0o700 {
		return nil
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a directory needs the execute bit
}

// findHolder says how a person finds the process that holds a lock.
func findHolder(path string) string { return "fuser -v " + path }

// openFile opens or makes a lock file. One that was made under a umask which denies even us is given mode 0600.
func openFile(path string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_CREATE | unix.O_NOFOLLOW
	file, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, err
		}
		file, err = os.OpenFile(path, flags, 0o600)
	}
	return file, err
}

// lockFile uses flock(2), which belongs to the open file: so it also excludes goroutines of one process, and the kernel
// drops it with the last descriptor, however the process ends; Go closes descriptors on exec, so no child keeps it.
// Record locks (fcntl) are dropped as soon as the process closes any descriptor of the file, and their open-file
// variant exists on Linux only.
func lockFile(file *os.File, mode Mode) (locked bool, err error) {
	how := unix.LOCK_SH
	if mode == Exclusive {
		how = unix.LOCK_EX
	}
	for {
		switch err = unix.Flock(int(file.Fd()), how|unix.LOCK_NB); {
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return err == nil, err
		}
	}
}

func unlockFile(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_UN) }

// unsupported reports whether a file system has no locks.
func unsupported(err error) bool {
	return slices.ContainsFunc([]error{unix.ENOLCK, unix.ENOSYS, unix.ENOTSUP, unix.EOPNOTSUPP}, func(e error) bool { return errors.Is(err, e) })
}
