package profiles

import (
	"slices"
	"strings"
)

// verb is the command that answers the AWS tools.
const verb = "credential-process"

// ownCommand is a credential_process value that runs dbxaccess.
type ownCommand struct {
	helper, role, identity string
	plain                  bool // without words that a person added
}

// parseOwn reads a credential_process value. It is ours if the base name of its first word is dbxaccess (or
// dbxaccess.exe) and its second word credential-process.
func parseOwn(value string) (own ownCommand, ok bool) {
	words := splitCommand(value)
	if len(words) < 2 || words[1] != verb || !isHelperName(words[0]) {
		return ownCommand{}, false
	}
	own.helper = words[0]
	arguments := words[2:]
	for i := range arguments {
		for flag, into := range map[string]*string{"--role": &own.role, "--identity": &own.identity} {
			if v, ok := strings.CutPrefix(arguments[i], flag+"="); ok {
				*into = v
			} else if arguments[i] == flag && i+1 < len(arguments) {
				*into = arguments[i+1]
			}
		}
	}
	own.plain = own.role != "" && own.identity != "" && slices.Equal(arguments, helperArguments(own.role, own.identity))
	return own, true
}

// ownLine is the credential_process value for a role. Role and identity are names that were validated.
func ownLine(program, role, identity string) string {
	return strings.Join(append([]string{program, verb}, helperArguments(role, identity)...), " ")
}

func helperArguments(role, identity string) []string {
	return []string{"--role", role, "--identity", identity}
}

func isHelperName(path string) bool {
	base := path[strings.LastIndexAny(path, `/\`)+1:]
	return base == "dbxaccess" || strings.EqualFold(base, "dbxaccess.exe")
}

// splitCommand splits at spaces outside of quotes. A backslash is an ordinary character, as on Windows: only there do
// we write it, and a line in which it escapes something is not one of ours. Unclosed quotes give nil.
func splitCommand(command string) []string {
	var (
		words  []string
		word   strings.Builder
		quote  rune
		inWord bool
	)
	for _, r := range command {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
