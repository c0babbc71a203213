package shellenv

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// The readers below take the place of the shells: each knows no more than what the shell's manual says of quoting, and
// fails on anything outside of quotes that is not the statement it expects.

var errUnquoted = errors.New("something stands outside of the quotes")

// readPOSIX reads a word of single-quoted parts and escaped characters.
func readPOSIX(s string) (string, error) {
	var b strings.Builder
	for s != "" {
		switch {
		case s[0] == '\'':
			inside, rest, closed := strings.Cut(s[1:], "'")
			if !closed {
				return "", errUnquoted
			}
			b.WriteString(inside)
			s = rest
		case s[0] == '\\' && len(s) > 1 && s[1] != '\n':
			b.WriteByte(s[1])
			s = s[2:]
		default:
			return "", errUnquoted
		}
	}
	return b.String(), nil
}

// readFish reads one single-quoted string, in which a backslash counts before a backslash or a quote only.
func readFish(s string) (string, error) {
	if len(s) < 2 || s[0] != '\'' {
		return "", errUnquoted
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '\''):
			i++
			b.WriteByte(s[i])
		case s[i] == '\'' && i == len(s)-1:
			return b.String(), nil
		case s[i] == '\'':
			return "", errUnquoted
		default:
			b.WriteByte(s[i])
		}
	}
	return "", errUnquoted
}

// readPowerShell reads one single-quoted string of one line. PowerShell takes typographic quotes for quotes.
func readPowerShell(s string) (string, error) {
	runes := []rune(s)
	quote := func(i int) bool { return i < len(runes) && strings.ContainsRune("'‘’‚‛", runes[i]) }
	if !quote(0) {
		return "", errUnquoted
	}
	var b strings.Builder
	for i := 1; i < len(runes); i++ {
		switch {
		case runes[i] == '\n' || runes[i] == '\r':
			return "", errUnquoted
		case quote(i) && quote(i+1):
			i++
		case quote(i) && i == len(runes)-1:
			return b.String(), nil
		case quote(i):
			return "", errUnquoted
		}
		b.WriteRune(runes[i])
	}
	return "", errUnquoted
}

// readPlain reads what needs no quotes: no character may mean anything to any of the readers of such a file.
func readPlain(s string) (string, error) {
	if strings.ContainsAny(s, " \t\r\n\"'`$\\#&|;<>()*?[]{}!^%~") {
		return "", errUnquoted
	}
	return s, nil
}

// read finds the one variable X in a rendered text.
func read(shell, text string) (string, error) {
	between := func(prefix, suffix string, unquote func(string) (string, error)) (string, error) {
		rest, ok := strings.CutPrefix(text, prefix)
		rest, also := strings.CutSuffix(rest, suffix)
		if !ok || !also {
			return "", errUnquoted
		}
		return unquote(rest)
	}
	switch shell {
	case "fish":
		return between("set -gx X ", ";\n", readFish)
	case "powershell":
		return between("$Env:X = ", ";\n", readPowerShell)
	case "cmd":
		return between(`set "X=`, "\"\n", func(s string) (string, error) {
			if strings.ContainsAny(s, "\"%!^&|<>\r\n") || len(s) > 8191-len(`set "X="`) {
				return "", errUnquoted
			}
			return s, nil
		})
	case "dotenv":
		return between("X=", "\n", readPlain)
	case "json", "nushell":
		var object map[string]string
		err := json.Unmarshal([]byte(text), &object)
		return object["X"], err
	}
	return between("export X=", ";\n", readPOSIX)
}

// FuzzRender: what is written reads back as the same bytes, in every shell, or is refused.
func FuzzRender(f *testing.F) {
	for _, value := range hostile[:len(hostile)-1] {
		f.Add(value)
	}
	for _, v := range genuine {
		f.Add(v.Value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" {
			return
		}
		for _, shell := range Shells() {
			text, err := Render(shell, []Variable{{"X", value}})
			if err != nil {
				if text != "" {
					t.Errorf("%s: refused, and yet written: %q", shell, text)
				}
				continue
			}
			if got, err := read(shell, text); err != nil || got != value {
				t.Errorf("%s: %q was written as %q and is read as %q, %v", shell, value, text, got, err)
			}
		}
	})
}
