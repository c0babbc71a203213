package shellenv

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// realShells are the shells that take the text as a person would give it to them, and what that person types, with
// `cat text` in place of dbxaccess. At the end a program of the shell's prints its environment.
var realShells = []struct {
	name, shell string
	program     string // in PATH, or in the cache of the end-to-end tests
	args        []string
	script      string
}{
	{"bash", "bash", "bash", []string{"--norc", "-c"}, `eval "$(cat text)"; exec env -0`},
	{"bash as sh", "sh", "bash", []string{"--posix", "-c"}, `eval "$(cat text)" && exec env -0`},
	{"bash, unset is an error", "bash", "bash", []string{"--norc", "-euc"}, `eval "$(cat text)"; exec env -0`},
	{"bash, sourced", "bash", "bash", []string{"--norc", "-c"}, `source <(cat text) && exec env -0`},
	{"dash", "sh", "dash", []string{"-euc"}, `eval "$(cat text)"; exec env -0`},
	{"zsh", "zsh", "zsh", []string{"-fc"}, `eval "$(cat text)" && exec env -0`},
	{"zsh with other quotes", "zsh", "zsh", []string{"-fec"}, "setopt rcquotes extendedglob magicequalsubst\neval \"$(cat text)\"; exec env -0"},
	{"fish", "fish", "fish", []string{"--no-config", "-c"}, `cat text | source; and exec env -0`},
	{"nushell", "nushell", "nu", []string{"--no-config-file", "-c"}, `^cat text | from json | load-env; ^env -0`},
}

// TestRealShells proves for each shell, with values that want to be code, that a program started afterwards has exactly
// these bytes and that nothing else happened.
func TestRealShells(t *testing.T) {
	t.Parallel()
	for _, tt := range realShells {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vars := []Variable{{"TAKEN_AWAY", ""}, {"NEVER_THERE", ""}}
			want := map[string]string{}
			for i, value := range slices.Concat(hostile, manyBytes()) {
				v := Variable{"V" + strconv.Itoa(i), value}
				if _, err := Render(tt.shell, []Variable{v}); err == nil {
					vars = append(vars, v)
					want[v.Name] = value
				}
			}
			if len(want) < 50 {
				t.Errorf("only %d values could be written", len(want))
			}
			text, err := Render(tt.shell, vars)
			if err != nil {
				t.Fatal(err)
			}
			got := evaluate(t, text, needed.Program(t, tt.program), append(slices.Clone(tt.args), tt.script)...)
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%.60q arrived as %.60q", value, got[name])
				}
			}
			for _, name := range []string{"TAKEN_AWAY", "NEVER_THERE"} {
				if value, there := got[name]; there {
					t.Errorf("%s is still there: %q", name, value)
				}
			}
			if got["KEPT"] != "as it was" {
				t.Errorf("KEPT=%q", got["KEPT"])
			}
		})
	}
}

// manyBytes are all bytes there can be, alone and in the middle, those that are not UTF-8 too.
func manyBytes() []string {
	var values []string
	for c := 1; c < 256; c++ {
		values = append(values, string([]byte{byte(c)}), string([]byte{'a', byte(c), '\''}))
	}
	return values
}

// A dotenv file is also what people source in a shell.
func TestDotenvCanBeSourced(t *testing.T) {
	t.Parallel()
	text, err := Render("dotenv", genuine)
	if err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, text, needed.Program(t, "dash"), "-ec", "set -a; . ./text; exec env -0")
	for _, v := range genuine {
		if got[v.Name] != v.Value {
			t.Errorf("%s arrived as %q", v.Name, got[v.Name])
		}
	}
}

// fish keeps universal variables for good and for all of a person's shells: evaluating must not take them away.
func TestFishKeepsUniversalVariables(t *testing.T) {
	t.Parallel()
	text, err := Render("fish", []Variable{{"TAKEN_AWAY", ""}, {"X", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	const script = `set -Ux TAKEN_AWAY universal; set -gx TAKEN_AWAY global
cat text | source 2>told; or exit 1
grep -q 'set -eU TAKEN_AWAY' told; or exit 2
rm told; exec env -0`
	got := evaluate(t, text, needed.Program(t, "fish"), "-c", script)
	if got["TAKEN_AWAY"] != "universal" || got["X"] != "y" {
		t.Errorf("TAKEN_AWAY=%q, X=%q", got["TAKEN_AWAY"], got["X"])
	}
}

// Where dbxaccess failed and printed nothing, every shell goes on with the variables it had.
func TestNothingPrintedChangesNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range realShells {
		if strings.Contains(tt.script, "load-env") {
			continue // Nushell ends the whole line with an error
		}
		t.Run(tt.name, func(t *testing.T) {
			got := evaluate(t, "", needed.Program(t, tt.program), append(slices.Clone(tt.args), tt.script)...)
			if got["KEPT"] != "as it was" {
				t.Errorf("KEPT=%q", got["KEPT"])
			}
		})
	}
}

// evaluate runs a shell beside a file that holds the text, and returns the environment that it prints in the end. The
// shell must leave nothing beside the file.
func evaluate(t *testing.T, text, program string, args ...string) map[string]string {
	t.Helper()
	dir, home := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + home, "LANG=C.UTF-8", "TERM=dumb", "KEPT=as it was", "TAKEN_AWAY=no",
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("%s: %v: %.2000s", program, err, stderr.String())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%s left something: %v, %v", program, entries, err)
	}
	environ := map[string]string{}
	for entry := range strings.SplitSeq(stdout.String(), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		environ[name] = value
	}
	return environ
}
