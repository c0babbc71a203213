package atomicfile

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// diskFull are the errors for no room.
var diskFull = []error{
	windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED,
}

// keepGroup has nothing to do: a file's rights come from its directory.
func keepGroup(*os.File, fs.FileInfo) bool { return true }

// rename tries for half a second: a reader or a virus scanner that has the file open makes it fail for a moment.
func rename(from, to string) error {
	return localfile.Patiently(func() error { return os.Rename(from, to) })
}

// makeWritable is the command that lets the owner write.
func makeWritable(path string) string { return `attrib -R "` + path + `"` }

// lookAtSpace is how to see what is left of the disk.
func lookAtSpace(dir string) string { return "look at the drive of " + dir + " in the Explorer" }

// inUse: another program has the file open, and does not share it.
func inUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// syncDirectory has nothing to do: directories can't be flushed here, and the file system keeps a journal of renames.
func syncDirectory(string) {}

// LockDirectory has nothing to do: directories can't be locked here. Only the comparison before the rename remains.
func LockDirectory(string) (unlock func()) { return func() {} }
