package profiles

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Helper is the program that the helper lines run: dbxaccess itself.
type Helper struct {
	// Path is absolute, with the links that Homebrew, asdf and nix put before a version: the file behind them is gone
	// after the next upgrade.
	Path string

	windows bool // it follows the rules of Windows
}

// FindHelper finds the running program by the name that it was started by: a command passes os.Args[0], exec.LookPath
// and os.Getwd. Links are never resolved.
func FindHelper(arg0 string, lookPath func(string) (string, error), getwd func() (string, error)) (Helper, error) {
	unknown := func(what string, err error) (Helper, error) {
		return Helper{}, ui.Errorf("helper-path-unknown", ui.Failed, "dbxaccess %s: %w", what, err).
			With(ui.Advice("start it by its full path, for example /usr/local/bin/dbxaccess"))
	}
	path, err := lookPath(arg0)
	// A program in the current directory will do: it is running already.
	if err != nil && (!errors.Is(err, exec.ErrDot) || path == "") {
		return unknown("can't find the path that it was started by", err)
	}
	if runtime.GOOS == "windows" {
		// Also of \dbx\dbxaccess.exe, which lacks the drive, and of C:dbx\dbxaccess.exe, which starts in that drive's directory.
		if path, err = filepath.Abs(path); err != nil {
			return unknown("was started by a relative path", err)
		}
		return Helper{Path: runnable(path, shortName), windows: true}, nil
	}
	if filepath.IsAbs(path) {
		return Helper{Path: path}, nil
	}
	wd, err := getwd()
	if err != nil {
		return unknown("was started by a relative path", err)
	}
	path = strings.TrimPrefix(path, "./")
	// Not filepath.Join: it removes "x/..", which leads to another directory if x is a link.
	path = strings.TrimSuffix(wd, "/") + "/" + path
	if _, err := lookPath(path); err != nil {
		return unknown("was started by a relative path", err)
	}
	return Helper{Path: path}, nil
}

// runnable is a path of Windows that every tool can run. Where the directory has spaces, which the AWS SDK for Go can't
// quote, or other characters than ASCII's, its short name of the MS-DOS kind stands for it, on volumes that have those
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file#short-vs-long-names). The program's own name stays, as
// that tells its entries from others.
func runnable(path string, shortName func(dir string) (string, error)) string {
	at := strings.LastIndex(path, `\`)
	if at < 0 || ui.IsPlain(path[:at], `:\._-+@~`) {
		return path
	}
	short, err := shortName(path[:at])
	if err != nil || short == "" {
		return path
	}
	return short + path[at:]
}

// allowed are the characters of a path that the AWS CLI (shlex), the AWS SDK for Go (sh -c, cmd.exe /C) and the one for
// JavaScript (a shell) all pass on as they are, besides letters and digits of ASCII. AWS documents fewer.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sourcing-external.html
const allowed = "/:._-+@=,~ "

// word is the path as the first word of a command line.
func (h Helper) word() (string, error) {
	path, err := h.safePath("the AWS tools", "")
	if err == nil && h.needsQuotes(path) {
		path = `"` + path + `"`
	}
	return path, err
}

// bare is the path as the value of databricks_cli_path, which has no quotes: the SDKs for Go and JavaScript remove
// them, the one for Python reads them as part of the name. All of them, Java's too, read the allowed characters as they
// are. On Windows, Python and Java run the path through cmd.exe, which separates words at = and , and JavaScript's
// reader makes one backslash of two.
// https://docs.databricks.com/aws/en/dev-tools/auth/unified-auth
func (h Helper) bare() (string, error) {
	const tools = "the Databricks SDKs"
	if !h.windows {
		return h.safePath(tools, "")
	}
	path, err := h.safePath(tools, "=,")
	if err == nil && strings.Contains(path, `\\`) {
		return "", ui.Errorf("helper-path-backslashes", ui.Failed,
			"the path of dbxaccess, %s, holds two backslashes in a row, which some Databricks SDKs read as one", ui.Named(path)).
			With(ui.Advice("install it on a drive with a letter"))
	}
	return path, err
}

// safePath is the path as the platform writes it, if it is absolute and all of the tools run it as it is. except are
// allowed characters that these tools don't agree on.
func (h Helper) safePath(tools, except string) (string, error) {
	path, chars, absolute := h.Path, allowed, strings.HasPrefix(h.Path, "/")
	if h.windows {
		// cmd.exe takes a slash for the start of an option.
		path, chars = strings.ReplaceAll(path, "/", `\`), allowed+`\`
		absolute = len(path) > 2 && path[1:3] == `:\` || strings.HasPrefix(path, `\\`)
	}
	if !absolute {
		return "", ui.Errorf("helper-path-relative", ui.Failed, "the path of dbxaccess, %s, is not absolute", ui.Named(path)).
			With(ui.Advice("start dbxaccess by its full path"))
	}
	chars = strings.Map(func(r rune) rune {
		if strings.ContainsRune(except, r) {
			return -1
		}
		return r
	}, chars)
	for _, r := range path {
		if (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) && !strings.ContainsRune(chars, r) {
			return "", ui.Errorf("helper-path-characters", ui.Failed, "the path of dbxaccess, %s, holds %q; %s don't agree on how to run it "+
				"(they do on letters a to z, digits, space and %s)", ui.Named(path), r, tools, strings.TrimSpace(chars)).
				With(ui.Advice(h.elsewhere()))
		}
	}
	if !isHelperName(path) {
		return "", ui.Errorf("helper-name", ui.Failed,
			"the program is called %s, not dbxaccess; it would not recognise its own profiles", ui.Named(filepath.Base(path))).
			With(ui.Advice("rename it to dbxaccess, or " + h.elsewhere()))
	}
	return path, nil
}

// elsewhere is where a program's path is one that all tools can run.
func (h Helper) elsewhere() string {
	if h.windows {
		return `install it in a directory such as C:\dbxaccess, and start it there`
	}
	return "link to it from another directory: sudo ln -s … /usr/local/bin/dbxaccess, and start it there"
}

// needsQuotes: cmd.exe separates words at = and , too.
func (h Helper) needsQuotes(path string) bool {
	return strings.Contains(path, " ") || h.windows && strings.ContainsAny(path, "=,")
}

// awkward is a quality of a path that can be written, but that one tool can't run.
type awkward struct {
	id        ui.ID
	what, who string
	is        func(Helper) bool
}

// warnings are of what may keep tools from running the program, although its path can be written.
func (h Helper) warnings(awkward awkward) []ui.Warning {
	var warnings []ui.Warning
	if awkward.is(h) {
		warnings = append(warnings, ui.Warning{
			ID: awkward.id, What: "the path of dbxaccess " + awkward.what + " (" + h.Path + "), which " + awkward.who + " can't run",
			Fix: ui.Advice("a directory without spaces works for all tools"),
		})
	}
	temp := filepath.Clean(os.TempDir())
	if strings.Contains(h.Path, "go-build") || strings.HasPrefix(h.Path, temp+string(filepath.Separator)) {
		warnings = append(warnings, ui.Warning{
			ID: "helper-temporary", What: "dbxaccess runs from a temporary directory (" + h.Path + ")",
			Why: "the entries stop working when that is cleared", Fix: ui.Advice("install it, then run dbxaccess profiles sync"),
		})
	}
	return warnings
}
