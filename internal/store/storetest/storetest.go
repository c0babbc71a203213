// Package storetest is what the tests of the store and of its backends share.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// childVariable names what a child process is to do.
const childVariable = "STORE_TEST_CHILD"

// Main runs the tests, or in a process that Child made, one of the children, and returns the exit code.
func Main(m *testing.M, children map[string]func() error) int {
	name := os.Getenv(childVariable)
	if name == "" {
		defer func() { _ = os.RemoveAll(built.dir) }()
		return m.Run()
	}
	err := fmt.Errorf("no child %q", name)
	if work, known := children[name]; known {
		err = work()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Child returns a command that runs one of the children of this test program in a process of its own.
func Child(ctx context.Context, name string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$") //nolint:gosec // this program
	cmd.Env = append(os.Environ(), append(env, childVariable+"="+name)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// Time is a clock that stands still.
func Time() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }

// Pattern is a value of n bytes in which no two parts are the same.
func Pattern(n int) []byte {
	value := make([]byte, n)
	for i := range value {
		value[i] = byte(i*7 + i>>8)
	}
	return value
}

// MustSet stores a value; an error fails the test.
func MustSet[Meta any](t *testing.T, s interface {
	Set(ctx context.Context, key string, value []byte, meta Meta) error
}, key string, value []byte, meta Meta,
) {
	t.Helper()
	if err := s.Set(t.Context(), key, value, meta); err != nil {
		t.Fatalf("Set %s: %v", key, err)
	}
}

// MustGet reads a value; an error fails the test.
func MustGet(t *testing.T, s interface {
	Get(ctx context.Context, key string) ([]byte, error)
}, key string,
) []byte {
	t.Helper()
	value, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get %s: %v", key, err)
	}
	return value
}

// WantUnavailable checks the cause, the exit code and that there is a fix.
func WantUnavailable(t *testing.T, err error, cause backend.Cause) {
	t.Helper()
	e, ok := errors.AsType[*backend.UnavailableError](err)
	switch {
	case !ok || e.Cause != cause:
		t.Errorf("got %v, want an UnavailableError with cause %d", err, cause)
	case ui.CodeOf(err) != ui.KeyringUnavailable:
		t.Errorf("exit code %d, want %d", ui.CodeOf(err), ui.KeyringUnavailable)
	case ui.HintOf(err) == "":
		t.Errorf("%v has no hint", err)
	}
}

// FilesUnder reads a tree of files; the keys are slash-separated paths below root.
func FilesUnder(t *testing.T, root string) map[string][]byte {
	t.Helper()
	found, tree := map[string][]byte{}, os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found[path], err = fs.ReadFile(tree, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// WantPrivate checks the modes of a tree: directories 0700, files 0600 (lock files hold nothing and may have less).
func WantPrivate(t *testing.T, root string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode, want := info.Mode().Perm(), fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if mode != want && (!strings.HasSuffix(path, ".lock") || mode&0o077 != 0) {
			t.Errorf("%s has mode %04o", path, mode)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
