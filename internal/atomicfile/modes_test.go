//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// It changes the umask of the whole process, so nothing may run beside it.
func TestModesUnderAnyUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o177, 0o777} {
		home := t.TempDir()
		path := filepath.Join(home, ".aws", "deep", "config")
		withUmask(umask, func() {
			if err := Write(path, []byte("x"), 0o640); err != nil {
				t.Errorf("umask %03o: %v", umask, err)
			}
		})
		mode(t, path, 0o640)
		mode(t, filepath.Dir(path), 0o700)
		mode(t, filepath.Dir(filepath.Dir(path)), 0o700)

		for _, kept := range []fs.FileMode{0o600, 0o644, 0o664, 0o606} {
			if err := os.Chmod(path, kept); err != nil {
				t.Fatal(err)
			}
			withUmask(umask, func() {
				if err := Write(path, []byte(kept.String()), 0o640); err != nil {
					t.Errorf("umask %03o: %v", umask, err)
				}
			})
			mode(t, path, kept)
		}
	}
}

func TestDirectoriesThatExistKeepTheirMode(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), ".aws")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "config"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mode(t, dir, 0o755)
}

func TestAFileOfAnotherOwnerIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	if os.Geteuid() == 0 {
		theirs := filepath.Join(t.TempDir(), "theirs")
		put(t, theirs, []byte("old"))
		if err := os.Chown(theirs, 1, 1); err != nil {
			t.Fatal(err)
		}
		link(t, theirs, path)
		defer holds(t, theirs, "old")
	} else {
		link(t, "/etc/passwd", path)
	}
	_, err := Update(path, 0o600, func([]byte) ([]byte, error) { return []byte("new"), nil })
	if ui.IDOf(err) != "file-of-other-user" || !strings.Contains(err.Error(), "belongs to") || ui.HintOf(err) == "" {
		t.Errorf("got %v with hint %q", err, ui.HintOf(err))
	}
	if _, err := Read(path); err != nil {
		t.Errorf("reading another's file is fine: %v", err)
	}
}

func TestAnotherGroupGetsNoMoreRights(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("old"))
	groups, err := os.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	group := os.Getegid()
	if os.Geteuid() == 0 {
		group = 1
	} else if len(groups) > 0 {
		group = groups[len(groups)-1]
	}
	if err := os.Chown(path, -1, group); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Gid) != group || info.Mode().Perm() != 0o660 {
		t.Errorf("the file lost its group or mode: %v", info)
	}
}

func withUmask(umask int, do func()) {
	old := syscall.Umask(umask)
	defer syscall.Umask(old)
	do()
}

func mode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
	} else if info.Mode().Perm() != want {
		t.Errorf("%s has mode %v, want %v", filepath.Base(path), info.Mode().Perm(), want)
	}
}
