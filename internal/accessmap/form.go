package accessmap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A check takes a value as the file has it and returns it in the form the program uses, or says what is wrong.

// pattern compiles at its first use: most runs of the program parse no map.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// namePattern is what names of roles, identities, workspaces and datasets look like. They end up in command lines and
// in config files that other programs hand to a shell.
const namePattern = `^[a-z0-9][a-z0-9._-]{0,62}$`

// metacharacters mean something to a shell, cmd.exe or an INI parser. No value that may reach one holds any of them.
const metacharacters = "\"'`\\$&|;<>(){}[]*?!^%"

var (
	nameForm     = pattern(namePattern)
	clientIDForm = pattern(`^[A-Za-z0-9._~:/@+=-]{1,255}$`)
	uuidForm     = pattern(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	// RFC 6749 section 3.3: scope-token.
	scopeForm = pattern(`^[\x21\x23-\x5b\x5d-\x7e]{1,255}$`)
	// RFC 6901 section 3: a tilde is always followed by 0 or 1.
	badPointer = pattern(`~([^01]|$)`)
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html, without line and paragraph separators.
	tagForm = pattern(`^[\p{L}\p{Zs}\p{N}_.:/=+\-@]*$`)
)

func checkName(s string) (string, error) {
	if !nameForm().MatchString(s) {
		return "", fmt.Errorf("%s is not a name: 1 to 63 of a-z, 0-9, dot, underscore, hyphen, beginning with a letter or digit",
			shown(s))
	}
	return s, nil
}

// checkGroup accepts what providers call groups, or patterns of them: names with spaces, paths, GUIDs. They never leave
// the map.
func checkGroup(s string) (string, error) {
	if s == "" {
		return "", errors.New("a group without a name")
	}
	if err := checkEscapes(s); err != nil {
		return "", err
	}
	return s, printable(s)
}

func checkDescription(s string) (string, error) {
	s = strings.TrimSpace(s)
	return s, printable(s)
}

func checkContact(s string) (string, error) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, metacharacters); i >= 0 {
		return "", fmt.Errorf("%s holds the character %q", shown(s), s[i])
	}
	return s, printable(s)
}

// checkUUID accepts the form of application IDs and account IDs at Databricks, and returns it in lower case.
func checkUUID(s string) (string, error) {
	if !uuidForm().MatchString(s) {
		return "", fmt.Errorf("%s is not an ID of the form 01234567-89ab-cdef-0123-456789abcdef", shown(s))
	}
	return strings.ToLower(s), nil
}

func checkClientID(s string) (string, error) {
	if !clientIDForm().MatchString(s) {
		return "", fmt.Errorf("%s is not a client id: 1 to 255 letters, digits and . _ ~ : / @ + = -", shown(s))
	}
	return s, nil
}

// checkClientSecret never shows the value: public or not, a secret is not for messages.
func checkClientSecret(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", errors.New("not a client secret: printable ASCII without spaces")
	}
	return s, nil
}

func checkScope(s string) (string, error) {
	if !scopeForm().MatchString(s) {
		return "", fmt.Errorf("%s is not a scope", shown(s))
	}
	return s, nil
}

func checkClaim(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("a claim without a name")
	case strings.HasPrefix(s, "/") && badPointer().MatchString(s):
		return "", fmt.Errorf("%s is not a JSON pointer: ~ is written ~0 and / inside a name ~1", shown(s))
	}
	return s, printable(s)
}

func checkTagKey(s string) (string, error) {
	switch {
	case s == "" || utf8.RuneCountInString(s) > iam.MaxTagKey || !tagForm().MatchString(s):
		return "", fmt.Errorf("%s is not a tag key: 1 to %d letters, digits, spaces and _ . : / = + - @", shown(s), iam.MaxTagKey)
	case strings.HasPrefix(strings.ToLower(s), "aws:"):
		return "", fmt.Errorf("%s: keys that begin with aws: belong to AWS", shown(s))
	}
	return s, nil
}

func checkTagValue(s string) (string, error) {
	if utf8.RuneCountInString(s) > iam.MaxTagValue || !tagForm().MatchString(s) {
		return "", fmt.Errorf("%s is not a tag value: up to %d letters, digits, spaces and _ . : / = + - @", shown(s), iam.MaxTagValue)
	}
	return s, nil
}

// oneOf checks that a value is one of a few words.
func oneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(words, s) {
			return s, nil
		}
		return "", fmt.Errorf("%s is not one of %s%s", shown(s), strings.Join(words, ", "), didYouMean(s, slices.Values(words)))
	}
}

// printable refuses what a terminal would obey: control characters, line breaks, marks that reorder text.
func printable(s string) error {
	if ui.Clean(s) != s {
		return fmt.Errorf("%s holds a line break or a control character", shown(s))
	}
	return nil
}
