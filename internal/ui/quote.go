package ui

import "strings"

// Quote makes one word of a text for bash, zsh and every POSIX shell: nothing is special inside single quotes but the
// single quote itself (POSIX, Shell Command Language, section 2.2.2). The form holds under zsh's RC_QUOTES too. It is for
// values, which stay as they are, and for commands in hints, whose words have to be passed through Clean before.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
