// Package wine is a computer with Windows on it, as far as Wine is that: a laptop whose programs are those of Windows, with a
// drive, a registry and so a Credential Manager of its own. Only the system's own files are shared, and none is written.
package wine

import (
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

const (
	loader = "/usr/lib/wine/wine64"
	server = "/usr/lib/wine/wineserver64"
)

// Windows is a laptop with Windows. It is gone when the test is over.
type Windows struct {
	*laptop.Laptop

	Drive  string // C: as it is seen from here
	Person string // %USERPROFILE% as it is seen from here

	prefix string
}

// New sets up a computer from the prefix that was prepared, and puts a program there: into a directory with a space, as
// programs are.
func New(t testing.TB, prepared, program string) *Windows {
	t.Helper()
	w := &Windows{Laptop: laptop.New(t, `C:\Program Files\Acme\`+filepath.Base(program))}
	w.prefix = filepath.Join(w.Home, "windows")
	w.Drive = filepath.Join(w.prefix, "drive_c")
	account, err := user.Current()
	must(t, err)
	w.Person = filepath.Join(w.Drive, "users", account.Username)
	must(t, w.furnish(prepared))
	w.Install(t, program, `Program Files\Acme`)

	w.Wrap(loader)
	for _, name := range []string{"AWS_CONFIG_FILE", "DATABRICKS_CONFIG_FILE", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		w.Unset(name)
	}
	w.Set("WINEPREFIX", w.prefix)
	w.Set("WINEDEBUG", "-all")
	w.Set("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=")
	// One server for all programs: with each of its own, a start takes seconds. It ends before the home is removed.
	var variables []string
	for _, name := range []string{"WINEPREFIX", "WINEDEBUG", "WINEDLLOVERRIDES", "HOME", "PATH", "TMPDIR"} {
		variables = append(variables, name+"="+w.Env(name))
	}
	p := process.Start(t, process.Program{Name: "wineserver", Path: server, Args: []string{"-f", "-p"}, Env: variables})
	t.Cleanup(func() { // programs go with it, which they don't where a signal ends it
		end := exec.Command(server, "-k") //nolint:noctx // the test's context is over
		end.Env = variables
		must(t, end.Run())
	})
	p.Await(t, laptop.Timeout, func() bool { // a program that comes earlier starts another
		sockets, err := filepath.Glob(filepath.Join(w.Env("TMPDIR"), "wine-*", "server-*", "socket"))
		return err == nil && len(sockets) > 0
	})
	// The services that come with the first program keep its output open.
	first := exec.CommandContext(t.Context(), loader, "cmd", "/c", "exit 0")
	first.Env = variables
	must(t, first.Run())
	return w
}

// furnish makes a prefix: what programs write is its own, and what belongs to the system is a link.
func (w *Windows) furnish(prepared string) error {
	for _, dir := range []string{"dosdevices", "drive_c/ProgramData", "drive_c/Program Files"} {
		if err := os.MkdirAll(filepath.Join(w.prefix, dir), 0o700); err != nil {
			return err
		}
	}
	for name, to := range map[string]string{
		"dosdevices/c:": "../drive_c", "dosdevices/z:": "/",
		"drive_c/windows": filepath.Join(prepared, "drive_c/windows"), "drive_c/tools": filepath.Join(prepared, "drive_c/tools"),
	} {
		if err := os.Symlink(to, filepath.Join(w.prefix, name)); err != nil {
			return err
		}
	}
	for _, name := range []string{"system.reg", "user.reg", "userdef.reg", ".update-timestamp"} {
		data, err := os.ReadFile(filepath.Join(prepared, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(w.prefix, name), data, 0o600); err != nil {
			return err
		}
	}
	users := os.DirFS(filepath.Join(prepared, "drive_c/users"))
	return fs.WalkDir(users, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err // links there lead to the home of whoever prepared it
		}
		return os.MkdirAll(filepath.Join(w.Drive, "users", path), 0o700)
	})
}

// Install puts a program into a directory of C:, which is named as Windows has it.
func (w *Windows) Install(t testing.TB, program, dir string) {
	t.Helper()
	into := filepath.Join(w.Drive, filepath.FromSlash(strings.ReplaceAll(dir, `\`, "/")))
	must(t, os.MkdirAll(into, 0o700))
	must(t, os.Symlink(program, filepath.Join(into, filepath.Base(program))))
}

// Batch runs lines as a batch file. A line given to cmd.exe itself would have its quotes escaped by Wine, as Windows would not.
func (w *Windows) Batch(t testing.TB, lines ...string) laptop.Result {
	t.Helper()
	return w.StartBatch(t, lines...).Wait()
}

// StartBatch starts lines as a batch file.
func (w *Windows) StartBatch(t testing.TB, lines ...string) *laptop.Running {
	t.Helper()
	file, err := os.CreateTemp(w.Drive, "*.bat")
	must(t, err)
	_, err = file.WriteString("@echo off\r\n" + strings.Join(lines, "\r\n") + "\r\n")
	must(t, err)
	must(t, file.Close())
	return w.Start(t, "cmd", "/c", `C:\`+filepath.Base(file.Name()))
}

// Read returns a file below the person's home, "" where there is none.
func (w *Windows) Read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.Person, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

// Runs tells whether a program runs on this computer.
func (w *Windows) Runs(t testing.TB, program string) bool {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	must(t, err)
	for _, p := range processes {
		// Those that have ended, or are another user's, have neither.
		words, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		variables, _ := os.ReadFile(filepath.Join(p, "environ"))
		if name, _, _ := strings.Cut(string(words), "\x00"); name == program && strings.Contains(string(variables), "WINEPREFIX="+w.prefix+"\x00") {
			return true
		}
	}
	return false
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
