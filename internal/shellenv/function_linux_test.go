package shellenv

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A function passes on every argument as it is, and the exit code of its program, whose path may be an awkward one.
func TestFunctionsInRealShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []struct {
		shell, program string
		args           []string
		line           string
	}{
		{"bash", "bash", []string{"--norc", "-ec"}, `shopt -s expand_aliases; alias databricks=false; eval "$(cat text)"; databricks -p 'a b' '' '$(touch bad)' '*' --x='"'`},
		{"zsh", "zsh", []string{"-fc"}, `alias databricks=false; eval "$(cat text)"; databricks -p 'a b' '' '$(touch bad)' '*' --x='"'`},
		{"fish", "fish", []string{"--no-config", "-c"}, `cat text | source; databricks -p 'a b' '' '$(touch bad)' '*' --x='"'`},
		{"nushell", "nu", []string{"--no-config-file", "-c"}, `source text; databricks -p 'a b' '' '$(touch bad)' '*' '--x="'`},
	} {
		t.Run(shell.shell, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			program := filepath.Join(dir, "it's a $place")
			script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + ui.Quote(filepath.Join(dir, "told")) + "\nexit 7\n"
			text, err := Functions(shell.shell, program)
			if err = errors.Join(err, os.WriteFile(program, []byte(script), 0o700), os.WriteFile(filepath.Join(dir, "text"), []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(needed.Program(t, shell.program), append(slices.Clone(shell.args), shell.line)...)
			cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
			out, err := cmd.CombinedOutput()
			told, readErr := os.ReadFile(filepath.Join(dir, "told"))
			want := "databricks-cli\n-p\na b\n\n$(touch bad)\n*\n--x=\"\n"
			if cmd.ProcessState.ExitCode() != 7 || readErr != nil || string(told) != want {
				t.Errorf("%v, %v: %q\n%s\n%s", err, readErr, told, out, text)
			}
			if _, err := os.Stat(filepath.Join(dir, "bad")); err == nil {
				t.Error("an argument was run")
			}
		})
	}
}

func TestFunctionsThatAreNotWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ shell, program string }{{"csh", "/bin/x"}, {"powershell", "/opt/\u2019; x"}, {"bash", "/opt/a\nb"}} {
		if text, err := Functions(c.shell, c.program); err == nil || text != "" || !slices.Contains([]ui.ID{"shell-unknown", "helper-path-unsafe"}, ui.IDOf(err)) {
			t.Errorf("%+v: %q, %v", c, text, err)
		}
	}
	text, err := Functions("powershell", `C:\Program Files\it's\dbxaccess.exe`)
	if want := `function databricks { & 'C:\Program Files\it''s\dbxaccess.exe' databricks-cli @args }`; err != nil || !strings.Contains(text, want+"\n") {
		t.Errorf("%q, %v", text, err)
	}
}

// What bash puts into the line is run by the next Enter, and the names of profiles are in files that others may have written.
func TestBashCompletesNamesAsWords(t *testing.T) {
	t.Parallel()
	needed.Program(t, "bash")
	script, _ := Completion("bash")
	program := filepath.Join(t.TempDir(), "dbxaccess")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s\\n' 'x$(id)' 'x y' 'x;z' 'xplain-1.a_b:c/d' ':4'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	line := script + "\nCOMP_LINE='dbxaccess auth token --profile x' COMP_POINT=32 COMP_TYPE=9; __dbxaccess_from " + program + `; printf '<%s>' "${COMPREPLY[@]}"`
	out, _ := exec.CommandContext(t.Context(), "bash", "--norc", "-c", line).Output()
	if got, want := string(out), `<x\$\(id\)><x\ y><x\;z><xplain-1.a_b:c/d>`; got != want {
		t.Errorf("completed %s, want %s", got, want)
	}
}
