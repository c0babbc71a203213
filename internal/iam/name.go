package iam

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName bounds the names of roles and of their sessions, in characters.
const MaxName = 64

// RevokePrefix begins the names of the inline policies that deny a role to one person's sessions: see package revoke.
const RevokePrefix = "dbxaccess-revoke-"

// IsName checks AWS's pattern of the names of roles, [\w+=,.@-]{1,64}; those of sessions have two characters at least.
// It is no regular expression, because compiling one would cost every start.
func IsName(s string) bool {
	return s != "" && len(s) <= MaxName && !strings.ContainsFunc(s, NotInName)
}

// NotInName reports whether a character has no place in such a name.
func NotInName(r rune) bool {
	return !strings.ContainsRune("_+=,.@-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// IsTag checks the form of a session tag's key or value, at most so many characters of [\p{L}\p{Z}\p{N}_.:/=+\-@]*,
// without line and paragraph separators: https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
func IsTag(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Zs, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
	})
}

// IsReservedTag reports whether a tag's key or value begins as only AWS's own may, in any case:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules_creating
func IsReservedTag(s string) bool {
	const prefix = "aws:"
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// IsAccount checks the form of an account's number: twelve digits.
func IsAccount(s string) bool { return within(s, 12, 12, "0123456789") }
