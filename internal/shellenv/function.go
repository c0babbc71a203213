package shellenv

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// function is how a shell defines a function that runs words, which are quoted, with all the arguments it is given.
type function struct {
	shell  string
	quote  func(string) string
	define func(name, words string) string
}

var functions = []function{
	{"bash", ui.Quote, posixFunction},
	{"zsh", ui.Quote, posixFunction},
	// The completions are those of the program of that name.
	{"fish", quoteFish, func(name, words string) string {
		return "function " + name + " --wraps " + name + "\n    " + words + " $argv\nend\n"
	}},
	{"powershell", quotePowerShell, func(name, words string) string {
		return "function " + name + " { & " + words + " @args }\n"
	}},
	{"nushell", quoteNushell, func(name, words string) string {
		return "def --wrapped " + name + " [...rest] { ^" + words + " ...$rest }\n"
	}},
}

// FunctionShells are those that Function writes for.
func FunctionShells() (shells []string) {
	for _, f := range functions {
		shells = append(shells, f.shell)
	}
	return shells
}

// Function is the text by which a shell has a function of a plain name that runs a program, with some words and all the
// function's arguments; its exit code is the program's. The shell must be one of FunctionShells; a program whose path the shell
// would not take as it is, is an error.
func Function(shell, name, program string, words ...string) (string, error) {
	i := slices.IndexFunc(functions, func(f function) bool { return f.shell == shell })
	if i < 0 {
		return "", ui.Errorf("shell-unknown", ui.Usage, "no functions for %q, only for: %s", shell, strings.Join(FunctionShells(), ", "))
	}
	if ui.Clean(program) != program || shell == "powershell" && !safePowerShell(program) {
		return "", ui.Errorf("helper-path-unsafe", ui.Failed, "%s can't be written for %s as it is", ui.Clean(program), shell).
			With(ui.Advice("move dbxaccess to a directory whose name is of letters, digits and hyphens"))
	}
	line := functions[i].quote(program)
	for _, word := range words {
		line += " " + word
	}
	return functions[i].define(name, line), nil
}

// posixFunction is not defined under an alias of that name, which would be read in its place.
func posixFunction(name, words string) string {
	return "unalias " + name + " 2>/dev/null || :\n" + "function " + name + " {\n    " + words + " \"$@\"\n}\n"
}

func quoteNushell(s string) string { return strings.TrimSpace(encode(s)) }
