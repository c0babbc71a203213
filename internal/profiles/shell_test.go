//go:build unix

package profiles

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The AWS SDKs for Go and JavaScript hand the line to a shell; the words must arrive as they were meant.
func TestAShellRunsTheLine(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"plain", "with space", "a=b", "a,b@c+d~e:f_g-h.i", "~", "-x", "x  y "} {
		path := filepath.Join(t.TempDir(), dir, "dbxaccess")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/bin/echo", path); err != nil {
			t.Fatal(err)
		}
		word, err := Helper{Path: path}.word()
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", ownLine(word, "ml-reader", "acme")).CombinedOutput()
		if want := "credential-process --role ml-reader --identity acme\n"; err != nil || string(out) != want {
			t.Errorf("%s: got %q, %v", word, out, err)
		}
	}
}

// The Databricks SDK for Java hands the path and its words to bash as one line.
func TestAShellRunsTheBarePath(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"plain", "a=b", "a,b@c+d~e:f_g-h.i", "~", "-x"} {
		path := filepath.Join(t.TempDir(), dir, "dbxaccess")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/bin/echo", path); err != nil {
			t.Fatal(err)
		}
		bare, err := Helper{Path: path}.bare()
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", bare+" auth token --profile p").CombinedOutput()
		if want := "auth token --profile p\n"; err != nil || string(out) != want {
			t.Errorf("%s: got %q, %v", bare, out, err)
		}
	}
}
