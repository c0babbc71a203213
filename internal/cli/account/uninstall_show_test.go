package account

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/footprint"
)

func TestProgramsGoAsTheyCame(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such places there")
	}
	dir := t.TempDir()
	cellar := filepath.Join(dir, "Cellar", "dbxaccess", "1.2.0", "bin")
	linked := filepath.Join(dir, "bin", "dbxaccess")
	for _, d := range []string{cellar, filepath.Dir(linked)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(cellar, "dbxaccess"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(cellar, "dbxaccess"), linked); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		linked:                                  "brew uninstall dbxaccess",
		"/nix/store/x-dbxaccess/bin/dbxaccess":  "take dbxaccess out of your Nix profile or configuration",
		"/home/alice/scoop/shims/dbxaccess.exe": "scoop uninstall dbxaccess",
		"/home/alice/my bin/dbxaccess":          "rm '/home/alice/my bin/dbxaccess'",
	} {
		if got := removalOf([]footprint.Item{{Path: path}}, false).String(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
