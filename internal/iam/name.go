package iam

import "strings"

// MaxName bounds the names of roles and of their sessions, in characters.
const MaxName = 64

// IsName checks AWS's pattern of the names of roles, [\w+=,.@-]{1,64}; those of sessions have two characters at least. It is no
// regular expression, because compiling one would cost every start.
func IsName(s string) bool {
	return s != "" && len(s) <= MaxName && !strings.ContainsFunc(s, NotInName)
}

// NotInName reports whether a character has no place in such a name.
func NotInName(r rune) bool {
	return !strings.ContainsRune("_+=,.@-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// IsAccount checks the form of an account's number: twelve digits.
func IsAccount(s string) bool { return within(s, 12, 12, "0123456789") }
