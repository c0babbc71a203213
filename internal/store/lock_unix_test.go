//go:build unix

package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	children["hold"] = func() error { return holdLock((*Store).Lock) }
	children["hold-shared"] = func() error { return holdLock((*Store).RLock) }
}

// holdLock takes the lock "a", says so and keeps it until its stdin ends.
func holdLock(lock func(*Store, context.Context, string) (func() error, error)) error {
	s, err := Open(fileOptions(os.Getenv("STORE_TEST_DIR"), "x"))
	if err != nil {
		return err
	}
	if _, err := lock(s, context.Background(), "a"); err != nil {
		return err
	}
	fmt.Println("held")
	_, err = bufio.NewReader(os.Stdin).ReadByte()
	return err
}

// child returns a command that runs one of the children.
func child(ctx context.Context, name string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), append(env, "STORE_TEST_CHILD="+name)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// startHolder starts a child that holds the lock "a" of the store in dir.
func startHolder(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	cmd := child(t.Context(), name, "STORE_TEST_DIR="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
		t.Fatalf("the child said %q: %v", line, err)
	}
	return cmd
}

func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestAKilledHolderFreesItsLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	holder := startHolder(t, "hold", dir)
	s := newFileStore(t, dir, "x")
	if _, err := s.RLock(briefly(t), "a"); !errors.Is(err, ErrLockTimeout) {
		t.Fatalf("got %v, want ErrLockTimeout", err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	unlock, err := s.Lock(t.Context(), "a")
	if err != nil {
		t.Fatalf("after the holder was killed: %v", err)
	}
	_ = unlock()
}

func TestAStoppedHolderLetsWaitersTimeOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	holder := startHolder(t, "hold", dir)
	if err := holder.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s := newFileStore(t, dir, "x")
	if _, err := s.Lock(briefly(t), "a"); !errors.Is(err, ErrLockTimeout) {
		t.Errorf("got %v, want ErrLockTimeout", err)
	}
}

func TestSharedHoldersInSeveralProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startHolder(t, "hold-shared", dir)
	startHolder(t, "hold-shared", dir)
	s := newFileStore(t, dir, "x")
	unlock, err := s.RLock(briefly(t), "a")
	if err != nil {
		t.Fatalf("a third shared holder: %v", err)
	}
	_ = unlock()
	if _, err := s.Lock(briefly(t), "a"); !errors.Is(err, ErrLockTimeout) {
		t.Errorf("got %v, want ErrLockTimeout", err)
	}
}

// What cleans /tmp may take a lock file away while others wait for it.
func TestALockOnAFileThatVanishedDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFileStore(t, t.TempDir(), "x")
		first, err := s.Lock(context.Background(), "a")
		if err != nil {
			t.Fatal(err)
		}
		waited := make(chan func() error, 1)
		go func() {
			unlock, err := s.Lock(context.Background(), "a")
			if err != nil {
				t.Error(err)
			}
			waited <- unlock
		}()
		synctest.Wait()
		path, err := s.locks.file("a")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		second, err := s.Lock(context.Background(), "a") // on a new file
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
	foreign := "/" // root's, for whoever is not root
	if os.Geteuid() == 0 {
		foreign = filepath.Join(base, "foreign")
		if err := errors.Join(os.Mkdir(foreign, 0o700), os.Chown(foreign, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{link, file, foreign} {
		o := fileOptions(base, "x")
		o.LockDir = dir
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Lock(t.Context(), "a"); err == nil || errors.Is(err, ErrLockTimeout) {
			t.Errorf("%s was used: %v", dir, err)
		}
	}
	// What lies in the way of a lock file is not followed.
	s := newFileStore(t, base, "x")
	path, err := s.locks.file("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lock(t.Context(), "a"); !errors.Is(err, unix.ELOOP) {
		t.Errorf("a symbolic link was followed: %v", err)
	}
}

func TestTheDefaultDirectoryDoesNotDependOnTheEnvironment(t *testing.T) {
	before, err := defaultLockDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	after, err := defaultLockDir()
	if err != nil || after != before || !strings.Contains(after, fmt.Sprint(os.Geteuid())) {
		t.Errorf("%q, then %q (%v)", before, after, err)
	}
}

func TestModesUnderAnyUmask(t *testing.T) {
	// No t.Parallel: the umask is the process's.
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(umask)
		s := newFileStore(t, dir, "x")
		setErr := s.Set(t.Context(), "session/a", []byte("x"), Meta{})
		lock, lockErr := s.Lock(t.Context(), "a")
		second, secondErr := s.Lock(briefly(t), "b")
		syscall.Umask(old)
		if err := errors.Join(setErr, lockErr, secondErr); err != nil {
			t.Fatalf("umask %04o: %v", umask, err)
		}
		if err := errors.Join(lock(), second()); err != nil {
			t.Errorf("umask %04o: %v", umask, err)
		}
		again, err := newFileStore(t, dir, "x").Lock(t.Context(), "a")
		if err != nil {
			t.Fatalf("umask %04o: %v", umask, err)
		}
		_ = again()
		wantPrivate(t, filepath.Join(dir, "keyring"))
	}
}

// wantPrivate checks the modes of a tree: directories 0700, files 0600 (lock files hold nothing and may have less).
func wantPrivate(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch mode := info.Mode().Perm(); {
		case entry.IsDir() && mode != 0o700:
			t.Errorf("%s has mode %04o", path, mode)
		case !entry.IsDir() && strings.HasSuffix(path, ".lock") && mode&0o077 != 0:
			t.Errorf("%s has mode %04o", path, mode)
		case !entry.IsDir() && !strings.HasSuffix(path, ".lock") && mode != 0o600:
			t.Errorf("%s has mode %04o", path, mode)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
