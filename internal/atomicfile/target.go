package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// target is the file that a path leads to.
type target struct {
	path string      // links followed
	info fs.FileInfo // nil if there is no file yet
	anew bool        // its mode does not stay
}

// locate follows path if it is a link; its directory stays as it is named.
func locate(path string) (target, error) {
	path = filepath.Clean(path)
	named := path
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return target{path: path}, nil
	}
	if err != nil {
		return target{}, explain("reading", path, err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		resolved, err := filepath.EvalSymlinks(path)
		if errors.Is(err, fs.ErrNotExist) {
			return target{}, danglingLink(path)
		}
		if err != nil {
			return target{}, explainLink(path, err)
		}
		path = resolved
		if info, err = os.Lstat(path); err != nil {
			return target{}, explain("reading", path, err)
		}
	}
	if !info.Mode().IsRegular() {
		shown := ui.Clean(named)
		if path != named {
			shown += " is a link to " + ui.Clean(path) + ", which"
		}
		return target{}, ui.Errorf("file-not-regular", ui.Failed, "%s is %w", shown, localfile.ErrNotRegular).
			With(ui.Advice("name a plain file instead, or move this one away"))
	}
	return target{path: path, info: info}, nil
}

func danglingLink(path string) error {
	points := "a file"
	if to, err := os.Readlink(path); err == nil {
		points = ui.Clean(to)
	}
	return ui.Errorf("link-dangling", ui.Failed, "%s is a symbolic link to %s, which does not exist", ui.Clean(path), points).
		With(ui.Advice("create the file it points to, or remove the link: rm " + ui.Quote(ui.Clean(path))))
}

// explainLink explains why a link can't be followed to what is there.
func explainLink(path string, err error) error {
	if _, statErr := os.Stat(path); statErr != nil {
		err = statErr // filepath has words of its own for a circle
	}
	if errors.Is(err, syscall.ELOOP) {
		return ui.Errorf("link-dangling", ui.Failed, "%s is a symbolic link that leads in a circle", ui.Clean(path)).
			With(ui.Advice("have it point to a file, or remove it: rm " + ui.Quote(ui.Clean(path))))
	}
	return explain("following the link", path, err)
}

// mayReplace refuses files that renaming could replace against their owner's will.
func (t target) mayReplace() error {
	if t.info == nil {
		return nil
	}
	if owner, other := localfile.OtherOwner(t.info); other {
		return ui.Errorf("file-of-other-user", ui.Failed,
			"%s belongs to %s, not to the user who runs this; it is left alone", ui.Clean(t.path), owner).
			With(ui.Advice("run the command as that user (without sudo), or name a file of your own"))
	}
	if t.info.Mode().Perm()&0o200 == 0 {
		return ui.Errorf("file-read-only", ui.Failed, "%s is read-only; it is left alone", ui.Clean(t.path)).
			With(ui.Advice("if it may be changed, make it writable: " + makeWritable(ui.Clean(t.path))))
	}
	return nil
}
