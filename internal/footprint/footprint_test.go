package footprint

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// write makes files below a directory, by name.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func at(home string) Places {
	return Places{Home: home, Getenv: func(name string) string {
		return map[string]string{"PATH": filepath.Join(home, "bin")}[name]
	}}
}

func TestALinkInTheSettingsIsTakenAwayAndNotFollowed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a right of their own there")
	}
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, elsewhere, map[string]string{"precious": "x"})
	if err := os.Symlink(elsewhere, filepath.Join(dir, "keyring")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"map.yaml": "x", "notes.txt": "mine", ".map.yaml.dbxaccess-4711": "half"})
	items, err := InSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Kind{}
	for _, item := range items {
		kinds[filepath.Base(item.Path)] = item.Kind
		if err := item.Remove(); err != nil {
			t.Error(err)
		}
		if err := item.Remove(); err != nil {
			t.Errorf("again: %v", err)
		}
	}
	if kinds["notes.txt"] != Foreign || kinds["map.yaml"] != Map || kinds[".map.yaml.dbxaccess-4711"] != Cache || kinds["keyring"] != Session {
		t.Errorf("found %v", kinds)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "notes.txt" {
		t.Errorf("left are %v", left)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "precious")); err != nil {
		t.Error(err)
	}
}

func TestOnlyWhatSaysThatItIsOursIsFound(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, home, map[string]string{
		"bin/databricks": "#!/bin/sh\n# " + ShimMark + "\n", "tools/databricks": "#!/bin/sh\n# " + ShimMark + "\n", "other/databricks": "#!/bin/sh\necho mine\n",
		".config/fish/completions/dbxaccess.fish":                 "# fish completion for dbxaccess   -*- shell-script -*-\n",
		".zfunc/_dbxaccess":                                       "#compdef dbxaccess\n# mine\n",
		".local/share/bash-completion/completions/dbxaccess":      "# bash completion V2 for dbxaccess\n",
		".local/share/jupyter/kernels/mine/kernel.json":           `{"argv": ["python3"]}`,
		".local/share/jupyter/kernels/dbx-ml-trainer/kernel.json": `{"argv": ["dbxaccess"], "metadata": {"dbxaccess": {"role": "ml-trainer"}}}`,
	})
	p := at(home)
	remembered := []string{filepath.Join(home, "tools", "databricks"), filepath.Join(home, "other", "databricks"), filepath.Join(home, "gone", "databricks")}
	var found []string
	for _, item := range slices.Concat(p.Shims(remembered), p.Completions(), p.Kernels(nil)) {
		path, _ := filepath.Rel(home, item.Path)
		found = append(found, filepath.ToSlash(path))
		if err := item.Remove(); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(found)
	want := []string{".config/fish/completions/dbxaccess.fish", ".local/share/bash-completion/completions/dbxaccess"}
	if runtime.GOOS == "linux" { // Jupyter has other places elsewhere
		want = append(want, ".local/share/jupyter/kernels/dbx-ml-trainer")
	}
	if want = append(want, "bin/databricks", "tools/databricks"); !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	for _, name := range []string{"other/databricks", ".zfunc/_dbxaccess", ".local/share/jupyter/kernels/mine/kernel.json"} {
		if _, err := os.Stat(filepath.Join(home, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryCompletionIsKnown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../completions/*")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %q: %v", files, err)
	}
	for _, file := range files {
		if !isCompletion(file) {
			t.Errorf("%s would not be known as ours", file)
		}
	}
}

func TestWhatWasReplacedMeanwhileStays(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, home, map[string]string{"bin/databricks": ShimMark})
	items := at(home).Shims(nil)
	write(t, home, map[string]string{"bin/databricks": "mine"})
	if len(items) != 1 || items[0].Remove() != nil {
		t.Fatalf("found %v", items)
	}
	if _, err := os.Stat(items[0].Path); err != nil {
		t.Error(err)
	}
}

func TestShellLinesTellNoValue(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, home, map[string]string{
		".bashrc":                  "# dbxaccess, see the wiki\nexport DBXACCESS_KEYRING_PASSPHRASE=hunter2\n  eval \"$(dbxaccess shell-init bash)\"\nalias x=dbxaccessory\n",
		".config/fish/config.fish": "set -gx DBXACCESS_KEYRING_PASSPHRASE hunter2\ndbxaccess shell-init fish | source\n",
		".zshrc":                   strings.Repeat("dbxaccess status\n", 100),
	})
	var lines []string
	for _, item := range at(home).ShellLines() {
		lines = append(lines, filepath.Base(item.Path)+":"+item.Name+" "+item.What)
		if err := item.Remove(); err != nil {
			t.Error(err)
		}
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{".bashrc:2 export DBXACCESS_KEYRING_PASSPHRASE=…", `.bashrc:3 eval "$(dbxaccess shell-init bash)"`, "config.fish:1 set -gx DBXACCESS_KEYRING_PASSPHRASE …", "config.fish:2 dbxaccess shell-init fish | source"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not among\n%s", want, text)
		}
	}
	if strings.Contains(text, "hunter2") || strings.Contains(text, "dbxaccessory") || strings.Contains(text, ".bashrc:1 ") || len(lines) != 4+mostLines {
		t.Errorf("told are %d:\n%s", len(lines), text)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"/a/databricks", "/a/databricks", "/b/databricks", "relative"} {
		if err := Remember(dir, path); err != nil {
			t.Fatal(err)
		}
	}
	if got := Remembered(dir); runtime.GOOS != "windows" && !slices.Equal(got, []string{"/a/databricks", "/b/databricks"}) {
		t.Errorf("remembered: %q", got)
	}
	write(t, dir, map[string]string{installedFile: "{damaged"})
	if got := Remembered(dir); got != nil {
		t.Errorf("remembered: %q", got)
	}
	if err := Remember(dir, "/c/databricks"); err != nil || len(Remembered(dir)) == 0 && runtime.GOOS != "windows" {
		t.Errorf("a damaged file is not begun anew: %v", err)
	}
}
