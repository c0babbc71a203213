package localfile

import (
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Remedy is what helps where the system refused the use of a path: by what it said, and by whose the place is. nil if
// err is no refusal and something can be read there.
func Remedy(path string, err error) ui.Fix {
	switch {
	case errors.Is(err, ErrNotRegular):
		return ui.Advice("make it a plain file, or move it away")
	case errors.Is(err, readOnly):
		return ui.Advice("the file system of " + ui.Clean(path) + " is mounted read-only; name a place that can be written")
	case errors.Is(err, forbidden):
		flags := "lsattr -d "
		if runtime.GOOS == "darwin" {
			flags = "ls -ldO "
		}
		return ui.Advice("the system forbids it whatever the mode says: an immutable flag (" + flags + ui.Quote(ui.Clean(path)) +
			"), or a security policy")
	case !errors.Is(err, fs.ErrPermission):
		return nil
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return remedy(path)
}
