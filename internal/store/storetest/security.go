package storetest

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// Security is a double of macOS' program security, whose keychain is a directory: a file for each item.
//
// A file "locked" beside the items has it fail as where no dialog can be shown, "hang" as one that nobody answers. Items
// that end in ".foreign" are another program's, which may be deleted and not changed. Arguments are kept in "argv".
type Security struct{ Program, Dir string }

// built is what the double is run from, in a directory that Main removes.
var built struct {
	sync.Once
	dir string
	err error
}

func buildSecurity() error {
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "dbxaccess-security-"); built.err != nil {
			return
		}
		build := exec.CommandContext(context.Background(), "go", "build", "-o", built.dir, "github.com/dbxaccess/dbxaccess/internal/store/storetest/security") //nolint:gosec // into a directory of its own
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("building the double of security: %w\n%s", err, out)
		}
	})
	return built.err
}

// NewSecurity makes one.
func NewSecurity(t *testing.T) Security {
	t.Helper()
	if err := buildSecurity(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := Security{Program: filepath.Join(dir, "security"), Dir: filepath.Join(dir, "keychain")}
	wrapper := fmt.Sprintf("#!/bin/sh\nSTORE_TEST_SECURITY='%s' exec '%s' \"$@\"\n", s.Dir, filepath.Join(built.dir, "security"))
	if err := os.Mkdir(s.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeProgram(s.Program, wrapper); err != nil {
		t.Fatal(err)
	}
	return s
}

// writeProgram writes a program while no other is being started: a child holds what is open for writing until it has become its
// program, and until then what was written can't be executed (https://go.dev/issue/22315).
func writeProgram(path, text string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, []byte(text), 0o700) //nolint:gosec // a program
}

// Item is the path of an item's file.
func (s Security) Item(service, account string) string {
	return filepath.Join(s.Dir, "item-"+base64.RawURLEncoding.EncodeToString([]byte(service+"\x00"+account)))
}
