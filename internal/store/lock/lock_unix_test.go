//go:build unix

package lock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// What cleans /tmp may take a lock file away while others wait for it.
func TestALockOnAFileThatVanishedDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		locks := Dir{Path: t.TempDir()}
		first, err := locks.Acquire(context.Background(), "a", Exclusive)
		if err != nil {
			t.Fatal(err)
		}
		waited := make(chan func() error, 1)
		go func() {
			unlock, err := locks.Acquire(context.Background(), "a", Exclusive)
			if err != nil {
				t.Error(err)
			}
			waited <- unlock
		}()
		synctest.Wait()
		path, err := locks.file("a")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		second, err := locks.Acquire(context.Background(), "a", Exclusive) // on a new file
		if err != nil {
			t.Fatal(err)
		}
		_ = first()
		select {
		case <-waited:
			t.Error("two have the lock")
		case <-time.After(time.Minute):
			_ = second()
			_ = (<-waited)()
		}
	})
}

func TestLockDirectoriesThatAreRefused(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	link := filepath.Join(base, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := "/" // root's, unless the test is root
	if os.Geteuid() == 0 {
		foreign = filepath.Join(base, "foreign")
		if err := errors.Join(os.Mkdir(foreign, 0o700), os.Chown(foreign, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{link, file, foreign} {
		if _, err := (Dir{Path: dir}).Acquire(t.Context(), "a", Exclusive); err == nil || errors.Is(err, ErrTimeout) {
			t.Errorf("%s was used: %v", dir, err)
		}
	}
	// What lies in the way of a lock file is not followed.
	locks := Dir{Path: filepath.Join(base, "locks")}
	path, err := locks.file("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, path); err != nil {
		t.Fatal(err)
	}
	if _, err := locks.Acquire(t.Context(), "a", Exclusive); !errors.Is(err, unix.ELOOP) {
		t.Errorf("a symbolic link was followed: %v", err)
	}
}

func TestTheDefaultDirectoryDoesNotDependOnTheEnvironment(t *testing.T) {
	before, err := defaultDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	after, err := defaultDir()
	if err != nil || after != before || !strings.Contains(after, fmt.Sprint(os.Geteuid())) {
		t.Errorf("%q, then %q (%v)", before, after, err)
	}
}
