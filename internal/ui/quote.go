package ui

import "strings"

// Quote makes one word of a text for bash, zsh and every POSIX shell: nothing is special inside single quotes but the
// single quote itself (POSIX, Shell Command Language, section 2.2.2). The form holds under zsh's RC_QUOTES too. It is for
// values, which stay as they are, and for commands in hints, whose words have to be passed through Clean before.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Word is Quote for what would otherwise not be one word of such a shell: names, paths and addresses stay as they are.
func Word(s string) string {
	plain := strings.TrimPrefix(strings.TrimLeft(s, "-"), "https://")
	special := strings.IndexFunc(plain, func(r rune) bool {
		return !strings.ContainsRune("_./+-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) >= 0
	if plain == "" || special {
		return Quote(s)
	}
	return s
}
