package ui

import "strings"

// Quote makes one word of a text for bash, zsh and every POSIX shell: nothing is special inside single quotes but the
// single quote itself (POSIX, Shell Command Language, section 2.2.2). The form holds under zsh's RC_QUOTES too. It is
// for values, which stay as they are, and for commands in hints, whose words have to be passed through Clean before.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Named puts a name or a path between quotes for a person, cleaned. Its backslashes stay single, as on Windows they stand
// in every path.
func Named(s string) string { return `"` + Clean(s) + `"` }

// Word is Quote for what would otherwise not be one word of such a shell: names, paths and addresses stay as they are.
func Word(s string) string {
	if IsPlain(strings.TrimPrefix(strings.TrimLeft(s, "-"), "https://"), "_./+-") {
		return s
	}
	return Quote(s)
}

// IsPlain reports whether a text has nothing but ASCII letters, digits and the further characters, and is not empty. A
// regular expression would have to be compiled at every start of the program.
func IsPlain(s, further string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(further, r)
	})
}
