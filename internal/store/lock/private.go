package lock

import (
	"errors"
	"io/fs"
	"os"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
)

// MakePrivate makes sure that dir is a directory of ours that nobody else may enter, and makes it and what is missing
// above it, with mode 0700 under any umask. A symbolic link or somebody else's directory in its place is refused.
func MakePrivate(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := atomicfile.MakeDirectories(dir); err != nil {
			return err
		}
		info, err = os.Lstat(dir)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "use", Path: dir, Err: errors.New("not a directory")}
	}
	return checkPrivate(dir, info)
}
