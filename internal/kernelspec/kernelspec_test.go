package kernelspec

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// put writes a kernel into a directory of kernels.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name, fileName)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func found(path string) func(string) (string, error) {
	return func(string) (string, error) { return path, nil }
}

func TestAKernelUnderARole(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	put(t, first, "python3", `{"argv":["python","-m","ipykernel_launcher","-f","{connection_file}"],"display_name":"Python 3","language":"python","interrupt_mode":"message","metadata":{"debugger":true},"kernel_protocol_version":"5.5"}`)
	put(t, second, "python3", `{"argv":["another"]}`)
	base, err := Find([]string{first, second}, "python3")
	if err != nil {
		t.Fatal(err)
	}
	k, err := base.Under("dbx-x", "ml-trainer", []string{"/bin/dbxaccess", "exec", "ml-trainer", "--"}, found("/usr/bin/python3"))
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "new", "kernels")
	if err := k.Install(to, false); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(to, "dbx-x", fileName))
	var got map[string]any
	if err = errors.Join(err, json.Unmarshal(data, &got)); err != nil {
		t.Fatal(err)
	}
	if got["language"] != "python" || got["interrupt_mode"] != "message" || got["kernel_protocol_version"] != "5.5" || got["display_name"] != "Python 3 · ml-trainer" {
		t.Errorf("%s", data)
	}
	back, err := Find([]string{to}, "dbx-x")
	want := []string{"/bin/dbxaccess", "exec", "ml-trainer", "--", "/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"}
	if err != nil || back.Role != "ml-trainer" || !slices.Equal(back.Argv, want) {
		t.Errorf("%v, %+v", err, back)
	}
	if err := os.WriteFile(filepath.Join(to, "dbx-x", "logo.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := back.Remove(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(filepath.Join(to, "dbx-x")); err != nil || len(entries) != 1 {
		t.Errorf("what another has put there: %v, %v", entries, err)
	}
}

func TestKernelsThatAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"broken": `{`, "list": `[]`, "words": `{"argv":"python"}`, "none": `{"argv":[]}`, "empty": `{"argv":[""]}`} {
		put(t, dir, name, text)
		if _, err := Find([]string{dir}, name); ui.IDOf(err) != "kernel-damaged" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "a b", "ä\x1b"} {
		if _, err := Find([]string{dir}, name); ui.IDOf(err) != "kernel-name-wrong" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if k, err := Find([]string{dir}, "absent"); k != nil || err != nil {
		t.Errorf("%v, %v", k, err)
	}
	put(t, dir, "here", `{"argv":["python"]}`)
	k, err := Find([]string{dir}, "here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Under("x", "r", nil, found("bin/python")); ui.IDOf(err) != "kernel-program-missing" {
		t.Errorf("a program below the current directory: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	under, err := k.Under("here", "r", nil, found("/bin/python"))
	if err != nil {
		t.Fatal(err)
	}
	if err := under.Install(dir, false); ui.IDOf(err) != "kernel-foreign" {
		t.Error(err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := under.Install(blocked, true); ui.IDOf(err) != "kernel-not-written" || ui.HintOf(err) == "" {
		t.Error(err)
	}
}

func TestDirs(t *testing.T) {
	t.Parallel()
	getenv := func(set map[string]string) func(string) string { return func(name string) string { return set[name] } }
	home := t.TempDir()
	dirs := Dirs(getenv(map[string]string{"JUPYTER_PATH": home + string(filepath.ListSeparator) + "relative", "CONDA_PREFIX": filepath.Join(home, "env"), "JUPYTER_DATA_DIR": filepath.Join(home, "data")}), home)
	want := []string{filepath.Join(home, "kernels"), filepath.Join(home, "env", "share", "jupyter", "kernels"), filepath.Join(home, "data", "kernels")}
	if len(dirs) < 4 || !slices.Equal(dirs[:3], want) {
		t.Errorf("%v", dirs)
	}
	if dir, err := UserDir(getenv(nil), ""); ui.IDOf(err) != "kernel-place-unknown" || ui.HintOf(err) != "name the place with --prefix" {
		t.Errorf("without a home: %s, %v", dir, err)
	}
	if dir, err := EnvironmentDir(getenv(nil)); ui.IDOf(err) != "python-environment-missing" {
		t.Errorf("%s, %v", dir, err)
	}
}

// Whatever a file holds, it is a kernel with a program, or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"argv":["python"],"display_name":"x","metadata":{"dbxaccess":{"role":"r"}}}`))
	f.Add([]byte(`{"argv":["python"],"display_name":1,"metadata":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := filepath.Join(t.TempDir(), "kernel")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, fileName), data, 0o600)); err != nil {
			t.Fatal(err)
		}
		k, err := read(dir)
		if err != nil {
			return
		}
		if len(k.Argv) == 0 || k.Argv[0] == "" {
			t.Errorf("a kernel without a program: %+v", k)
		}
		if under, err := k.Under("x", "role", []string{"exec"}, found("/bin/python")); err == nil && (under.Argv[0] != "exec" || json.Unmarshal(under.members["argv"], &under.Argv) != nil) {
			t.Errorf("%+v", under)
		}
	})
}
