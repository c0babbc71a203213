package footprint

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// Places are where to look.
type Places struct {
	Home   string // absolute; "" for none
	Getenv func(string) string
}

// dir is a directory that a variable names, else one below the home directory.
func (p Places) dir(variable, otherwise string, parts ...string) string {
	base := p.Getenv(variable)
	if !filepath.IsAbs(base) {
		base = filepath.Join(p.Home, filepath.FromSlash(otherwise))
	}
	return filepath.Join(append([]string{base}, parts...)...)
}

const (
	maxShim   = 4 << 10
	maxScript = 1 << 20
	mostLines = 20 // that are shown of one file
)

// ShimMark is in each program databricks that dbxaccess wrote, so that none is taken for the Databricks CLI or for someone's own.
const ShimMark = "written by: dbxaccess databricks-cli --install-shim"

// IsShim reports whether a file is such a program.
func IsShim(path string) bool {
	data, _, err := localfile.Read(path, maxShim)
	return err == nil && bytes.Contains(data, []byte(ShimMark))
}

// Shims are those in the directories of PATH, and at the paths that were remembered.
func (p Places) Shims(remembered []string) (items []Item) {
	paths := remembered
	for _, dir := range filepath.SplitList(p.Getenv("PATH")) {
		if filepath.IsAbs(dir) {
			paths = append(paths[:len(paths):len(paths)], filepath.Join(dir, "databricks"), filepath.Join(dir, "databricks.cmd"))
		}
	}
	seen := map[string]bool{}
	for _, path := range paths {
		if path = filepath.Clean(path); !seen[path] && IsShim(path) {
			seen[path] = true
			items = append(items, Item{Kind: Shim, Path: path, What: "a program databricks that starts dbxaccess", remove: func() error {
				if !IsShim(path) { // it was replaced meanwhile
					return nil
				}
				return os.Remove(path)
			}})
		}
	}
	return items
}

// The expressions are compiled when they are needed: the program starts far more often than somebody looks at what is left.
var (
	// completionMark is in each script that `completion` and `shell-init` print.
	completionMark = compiled(`(?m)^(# Completion of dbxaccess for |# \w+ completion (V2 )?for dbxaccess\b|__dbxaccess_\w+\(\)|function __dbxaccess_|def "nu-complete dbxaccess)`)
	// ofOurs is a line about dbxaccess. A comment is not.
	ofOurs = compiled(`^\s*[^#\s].*(\bdbxaccess\b|\bDBXACCESS_[A-Z_]+)|^\s*(dbxaccess|DBXACCESS_)\b`)
	// valueOf is what is set to a value of ours, up to the end of the line.
	valueOf = compiled(`(\bDBXACCESS_[A-Z0-9_]+\b["']?\s*[=:+, ]*\s*)\S.*`)
)

func compiled(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Completions are the files of ours in the places where shells look.
func (p Places) Completions() (items []Item) {
	if p.Home == "" {
		return nil
	}
	config := func(parts ...string) string { return p.dir("XDG_CONFIG_HOME", ".config", parts...) }
	data := func(parts ...string) string { return p.dir("XDG_DATA_HOME", ".local/share", parts...) }
	for _, path := range []string{
		p.dir("BASH_COMPLETION_USER_DIR", ".local/share/bash-completion", "completions", "dbxaccess"),
		data("bash-completion", "completions", "dbxaccess"), data("bash-completion", "completions", "dbxaccess.bash"),
		data("zsh", "site-functions", "_dbxaccess"), filepath.Join(p.Home, ".zfunc", "_dbxaccess"), filepath.Join(p.Home, ".zsh", "completions", "_dbxaccess"),
		config("fish", "completions", "dbxaccess.fish"), config("nushell", "autoload", "dbxaccess.nu"), config("nushell", "autoload", "dbxaccess-completion.nu"), config("nushell", "completions", "dbxaccess.nu"),
		config("powershell", "dbxaccess.ps1"),
	} {
		if isCompletion(path) && !has(items, path) {
			items = append(items, Item{Kind: Completion, Path: path, What: "what a shell completes and calls dbxaccess by", remove: func() error {
				if !isCompletion(path) {
					return nil
				}
				return os.Remove(path)
			}})
		}
	}
	return items
}

func has(items []Item, path string) bool {
	for _, i := range items {
		if i.Path == path {
			return true
		}
	}
	return false
}

func isCompletion(path string) bool {
	data, _, err := localfile.Read(path, maxScript)
	return err == nil && completionMark().Match(data)
}

// ShellLines are the lines about dbxaccess in what shells read as they start. They are the person's own, who takes them out. A value
// that one sets is not told: it may be a passphrase.
func (p Places) ShellLines() (items []Item) {
	if p.Home == "" {
		return nil
	}
	files := []string{".bashrc", ".bash_profile", ".bash_login", ".profile"}
	for i, name := range files {
		files[i] = filepath.Join(p.Home, name)
	}
	zsh := cmp.Or(p.Getenv("ZDOTDIR"), p.Home)
	for _, name := range []string{".zshenv", ".zprofile", ".zshrc", ".zlogin"} {
		files = append(files, filepath.Join(zsh, name))
	}
	for _, name := range []string{"fish/config.fish", "nushell/config.nu", "nushell/env.nu", "nushell/autoload/dbxaccess.nu", "powershell/Microsoft.PowerShell_profile.ps1", "powershell/profile.ps1", "environment.d/dbxaccess.conf"} {
		files = append(files, p.dir("XDG_CONFIG_HOME", ".config", filepath.FromSlash(name)))
	}
	for _, name := range []string{"Documents/PowerShell/Microsoft.PowerShell_profile.ps1", "Documents/PowerShell/profile.ps1"} {
		files = append(files, filepath.Join(p.Home, filepath.FromSlash(name)))
	}
	whole := p.Completions()
	for _, path := range files {
		if has(whole, path) {
			continue
		}
		data, _, err := localfile.Read(path, maxScript)
		if err != nil {
			continue
		}
		number, found := 0, 0
		for line := range strings.Lines(string(data)) {
			number++
			if line = strings.TrimSpace(line); !ofOurs().MatchString(line) {
				continue
			}
			if found++; found > mostLines {
				break
			}
			items = append(items, Item{Kind: ShellLine, Path: path, Name: fmt.Sprint(number), What: withoutValues(line)})
		}
	}
	return items
}

// withoutValues is a line as far as it may be told.
func withoutValues(line string) string { return valueOf().ReplaceAllString(line, "$1…") }
