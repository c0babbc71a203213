package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What lies beside the program under the name of the other one, and can't be it.
func TestTheDoorLeadsToTheOtherProgramAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links to the test's own program need a right")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		beside  func(path string) error
		starter string
		id      ui.ID
		hint    string
	}{
		"nothing":             {nil, "", "admin-program-missing", "go install github.com/dbxaccess/dbxaccess/cmd/...@latest"},
		"a directory":         {func(path string) error { return os.Mkdir(path, 0o700) }, "", "admin-program-untrusted", "move it away"},
		"no program":          {func(path string) error { return os.WriteFile(path, []byte("text"), 0o600) }, "", "admin-program-failed", "from the same release"},
		"dbxaccess once more": {func(path string) error { return os.WriteFile(path, nil, 0o700) }, "v1.0.0", "admin-program-wrong", "from the same release"},
	} {
		dir := t.TempDir()
		called := filepath.Join(dir, "dbxaccess")
		if err := os.Symlink(self, called); err != nil {
			t.Fatal(err)
		}
		if c.beside != nil {
			if err := c.beside(filepath.Join(dir, adminProgram)); err != nil {
				t.Fatal(err)
			}
		}
		err := becomeAdmin([]string{called, "drift"}, c.starter, Version{Number: "v1.0.0"}, func() {})
		if ui.IDOf(err) != c.id || ui.CodeOf(err) != ui.Failed || !strings.Contains(err.Error(), adminProgram) || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%s: %s: %v, hint %q", name, ui.IDOf(err), err, ui.HintOf(err))
		}
	}
}

func TestTheOtherProgramWorksForItsOwnReleaseAlone(t *testing.T) {
	t.Parallel()
	v := Version{Number: "v1.0.0"}
	commands := []Command{{Name: "drift"}}
	for starter, want := range map[string]ui.ID{"": "", v.Build(): "", "v9.9.9\x1b": "admin-program-other-version"} {
		err := checkStarter(commands, starter, v)
		if ui.IDOf(err) != want || want != "" && (strings.Contains(err.Error(), "\x1b") || !strings.Contains(ui.HintOf(err), "same release")) {
			t.Errorf("started by %q: %v, hint %q", starter, err, ui.HintOf(err))
		}
	}
	if err := checkStarter(append(commands, ForAdmins("drift", "")), "v9.9.9", v); err != nil {
		t.Errorf("dbxaccess itself is started by nobody: %v", err)
	}
}
