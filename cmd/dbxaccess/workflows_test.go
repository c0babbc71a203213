//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// The release's workflow takes what was reviewed, under a version that the programs can say and the action installs. What is refused
// is refused before anything is built, and with what is to be done.
func TestWhatTagsAreReleased(t *testing.T) {
	t.Parallel()
	var workflow any
	if err := yaml.Unmarshal([]byte(page(t, ".github/workflows/release.yml")), &workflow); err != nil {
		t.Fatal(err)
	}
	var script string
	for _, step := range list(at(workflow, "jobs", "check"), "steps") {
		if word(step, "id") == "tag" {
			script = word(step, "run")
		}
	}
	if script == "" || strings.Contains(script, "${{") {
		t.Fatalf("no step looks at the tag, or GitHub writes into it: %q", script)
	}

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte("inputs:\n  version:\n    default: v1.2.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "on main")
	git(t, dir, "update-ref", "refs/remotes/origin/main", "HEAD")

	judge := func(tag, want string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", script)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GITHUB_REF_NAME="+tag)
		said, err := cmd.CombinedOutput()
		if (err == nil) != (want == "") || !strings.Contains(string(said), want) {
			t.Errorf("%s: %v, %q, and not %q", tag, err, said, want)
		}
	}
	judge("v1.2.0", "")
	judge("v1.2.0-rc.1", "")
	judge("v12.0.7-rc.1", "")
	judge("v1.2.1", "::error::action.yml installs another version")
	judge("v1X2.0", "::error::a release is")
	for _, tag := range []string{"v0.3.0", "v0.3.0-rc.1", "v01.2.0", "v1.02.0", "v1.2", "v1.2.0.1", "v1.2.0+a", "v1.2.0rc1", "v1.2.0-`id`"} {
		judge(tag, "::error::a release is v1.0.0 or newer")
	}
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "on a branch")
	judge("v1.2.0", "::error::the tag's commit is not on main")
}

// On Windows, git as it is installed gives text another end of line, and the workflow's tests would compare other bytes than ours.
func TestAClonesFilesAreTheSameOnWindows(t *testing.T) {
	t.Parallel()
	dir, line := t.TempDir(), "a line\n"
	for name, content := range map[string]string{".gitattributes": page(t, ".gitattributes"), "text": line} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "a line")
	git(t, dir, "-c", "core.autocrlf=true", "clone", "-q", ".", "clone")
	if got, err := os.ReadFile(filepath.Join(dir, "clone", "text")); err != nil || string(got) != line {
		t.Errorf("%q became %q (%v)", line, got, err)
	}
}

// git runs it in a directory, without a person's settings.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), needed.Program(t, "git"), append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, said)
	}
}

// The workflows install the Go that go.mod names: without a toolchain's line that is the oldest that will do, without the fixes since, and too old
// to compile what makes releases.
func TestAllModulesNameOneToolchain(t *testing.T) {
	t.Parallel()
	named := map[string][]string{}
	for _, dir := range []string{"", "e2e", "e2e/clients/databricksgo", "e2e/servers", "e2e/servers/otelcol"} {
		file := filepath.Join(dir, "go.mod")
		line := ""
		for l := range strings.Lines(page(t, file)) {
			if name, is := strings.CutPrefix(l, "toolchain "); is {
				line = strings.TrimSpace(name)
			}
		}
		named[line] = append(named[line], file)
	}
	if len(named) != 1 || named[""] != nil {
		t.Errorf("toolchains and who names them: %q", named)
	}
}
