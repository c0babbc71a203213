package accessmap

import (
	"errors"
	"regexp"
	"strings"
	"sync"
)

// isPattern reports whether a rule takes more than its own text, or writes it with a backslash.
func isPattern(rule string) bool { return strings.ContainsAny(rule, "*?") }

// Exactly is the rule that takes a text and nothing else: the text itself, unless that would be a pattern.
func Exactly(text string) string {
	if !isPattern(text) {
		return text
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(text)
}

// checkEscapes refuses a backslash whose meaning one would have to guess: in acme\ml-* it could be part of the name.
func checkEscapes(rule string) error {
	if !isPattern(rule) {
		return nil
	}
	for i := 0; i < len(rule); i++ {
		if rule[i] != '\\' {
			continue
		}
		if i++; i == len(rule) || !strings.ContainsRune(`*?\`, rune(rule[i])) {
			return errors.New("in a pattern a backslash stands before *, ? or another backslash; to mean a backslash itself, write two")
		}
	}
	return nil
}

// literalStart is what every value that a rule takes begins with, and whether that is the whole value.
func literalStart(rule string) (start string, whole bool) {
	if !isPattern(rule) {
		return rule, true
	}
	var b strings.Builder
	for i := 0; i < len(rule); i++ {
		switch rule[i] {
		case '*', '?':
			return b.String(), false
		case '\\':
			i++
		}
		if i < len(rule) {
			b.WriteByte(rule[i])
		}
	}
	return b.String(), true
}

// everything reports whether a rule asks for nothing in particular; of a path, that it is one is not much.
func everything(rule string) bool {
	return rule == "/**" || strings.Contains(rule, "*") && strings.Trim(rule, "*?") == ""
}

// glob is a rule made ready for many values. Rules are on names of groups and on the texts of claims.
//
// A rule without * and ? takes exactly its own text, byte by byte. Any other is a pattern for the whole of the value,
// in which
//
//	"*"   stands for any characters but "/", or none
//	"**"  stands for any characters, or none
//	"?"   stands for one character but "/"
//	"\"   takes the special meaning from the *, ? or \ behind it
//
// So groups that are paths (Keycloak writes "/ml/leads") and repositories ("acme/churn") are compared segment by
// segment:
// "/ml/*" takes what is directly below /ml, "/ml/**" all that is below it, and neither takes /ml itself. Letters count
// with their case.
type glob func(value string) bool

// newGlob returns a rule that takes time in proportion to its length times the value's, since package regexp follows
// all ways of reading a value at once. It is compiled for the first value that begins right: few of a map's patterns
// are needed.
func newGlob(rule string) glob {
	start, whole := literalStart(rule)
	expression := sync.OnceValue(func() *regexp.Regexp {
		// The replacements are of what regexp.QuoteMeta made of the rule; the first that fits wins.
		quoted := strings.NewReplacer(
			`\\\*`, `\*`, `\\\?`, `\?`, `\\\\`, `\\`, // with a backslash in the rule
			`\*\*`, `.*`, `\*`, `[^/]*`, `\?`, `[^/]`,
		).Replace(regexp.QuoteMeta(rule))
		return regexp.MustCompile(`(?s)\A` + quoted + `\z`)
	})
	return func(value string) bool {
		if whole || !strings.HasPrefix(value, start) {
			return value == start
		}
		return expression().MatchString(value)
	}
}

// Wild is what a part of a rule stands for.
type Wild int

// The wildcards; Text is none.
const (
	Text    Wild = iota // itself
	One                 // ?
	Segment             // *
	Any                 // **
)

// Part is a piece of a rule: a text, or a wildcard.
type Part struct {
	Wild Wild
	Text string // of Text, never ""
}

// Parts takes a rule apart, for those who write it in another language. Beside Any there is no Segment: together they are
// Any. Only a rule that is "" has no parts, and no rule is.
func Parts(rule string) []Part {
	if !isPattern(rule) {
		return []Part{{Text, rule}}
	}
	var (
		parts []Part
		text  strings.Builder
	)
	wild := func(w Wild) {
		if text.Len() > 0 {
			parts = append(parts, Part{Text, text.String()})
			text.Reset()
		}
		if last := len(parts) - 1; last >= 0 && w != One && (parts[last].Wild == Any || parts[last].Wild == Segment) {
			parts[last].Wild = max(parts[last].Wild, w)
			return
		}
		parts = append(parts, Part{Wild: w})
	}
	for i := 0; i < len(rule); i++ {
		switch {
		case strings.HasPrefix(rule[i:], "**"):
			i++
			wild(Any)
		case rule[i] == '*':
			wild(Segment)
		case rule[i] == '?':
			wild(One)
		default:
			if rule[i] == '\\' && i+1 < len(rule) {
				i++
			}
			text.WriteByte(rule[i])
		}
	}
	if text.Len() > 0 {
		parts = append(parts, Part{Text, text.String()})
	}
	return parts
}

// Takes reports whether a rule takes a value.
func Takes(rule, value string) bool { return newGlob(rule)(value) }
