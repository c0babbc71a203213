//go:build unix

package backend

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What the file system below a keyring says becomes what a person can mend.
func TestTroubleOfTheDiskIsTold(t *testing.T) {
	t.Parallel()
	about := &About{Name: "file", Title: "the encrypted file", Hint: "look at the disk"}
	at := func(err error) error {
		return &fs.PathError{Op: "open", Path: filepath.Join(t.TempDir(), "item"), Err: err}
	}
	for name, c := range map[string]struct {
		err error
		id  ui.ID
		is  error
	}{
		"forbidden":           {at(fs.ErrPermission), "keyring-denied", fs.ErrPermission},
		"forbidden, no path":  {fs.ErrPermission, "keyring-denied", fs.ErrPermission},
		"no room":             {at(syscall.ENOSPC), "keyring-full", ErrFull},
		"a lock that is held": {lock.ErrTimeout, "keyring-hung", lock.ErrTimeout},
		"an I/O error":        {at(syscall.EIO), "keyring-failed", nil},
		"told already":        {ui.Errorf("file-is-mount", ui.Failed, "a mount").With(ui.Advice("mount the directory")), "keyring-failed", nil},
	} {
		err := about.Disk(c.err)
		if ui.IDOf(err) != c.id || ui.CodeOf(err) != ui.KeyringUnavailable || ui.HintOf(err) == "" || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: exit %d, %s: %v, hint %q", name, ui.CodeOf(err), ui.IDOf(err), err, ui.HintOf(err))
		}
	}
	if err := about.Disk(nil); err != nil {
		t.Errorf("nothing wrong: %v", err)
	}
	if err := about.Disk(at(fs.ErrNotExist)); !errors.Is(err, keyring.ErrKeyNotFound) {
		t.Errorf("an item that is not there: %v", err)
	}
}
