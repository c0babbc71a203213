//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// diskFull are the errors for no room: on the disk, in the quota, in the process's own limit.
var diskFull = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

// keepGroup gives the new file the group of the old one, and reports whether it has it.
func keepGroup(f *os.File, old fs.FileInfo) bool {
	was, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	if is, ok := info.Sys().(*syscall.Stat_t); ok && is.Gid == was.Gid {
		return true
	}
	return f.Chown(-1, int(was.Gid)) == nil
}

func rename(from, to string) error { return os.Rename(from, to) }

// makeWritable is the command that lets the owner write.
func makeWritable(path string) string { return "chmod u+w " + ui.Quote(path) }

// lookAtSpace is how to see what is left of the disk.
func lookAtSpace(dir string) string { return "df " + ui.Quote(dir) + "; quota" }

// inUse: a file that is open can be replaced.
func inUse(error) bool { return false }

// syncDirectory makes the rename survive a power cut. Errors do not matter: the new file is in place already, and some
// file systems can't flush a directory.
func syncDirectory(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// LockDirectory keeps other processes of this program from replacing what is in dir until unlock, against lost updates.
// Without flock, or after waiting for a second, work goes on all the same.
func LockDirectory(dir string) (unlock func()) {
	d, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for range 100 {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return func() { _ = d.Close() }
}
