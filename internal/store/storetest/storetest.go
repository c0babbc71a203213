// Package storetest is what the tests of the store and of its backends share.
package storetest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// childVariable names what a child process is to do.
const childVariable = "STORE_TEST_CHILD"

// Main runs the tests, or in a process that Child made, one of the children.
func Main(m *testing.M, children map[string]func() error) {
	name := os.Getenv(childVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	work, known := children[name]
	if !known {
		fmt.Fprintln(os.Stderr, "no such child:", name)
		os.Exit(2)
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Child returns a command that runs one of the children of this test program in a process of its own.
func Child(ctx context.Context, name string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), append(env, childVariable+"="+name)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// WantPrivate checks the modes of a tree: directories 0700, files 0600 (lock files hold nothing and may have less).
func WantPrivate(t *testing.T, root string) {
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
