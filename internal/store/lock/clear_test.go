package lock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestClearLeavesWhatIsHeld(t *testing.T) {
	t.Parallel()
	d := Dir{Path: t.TempDir()}
	unlock, err := d.Acquire(t.Context(), "held", Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	free, err := d.Acquire(t.Context(), "free", Exclusive)
	if err = errors.Join(err, free()); err != nil {
		t.Fatal(err)
	}
	d.SetNote("told", []byte("x"))
	Clear(d.Path)
	left, _ := filepath.Glob(filepath.Join(d.Path, "*"))
	if len(left) != 1 || left[0] != filepath.Join(d.Path, d.base("held")+".lock") {
		t.Errorf("left: %q", left)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := d.Acquire(ctx, "held", Exclusive); !errors.Is(err, ErrTimeout) {
		t.Errorf("a lock that is held was had: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	Clear(d.Path)
	if err := os.Remove(d.Path); err != nil {
		t.Errorf("something is left: %v", err)
	}
}

// Programs of exec lock in a directory within, where each has one of its own for as long as it runs.
func TestClearGoesIntoTheDirectoryOfExec(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	inner := Dir{Path: filepath.Join(outer, "exec")}
	unlock, err := inner.Acquire(t.Context(), "all", Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	Clear(outer)
	if entries, err := os.ReadDir(inner.Path); err != nil || len(entries) != 1 {
		t.Errorf("what is held within is gone: %v, %v", entries, err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(inner.Path, "PROGRAM")
	if err := os.Mkdir(program, 0o700); err != nil {
		t.Fatal(err)
	}
	Clear(outer)
	if entries, err := os.ReadDir(inner.Path); err != nil || len(entries) != 1 {
		t.Errorf("within is left: %v, %v", entries, err)
	}
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	Clear(outer)
	if err := os.Remove(outer); err != nil {
		t.Errorf("something is left: %v", err)
	}
}

// A directory may be called what is a pattern elsewhere: then neither is what is in it overlooked, nor another's taken.
func TestClearKeepsToItsDirectory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such names there")
	}
	parent := t.TempDir()
	ours, other := Dir{Path: filepath.Join(parent, "[ab]*")}, Dir{Path: filepath.Join(parent, "a")}
	for _, d := range []Dir{ours, other} {
		unlock, err := d.Acquire(t.Context(), "x", Exclusive)
		if err = errors.Join(err, unlock()); err != nil {
			t.Fatal(err)
		}
		d.SetNote("told", []byte("x"))
	}
	Clear(ours.Path)
	if left, _ := os.ReadDir(ours.Path); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if left, _ := os.ReadDir(other.Path); len(left) != 2 {
		t.Errorf("of another directory is left: %v", left)
	}
}

// What is a link is no directory of locks: its files are another's.
func TestALinkIsNoDirectoryOfLocks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("an ordinary user may not make symbolic links here")
	}
	own, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Chmod(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(own, link); err != nil {
		t.Fatal(err)
	}
	if IsStanding(link) || !IsStanding(own) || IsStanding(filepath.Join(own, "none")) {
		t.Error("a directory and a link to one are not told apart")
	}
}

// Who signs out of everything takes the directory away while others are about to lock something in it.
func TestADirectoryThatGoesIsMadeAgain(t *testing.T) {
	t.Parallel()
	d := Dir{Path: filepath.Join(t.TempDir(), "keyring", ".locks")}
	held := make(chan error)
	for range 4 {
		go func() {
			var err error
			for range 200 {
				unlock, lockErr := d.Acquire(t.Context(), "x", Exclusive)
				if lockErr == nil {
					lockErr = unlock()
				}
				err = errors.Join(err, lockErr)
			}
			held <- err
		}()
	}
	for left := 4; left > 0; {
		select {
		case err := <-held:
			if left--; err != nil {
				t.Error(err)
			}
		default:
			Clear(d.Path)
			_ = os.Remove(d.Path)
			time.Sleep(time.Millisecond) // nobody clears it again and again: ten tries in a row would meet that
		}
	}
}
