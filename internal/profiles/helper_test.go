package profiles

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestTheHelperLine(t *testing.T) {
	t.Parallel()
	const rest = " credential-process --role ml-reader --identity acme"
	for _, c := range []struct {
		goos, path, want string
		id               ui.ID
	}{
		{"linux", "/usr/local/bin/dbxaccess", "/usr/local/bin/dbxaccess" + rest, ""},
		{"linux", "/home/alice/my tools/dbxaccess", `"/home/alice/my tools/dbxaccess"` + rest, ""},
		{"linux", "/opt/a=b,c@d+e~f:g_h-i/v1.2/dbxaccess", "/opt/a=b,c@d+e~f:g_h-i/v1.2/dbxaccess" + rest, ""},
		{"darwin", "/opt/homebrew/bin/dbxaccess", "/opt/homebrew/bin/dbxaccess" + rest, ""},
		{"windows", `C:\bin\dbxaccess.exe`, `C:\bin\dbxaccess.exe` + rest, ""},
		{"windows", `C:/PROGRA~1/tools/dbxaccess.exe`, `C:\PROGRA~1\tools\dbxaccess.exe` + rest, ""},
		{"windows", `C:\Program Files\DBXAccess.EXE`, `"C:\Program Files\DBXAccess.EXE"` + rest, ""},
		{"windows", `C:\a,b\dbxaccess.exe`, `"C:\a,b\dbxaccess.exe"` + rest, ""},
		{"windows", `\\server\share\dbxaccess.exe`, `\\server\share\dbxaccess.exe` + rest, ""},
		// refused
		{"linux", "", "", "helper-path-relative"},
		{"linux", "dbxaccess", "", "helper-path-relative"},
		{"linux", "./dbxaccess", "", "helper-path-relative"},
		{"linux", `C:\bin\dbxaccess.exe`, "", "helper-path-relative"},
		{"linux", "/a/b\\ c/dbxaccess", "", "helper-path-characters"},
		{"linux", `/a/"b/dbxaccess`, "", "helper-path-characters"},
		{"linux", "/a/it's/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a/$HOME/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a/`id`/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a;touch x/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a(1)/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a&b/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a #b/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a*/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a\nb/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a\tb/dbxaccess", "", "helper-path-characters"},
		{"linux", "/a\x00/dbxaccess", "", "helper-path-characters"},
		{"linux", "/home/josé/dbxaccess", "", "helper-path-characters"},
		{"linux", "/usr/local/bin/dbx", "", "helper-name"},
		{"linux", "/usr/local/bin/dbxaccess/", "", "helper-name"},
		{"linux", "/usr/local/bin/dbxaccess.test", "", "helper-name"},
		{"windows", `C:dbxaccess.exe`, "", "helper-path-relative"},
		{"windows", `\bin\dbxaccess.exe`, "", "helper-path-relative"},
		{"windows", `C:\a%b\dbxaccess.exe`, "", "helper-path-characters"},
		{"windows", `C:\a^b\dbxaccess.exe`, "", "helper-path-characters"},
		{"windows", `C:\a"b\dbxaccess.exe`, "", "helper-path-characters"},
		{"windows", `C:\a(1)\dbxaccess.exe`, "", "helper-path-characters"},
	} {
		got, err := Helper{Path: c.path, windows: c.goos == "windows"}.word()
		if err == nil {
			got = ownLine(got, "ml-reader", "acme")
		}
		if got != c.want || ui.IDOf(err) != c.id || (err != nil) != (c.want == "") {
			t.Errorf("%s %q: got %q, %s: %v; want %q, %s", c.goos, c.path, got, ui.IDOf(err), err, c.want, c.id)
		}
		if err != nil && (ui.HintOf(err) == "" || ui.CodeOf(err) != ui.Failed || strings.ContainsAny(err.Error(), "\n\x00")) {
			t.Errorf("%s %q: %v with hint %q", c.goos, c.path, err, ui.HintOf(err))
		}
	}
}

func TestABadHelperIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	aws := awsTarget(t)
	if _, err := aws.Plan(Helper{Path: "/a;b/dbxaccess"}, testProfiles(), nil); err == nil {
		t.Error("a command was accepted as a path")
	}
	if _, err := os.Stat(aws.Path); err == nil {
		t.Error("something was written")
	}
}

func TestHelperWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ goos, path, want string }{
		{"linux", "/usr/local/bin/dbxaccess", ""},
		{"linux", "/a b/dbxaccess", ""},
		{"linux", "/a,b/dbxaccess", ""},
		{"windows", `C:\a b\dbxaccess.exe`, "the AWS SDK for Go on Windows"},
		{"windows", `C:\a,b\dbxaccess.exe`, "the AWS SDK for Go on Windows"},
		{"linux", filepath.Join(os.TempDir(), "x", "dbxaccess"), "temporary directory"},
		{"linux", "/var/cache/go-build123/b001/exe/dbxaccess", "temporary directory"},
	} {
		got := sentences(Helper{Path: c.path, windows: c.goos == "windows"}.warnings(awsTarget(t).awkward))
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s %s: got %q, want %q", c.goos, c.path, got, c.want)
		}
	}
}

func TestTheHelperIsFoundAsItWasStarted(t *testing.T) {
	t.Parallel()
	abs := func(path string) string {
		if filepath.Separator == '/' {
			return path
		}
		return `C:` + filepath.FromSlash(path)
	}
	wd := abs("/home/alice/link")
	for name, c := range map[string]struct {
		arg0, found string
		lookErr     error
		want        string
	}{
		"by PATH":                    {"dbxaccess", abs("/opt/homebrew/bin/dbxaccess"), nil, abs("/opt/homebrew/bin/dbxaccess")},
		"by its path":                {abs("/x/dbxaccess"), abs("/x/dbxaccess"), nil, abs("/x/dbxaccess")},
		"in the current directory":   {"./dbxaccess", "./dbxaccess", nil, filepath.Join(wd, "dbxaccess")},
		"below it":                   {"bin/dbxaccess", filepath.FromSlash("bin/dbxaccess"), nil, filepath.Join(wd, "bin", "dbxaccess")},
		"above it, through the link": {"../dbxaccess", filepath.FromSlash("../dbxaccess"), nil, wd + filepath.FromSlash("/../dbxaccess")},
		"by . in PATH":               {"dbxaccess", "dbxaccess", &exec.Error{Name: "dbxaccess", Err: exec.ErrDot}, filepath.Join(wd, "dbxaccess")},
		"not at all":                 {"-dbxaccess", "", exec.ErrNotFound, ""},
		"by an empty name":           {"", "", exec.ErrNotFound, ""},
	} {
		look := func(file string) (string, error) {
			if file == c.arg0 {
				return c.found, c.lookErr
			}
			if file != c.want {
				return "", exec.ErrNotFound
			}
			return file, nil
		}
		got, err := FindHelper(c.arg0, look, func() (string, error) { return wd, nil })
		if got.Path != c.want || (err != nil) != (c.want == "") || err != nil && (ui.IDOf(err) != "helper-path-unknown" || ui.HintOf(err) == "") {
			t.Errorf("%s: got %q, %v; want %q", name, got.Path, err, c.want)
		}
	}

	gone := errors.New("gone")
	look := func(file string) (string, error) { return file, nil }
	if _, err := FindHelper("./dbxaccess", look, func() (string, error) { return "", gone }); ui.IDOf(err) != "helper-path-unknown" || !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	nowhere := func(file string) (string, error) {
		if filepath.IsAbs(file) {
			return "", exec.ErrNotFound
		}
		return file, nil
	}
	if _, err := FindHelper("./dbxaccess", nowhere, func() (string, error) { return wd, nil }); ui.IDOf(err) != "helper-path-unknown" || !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("a path that doesn't exist was found: %v", err)
	}
}

// aws-sdk-go-v2 3208, aws-tools-for-powershell 393.
func TestTheShortNameOfADirectoryThatToolsCantRun(t *testing.T) {
	t.Parallel()
	short := func(dir string) (string, error) {
		return map[string]string{`C:\Program Files (x86)\dbx`: `C:\PROGRA~2\dbx`, `C:\Users\José`: `C:\Users\JOS~1`}[dir], nil
	}
	for path, want := range map[string]string{
		`C:\bin\dbxaccess.exe`:                     `C:\bin\dbxaccess.exe`,
		`C:\Program Files (x86)\dbx\dbxaccess.exe`: `C:\PROGRA~2\dbx\dbxaccess.exe`,
		`C:\Users\José\dbxaccess.exe`:              `C:\Users\JOS~1\dbxaccess.exe`,
		`D:\no short names\dbxaccess.exe`:          `D:\no short names\dbxaccess.exe`,
		`dbxaccess.exe`:                            `dbxaccess.exe`,
	} {
		if got := runnable(path, short); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestAPathWithAVariableIsRefused(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string {
		return map[string]string{"HOME": "/home/alice", "USERPROFILE": `C:\Users\alice`}[name]
	}
	for path, name := range map[string]string{
		"/etc/aws": "", "$HOME/aws": "HOME", "${HOME}/aws": "HOME", `%USERPROFILE%\aws`: "USERPROFILE", "/a$b/$HOME": "HOME",
		"/a$b": "", "/100%/50%": "", "$": "", "${": "", "%": "", "$HOMES/x": "",
	} {
		if got := variableIn(path, getenv); got != name {
			t.Errorf("%s: %q, want %q", path, got, name)
		}
	}
}
