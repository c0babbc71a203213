package shellenv

import (
	"embed"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// texts are what a shell evaluates as it starts. In them, @PROGRAM@ stands for the program, quoted. What is
// typed is data: it is passed on, never evaluated.
//
//go:embed functions completion
var texts embed.FS

// functions are the shells that have functions, with how they quote a word.
var functions = []struct {
	shell string
	quote func(string) string
}{
	{"bash", ui.Quote},
	{"zsh", ui.Quote},
	{"fish", quoteFish},
	{"powershell", quotePowerShell},
	{"nushell", quoteNushell},
}

// FunctionShells are those that Functions writes for.
func FunctionShells() (shells []string) {
	for _, f := range functions {
		shells = append(shells, f.shell)
	}
	return shells
}

// Functions is the text by which a shell has its functions, which run a program: dbx, which puts the shell under a role, and databricks. It completes
// dbx and the program as well. The shell must be one of FunctionShells; a program whose path the shell would not take as it is, is an error.
func Functions(shell, program string) (string, error) {
	i := slices.Index(FunctionShells(), shell)
	if i < 0 {
		return "", ui.Errorf("shell-unknown", ui.Usage, "no functions for %q, only for: %s", ui.Clean(shell), strings.Join(FunctionShells(), ", ")).
			With(ui.Command("dbxaccess shell-init --help"))
	}
	if ui.Clean(program) != program || shell == "powershell" && !safePowerShell(program) {
		return "", ui.Errorf("helper-path-unsafe", ui.Failed, "%s can't be written for %s as it is", ui.Clean(program), shell).
			With(ui.Advice("move dbxaccess to a directory whose name is of letters, digits and hyphens"))
	}
	text, err := texts.ReadFile("functions/" + shell)
	if err != nil {
		return "", err
	}
	completion, _ := texts.ReadFile("completion/" + shell) // PowerShell's is written by cobra
	return strings.ReplaceAll(string(completion)+string(text), programWord, functions[i].quote(program)), nil
}

const programWord = "@PROGRAM@"

// Completion is the script by which a shell completes dbxaccess of its PATH; false where this package has none.
func Completion(shell string) (string, bool) {
	text, err := texts.ReadFile("completion/" + shell)
	if err != nil {
		return "", false
	}
	script := strings.ReplaceAll(string(text), programWord, "dbxaccess")
	if shell == "zsh" { // which also loads it from a file of its fpath, the first time that it is needed
		script = "#compdef dbxaccess\n" + script + "if [[ ${funcstack[1]-} == _dbxaccess ]]; then _dbxaccess \"$@\"; fi\n"
	}
	return script, true
}

func quoteNushell(s string) string { return strings.TrimSpace(encode(s)) }
