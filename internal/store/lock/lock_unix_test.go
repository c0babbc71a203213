//go:build unix

package lock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
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
	before := defaultDirs()
	for _, name := range []string{"HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	if after := defaultDirs(); !slices.Equal(after, before) || !strings.Contains(after[0], fmt.Sprint(os.Geteuid())) {
		t.Errorf("%q, then %q", before, after)
	}
}

// Anybody may make /tmp/dbxaccess-UID before its user does.
func TestADirectoryThatAnotherUserTookIsGoneRound(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	taken, own := filepath.Join(base, "taken"), filepath.Join(base, "home", ".cache", "locks")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if dir, err := firstPrivate([]string{taken, own}); err != nil || dir != own {
		t.Errorf("%q, %v", dir, err)
	}
	_, err := firstPrivate([]string{taken, filepath.Join(taken, "below")})
	if !errors.Is(err, ErrNone) || ui.HintOf(err) != "sudo rm -r '"+taken+"'" {
		t.Errorf("%v: %q", err, ui.HintOf(err))
	}
	unlock, err := Anyway(Dir{Path: taken}.Acquire(t.Context(), "a", Exclusive))
	if err != nil || unlock() != nil {
		t.Errorf("%v", err)
	}
	held, err := Dir{Path: own}.Acquire(t.Context(), "a", Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := Anyway(Dir{Path: own}.Acquire(ctx, "a", Exclusive)); !errors.Is(err, ErrTimeout) {
		t.Errorf("what another holds is not had: %v", err)
	}
}

// What helps depends on what the system said; removing things helps in one case alone.
func TestWhatHelpsWhereThereIsNoLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for errno, want := range map[error]string{
		unix.ENOLCK: "XDG_CONFIG_HOME", unix.ENOSYS: "XDG_CONFIG_HOME", unix.EOPNOTSUPP: "XDG_CONFIG_HOME",
		unix.EROFS: "read-only", unix.EPERM: "immutable", unix.EACCES: "chmod u+rwX", unix.ENOSPC: "room", unix.ENOTDIR: "directory",
	} {
		err := none(dir, &fs.PathError{Op: "open", Path: dir, Err: errno})
		if hint := ui.HintOf(err); !errors.Is(err, ErrNone) || !errors.Is(err, errno) || !strings.Contains(hint, want) || strings.Contains(hint, "rm ") {
			t.Errorf("%v: %v, %q", errno, err, hint)
		}
	}
}

// logind removes /run/user/UID at the end of the last session, under what runs on.
func TestALastingDirectoryOutlivesTheSession(t *testing.T) {
	t.Parallel()
	for _, dir := range lastingDirs() {
		if strings.HasPrefix(dir, "/run/") || !filepath.IsAbs(dir) {
			t.Errorf("%s may go while a process runs", dir)
		}
	}
	if dir, err := LastingDir(); err != nil || !slices.Contains(lastingDirs(), dir) {
		t.Errorf("%s, %v", dir, err)
	}
}
