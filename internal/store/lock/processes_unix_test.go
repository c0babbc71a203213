//go:build unix

package lock_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// TestMain lets the tests run themselves as other processes.
func TestMain(m *testing.M) {
	os.Exit(storetest.Main(m, map[string]func() error{
		"hold":        func() error { return hold(lock.Exclusive) },
		"hold-shared": func() error { return hold(lock.Shared) },
	}))
}

// hold takes the lock "a", says so and keeps it until its stdin ends.
func hold(mode lock.Mode) error {
	if _, err := (lock.Dir{Path: os.Getenv("LOCK_TEST_DIR")}).Acquire(context.Background(), "a", mode); err != nil {
		return err
	}
	fmt.Println("held")
	_, err := bufio.NewReader(os.Stdin).ReadByte()
	return err
}

// startHolder starts a child that holds the lock "a" in dir.
func startHolder(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	cmd := storetest.Child(t.Context(), name, "LOCK_TEST_DIR="+dir)
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
	locks := lock.Dir{Path: dir}
	if _, err := locks.Acquire(briefly(t), "a", lock.Shared); !errors.Is(err, lock.ErrTimeout) {
		t.Fatalf("got %v, want ErrTimeout", err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	unlock, err := locks.Acquire(t.Context(), "a", lock.Exclusive)
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
	locks := lock.Dir{Path: dir}
	if _, err := locks.Acquire(briefly(t), "a", lock.Exclusive); !errors.Is(err, lock.ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
}

func TestSharedHoldersInSeveralProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startHolder(t, "hold-shared", dir)
	startHolder(t, "hold-shared", dir)
	locks := lock.Dir{Path: dir}
	unlock, err := locks.Acquire(briefly(t), "a", lock.Shared)
	if err != nil {
		t.Fatalf("a third shared holder: %v", err)
	}
	_ = unlock()
	if _, err := locks.Acquire(briefly(t), "a", lock.Exclusive); !errors.Is(err, lock.ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
}

func TestModesUnderAnyUmask(t *testing.T) {
	// No t.Parallel: the umask is the process's.
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(umask)
		locks := lock.Dir{Path: filepath.Join(dir, "a", "b")}
		first, firstErr := locks.Acquire(t.Context(), "a", lock.Exclusive)
		second, secondErr := locks.Acquire(briefly(t), "b", lock.Exclusive)
		syscall.Umask(old)
		if err := errors.Join(firstErr, secondErr); err != nil {
			t.Fatalf("umask %04o: %v", umask, err)
		}
		if err := errors.Join(first(), second()); err != nil {
			t.Errorf("umask %04o: %v", umask, err)
		}
		again, err := locks.Acquire(t.Context(), "a", lock.Exclusive)
		if err != nil {
			t.Fatalf("umask %04o: %v", umask, err)
		}
		_ = again()
		storetest.WantPrivate(t, filepath.Join(dir, "a"))
	}
}
