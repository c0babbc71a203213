package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var errNotDirectory = errors.New("not a directory")

// explain adds to an error of the file system what was not done and how to fix it. The file itself is
// untouched whenever it is called. An error that was explained already passes unchanged.
func explain(doing, path string, err error) error { return explainAt(doing, path, path, err) }

// explainAt is explain where the system refused the use of another place than the file, such as its directory.
func explainAt(doing, path, place string, err error) error {
	if _, done := errors.AsType[*ui.Error](err); done {
		return err
	}
	dir := ui.Clean(filepath.Dir(path))
	id, advice := ui.ID("file-unusable"), ui.Fix(nil)
	switch {
	case slices.ContainsFunc(diskFull, func(full error) bool { return errors.Is(err, full) }):
		id = "disk-full"
		advice = ui.Advice("free some space (" + lookAtSpace(dir) + "), then run the command again; the file is as it was")
	case errors.Is(err, syscall.EBUSY):
		id = "file-is-mount"
		advice = ui.Advice("it is a mount of its own, as a container's, and such a file can't be replaced: mount its directory " + dir + " instead, or name a file elsewhere")
	case inUse(err):
		id = "file-in-use"
		advice = ui.Advice("another program has it open: close that (an editor, a backup, a virus scanner), then run the command again; the file is as it was")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		id, advice = "file-denied", localfile.Remedy(place, err)
	case errors.Is(err, errNotDirectory), errors.Is(err, syscall.ENOTDIR):
		id = "path-not-directory"
		advice = ui.Advice("a part of the path " + dir + " is not a directory; move that file away or name another path")
	}
	return ui.Errorf(id, ui.Failed, "%s %s: %w", doing, ui.Clean(path), cause(err)).With(advice)
}

// cause is an error of package os without its path: explain names the file that the person knows, not the temporary
// one.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
