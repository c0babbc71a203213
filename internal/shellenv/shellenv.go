// Package shellenv writes environment variables for another program: a shell that evaluates the text, or one that reads
// dotenv or JSON.
//
// In come names and values, secrets among them; out comes a text. Evaluating it gives exactly the bytes of the values
// and runs nothing else. If the receiver has no such form for a value, nothing is written at all. This package must
// never guess: what could be read in two ways is refused, and no error may hold a value.
package shellenv

import (
	"strings"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Variable is one variable of an environment. An empty value unsets it: programs take an empty one for none, or fail.
type Variable struct{ Name, Value string }

// Shells are what Render writes for, in the order of help texts.
func Shells() []string {
	return []string{"bash", "zsh", "sh", "fish", "powershell", "nushell", "cmd", "dotenv", "json"}
}

// IsFile reports whether it is one of Shells that no shell evaluates, and that can't unset anything.
func IsFile(shell string) bool { return shell == "dotenv" || shell == "json" }

// Evaluating is what a person types in a shell to have it evaluate what a command line prints.
func Evaluating(shell, line string) string {
	switch shell {
	case "fish":
		return line + " | source"
	case "powershell":
		return line + " | Invoke-Expression"
	case "nushell":
		return line + " | from json | load-env"
	case "cmd":
		return `for /f "delims=" %i in ('` + line + `') do @%i`
	}
	return `eval "$(` + line + `)"`
}

// syntax is what one receiver reads.
type syntax struct {
	safe  func(value string) bool         // nil: any text that an environment can hold
	set   func(name, value string) string // one whole statement
	unset func(name string) string        // nil: the receiver can't unset a variable
	whole func(vars []Variable) string    // instead of set and unset: all at once
}

func syntaxOf(shell string) (syntax, bool) {
	switch shell {
	case "bash", "zsh", "sh":
		return syntax{set: setPOSIX, unset: unsetPOSIX}, true
	case "fish":
		return syntax{set: setFish, unset: unsetFish}, true
	case "powershell":
		return syntax{safe: safePowerShell, set: setPowerShell, unset: unsetPowerShell}, true
	case "nushell":
		return syntax{safe: utf8.ValidString, whole: nushellRecord}, true
	case "cmd":
		return syntax{safe: safeCmd, set: setCmd, unset: unsetCmd}, true
	case "dotenv":
		return syntax{safe: safeDotenv, set: setDotenv}, true
	case "json":
		return syntax{safe: utf8.ValidString, whole: jsonObject}, true
	}
	return syntax{}, false
}

// Render writes variables for one of Shells, those first that are unset; dotenv and json have the values only. Each
// statement succeeds, whether or not what it unsets was set. A value that the shell has no safe form for is an error
// that names the variable.
func Render(shell string, vars []Variable) (string, error) {
	s, known := syntaxOf(shell)
	if !known {
		return "", unknown(shell)
	}
	for _, v := range vars {
		if !isName(v.Name) {
			return "", ui.Errorf("variable-name-wrong", ui.Failed, "%q is no name of an environment variable", v.Name)
		}
		if strings.Contains(v.Value, "\x00") || s.safe != nil && !s.safe(v.Value) {
			return "", ui.Errorf("variable-value-unsafe", ui.Failed,
				"the value of %s has characters that can't be written safely for %s", v.Name, shell).
				With(ui.Advice("take another --shell, or start the program with: dbxaccess exec"))
		}
	}
	if s.whole != nil {
		return s.whole(vars), nil
	}
	var b strings.Builder
	for _, v := range vars {
		if v.Value == "" && s.unset != nil {
			b.WriteString(s.unset(v.Name) + "\n")
		}
	}
	for _, v := range vars {
		if v.Value != "" {
			b.WriteString(s.set(v.Name, v.Value) + "\n")
		}
	}
	return b.String(), nil
}

// isName reports whether every shell takes it for a name: it is the only part of a statement that is not quoted.
func isName(s string) bool {
	return ui.IsPlain(s, "_") && s == strings.ToUpper(s) && (s[0] < '0' || s[0] > '9')
}

// Detect returns which of Shells a login shell is, by its path as in $SHELL; if that is empty, the system's.
// A shell with a syntax of its own that Render doesn't know is an error: anything printed would be wrong there.
func Detect(path, goos string) (string, error) {
	name := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	switch name = strings.TrimSuffix(name, ".exe"); name {
	case "":
		if goos == "windows" {
			return "powershell", nil
		}
		return "sh", nil
	case "bash", "zsh", "fish":
		return name, nil
	case "sh", "rbash", "dash", "ash", "busybox", "ksh", "ksh93", "mksh", "oksh", "yash":
		return "sh", nil
	case "nu":
		return "nushell", nil
	case "pwsh", "powershell":
		return "powershell", nil
	}
	return "", unknown(name)
}

func unknown(shell string) error {
	return ui.Errorf("shell-unknown", ui.Usage, "no syntax is known for the shell %q", shell).
		With(ui.Advice("name the syntax: --shell " + strings.Join(Shells(), "|")))
}
