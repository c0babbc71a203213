//go:build unix

package use

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What only looks like the Databricks CLI would run this program again, without end, or run what lies in the current directory.
func TestTheDatabricksCLIIsNeitherThisProgramNorInAPlaceOfNoName(t *testing.T) {
	t.Parallel()
	put := func(mode os.FileMode, link string) string {
		dir := t.TempDir()
		path := filepath.Join(dir, "databricks")
		err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode)
		if link != "" {
			_ = os.Remove(path)
			err = os.Symlink(link, path)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	self := filepath.Join(put(0o700, ""), "databricks")
	shim := t.TempDir()
	if err := os.WriteFile(filepath.Join(shim, "databricks"), []byte("#!/bin/sh\n# "+footprint.ShimMark+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	none := []string{"", ".", "relative", t.TempDir(), put(0o600, ""), put(0, self), shim}
	found, err := findDatabricks(strings.Join(none, string(filepath.ListSeparator)), self)
	if ui.IDOf(err) != "databricks-cli-missing" || ui.CodeOf(err) != notFound || found != "" || !strings.Contains(ui.HintOf(err), "https://docs.databricks.com/") {
		t.Errorf("%q, %v, hint %q", found, err, ui.HintOf(err))
	}
	cli := put(0o700, "")
	found, err = findDatabricks(strings.Join(append(none, cli), string(filepath.ListSeparator)), self)
	if found != filepath.Join(cli, "databricks") || err != nil {
		t.Errorf("%q, %v", found, err)
	}
}
