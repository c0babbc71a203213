package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever builds a commit gets the release's bytes, wherever their copy of it is: so a release can be held against its source. Linked
// twice, compiled once.
func TestTheSameSourceIsTheSameProgram(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it computes alone")
	}
	here, elsewhere := repository, filepath.Join(t.TempDir(), "another folder")
	for _, name := range []string{"go.mod", "go.sum", "cmd", "internal"} {
		copyTree(t, filepath.Join(here, name), filepath.Join(elsewhere, name))
	}
	for _, program := range []string{"dbxaccess", "dbxaccess-admin"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			a, b := released(t, here, program), released(t, elsewhere, program)
			if !bytes.Equal(a, b) {
				t.Errorf("two builds of %s differ, of %d and %d bytes", program, len(a), len(b))
			}
			if path, err := filepath.Abs(here); err != nil || bytes.Contains(a, []byte(path+"/internal")) {
				t.Errorf("%s names the folder that it was built in (%v)", program, err)
			}
		})
	}
}

// released is a program as .goreleaser.yml has it built, without what git says: the copy is no clone.
func released(t *testing.T, dir, program string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	build := exec.CommandContext(t.Context(), "go", "build", "-C", dir, "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=v1.2.3",
		"-o", path, "./cmd/"+program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// copyTree copies a file, or a directory without its tests.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		there := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(there), 0o700); err != nil {
			return err
		}
		return os.WriteFile(there, content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
