package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// make generate is the one command that writes whatever programs write.
func TestMakeGenerateKnowsEveryTestThatWrites(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	writes := `flag.Bool("up` + `date"` // in two, or this file would be found
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(text), writes) {
				return err
			}
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if !strings.Contains(string(makefile), " ./"+filepath.ToSlash(dir)+" -run ") {
				t.Errorf("%s has a flag -update that make generate does not use", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
