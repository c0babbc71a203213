package accessmap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// form is what a value may be: the parser holds values to it, and the schema tells editors of it.
type form struct {
	ref string // the definition in the schema that says the same; "" where the schema says it at each key

	// Of a text, what is set says it.
	words   func() []string // it is one of them
	pattern string          // it matches
	wrong   string          // said behind a text that doesn't match; of words, instead of all that there are
	// check takes a text as the file has it and returns it as the program uses it, or says what is wrong.
	check   func(string) (string, error)
	longest int // in characters; 0 is maxText
	// unitless says what to write in place of a number alone.
	unitless func(string) error

	each *form // of the items of a list, all different, or the values of a mapping
	keys *form // of the keys of a mapping

	schema schema // what there is to add, or for a value of another kind all of it

	compile    sync.Once // at the first use: most runs of the program parse no map
	expression *regexp.Regexp
}

// accept returns a text in the form that the program uses, or says what is wrong with it.
func (f *form) accept(s string) (string, error) {
	if f.words != nil {
		words := f.words()
		if !slices.Contains(words, s) && f.wrong != "" {
			return "", fmt.Errorf("%s %s%s", shown(s), f.wrong, didYouMean(s, slices.Values(words)))
		}
		if !slices.Contains(words, s) {
			return "", fmt.Errorf("%s is not one of %s%s", shown(s), strings.Join(words, ", "), didYouMean(s, slices.Values(words)))
		}
		return s, nil
	}
	switch {
	case f.pattern != "" && !f.matches(s):
		return "", fmt.Errorf("%s %s", shown(s), f.wrong)
	case f.check != nil:
		return f.check(s)
	}
	return s, nil
}

func (f *form) matches(s string) bool {
	f.compile.Do(func() { f.expression = regexp.MustCompile(f.pattern) })
	return f.expression.MatchString(s)
}

// metacharacters mean something to a shell, cmd.exe or an INI parser. No value that may reach one holds any of them.
const metacharacters = "\"'`\\$&|;<>(){}[]*?!^%"

const nameRule = "1 to 63 of a-z, 0-9, dot, underscore, hyphen, beginning with a letter or digit"

var (
	// Names of roles, identities, workspaces and datasets end up in command lines and in config files that other
	// programs hand to a shell.
	nameForm = &form{
		ref: "name", pattern: `^[a-z0-9][a-z0-9._-]{0,62}$`,
		wrong:  "is not a name: " + nameRule,
		schema: schema{Description: nameRule + "."},
	}
	// namesForm is of names that refer to something; they are looked up and not checked.
	namesForm = &form{ref: "names", each: &form{schema: schema{Ref: defs + "name"}}}

	descriptionForm = &form{check: checkDescription, schema: schema{MaxLength: maxText}}
	contactForm     = &form{check: checkContact, schema: schema{MaxLength: maxText}}
	// Application IDs and account IDs at Databricks; lower case.
	uuidForm = &form{
		ref: "uuid", pattern: `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`,
		wrong: "is not an ID of the form 01234567-89ab-cdef-0123-456789abcdef", check: lowerCase,
	}
	// What providers call groups, or patterns of them: names with spaces, paths, GUIDs. They never leave the map.
	groupForm = &form{ref: "rule", check: checkGroup}
	// What a claim must be.
	ruleForm = &form{ref: "rule", check: checkClaimRule, schema: schema{
		Description: "A text taken exactly, or with * and ? a pattern: * and ? stop at a slash, ** doesn't, " +
			"a backslash takes the meaning from the *, ? or backslash behind it.",
		MinLength: 1, MaxLength: maxText,
	}}
	// The name of a claim or a JSON pointer.
	claimForm = &form{check: checkClaim, schema: schema{MinLength: 1}}

	tagKeyForm   = &form{check: checkTagKey, schema: schema{MinLength: 1, MaxLength: iam.MaxTagKey, Pattern: "^[^\\x00-\\x1f\"'`$]*$"}}
	tagValueForm = &form{check: checkTagValue, schema: schema{MaxLength: iam.MaxTagValue}}
)

func lowerCase(s string) (string, error) { return strings.ToLower(s), nil }

// checkPrintable refuses what a terminal would obey: control characters, line breaks, marks that reorder text.
func checkPrintable(s string) (string, error) {
	if ui.Clean(s) != s {
		return "", fmt.Errorf("%s holds a line break or a control character", shown(s))
	}
	return s, nil
}

func checkDescription(s string) (string, error) { return checkPrintable(strings.TrimSpace(s)) }

func checkContact(s string) (string, error) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, metacharacters); i >= 0 {
		return "", fmt.Errorf("%s holds the character %q", shown(s), s[i])
	}
	return checkPrintable(s)
}

func checkGroup(s string) (string, error) { return checkRule(s, "a group without a name") }

func checkClaimRule(s string) (string, error) { return checkRule(s, "no value") }

// checkRule accepts a rule, see glob.
func checkRule(s, empty string) (string, error) {
	if s == "" {
		return "", errors.New(empty)
	}
	if err := checkEscapes(s); err != nil {
		return "", err
	}
	return checkPrintable(s)
}

// RFC 6901 section 3: a tilde is always followed by 0 or 1.
var badPointer = &form{pattern: `~([^01]|$)`}

func checkClaim(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("a claim without a name")
	case strings.HasPrefix(s, "/") && badPointer.matches(s):
		return "", fmt.Errorf("%s is not a JSON pointer: ~ is written ~0 and / inside a name ~1", shown(s))
	}
	return checkPrintable(s)
}

func checkTagKey(s string) (string, error) {
	switch {
	case s == "" || !iam.IsTag(s, iam.MaxTagKey):
		return "", fmt.Errorf("%s is not a tag key: 1 to %d letters, digits, spaces and _ . : / = + - @", shown(s), iam.MaxTagKey)
	case iam.IsReservedTag(s):
		return "", fmt.Errorf("%s: keys that begin with aws: belong to AWS", shown(s))
	}
	return s, nil
}

func checkTagValue(s string) (string, error) {
	switch {
	case !iam.IsTag(s, iam.MaxTagValue):
		return "", fmt.Errorf("%s is not a tag value: up to %d letters, digits, spaces and _ . : / = + - @", shown(s), iam.MaxTagValue)
	case iam.IsReservedTag(s):
		return "", fmt.Errorf("%s: values that begin with aws: belong to AWS", shown(s))
	}
	return s, nil
}
