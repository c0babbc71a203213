package accessmap

import (
	"errors"
	"strings"
)

// matches reports whether a value is what a rule takes. Rules are on names of groups and on the texts of claims.
//
// A rule without * and ? takes exactly its own text, byte by byte. Any other is a pattern for the whole of the value, in
// which
//
//	"*"   stands for any characters but "/", or none
//	"**"  stands for any characters, or none
//	"?"   stands for one character but "/"
//	"\"   takes the special meaning from the *, ? or \ behind it
//
// So groups that are paths (Keycloak writes "/ml/leads") and repositories ("acme/churn") are compared segment by segment:
// "/ml/*" takes what is directly below /ml, "/ml/**" all that is below it, and neither takes /ml itself. Letters count
// with their case.
func matches(rule, value string) bool {
	if !isPattern(rule) {
		return rule == value
	}
	return compile(rule).match(value)
}

// isPattern reports whether a rule takes more than its own text, or writes it with a backslash.
func isPattern(rule string) bool { return strings.ContainsAny(rule, "*?") }

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

// checkClaimPattern accepts a rule on a claim.
func checkClaimPattern(s string) (string, error) {
	if s == "" {
		return "", errors.New("no value")
	}
	if err := checkEscapes(s); err != nil {
		return "", err
	}
	return s, printable(s)
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

// element is one step of a pattern.
type element struct {
	kind elementKind
	is   rune // of a character
}

type elementKind int

func (e element) mayBeNothing() bool { return e.kind == segment || e.kind == rest }

const (
	character elementKind = iota
	anyOne                // ?
	segment               // *
	rest                  // **
)

// glob is a pattern made ready.
type glob struct {
	rule     string
	start    string // that every value it takes begins with
	elements []element
}

func compile(rule string) glob {
	g := glob{rule: rule}
	g.start, _ = literalStart(rule)
	escaped := false
	for _, c := range rule {
		last := len(g.elements) - 1
		switch {
		case escaped:
			g.elements, escaped = append(g.elements, element{character, c}), false
		case c == '\\':
			escaped = true
		case c == '?':
			g.elements = append(g.elements, element{kind: anyOne})
		case c == '*' && last >= 0 && g.elements[last].mayBeNothing():
			g.elements[last].kind = rest
		case c == '*':
			g.elements = append(g.elements, element{kind: segment})
		default:
			g.elements = append(g.elements, element{character, c})
		}
	}
	return g
}

// match follows all ways of reading the value at once, so that no pattern takes longer than its length times that of the
// value: trying one way after the other takes for ever on some.
func (g glob) match(value string) bool {
	if !strings.HasPrefix(value, g.start) {
		return false
	}
	// ways[i]: what was read so far is what the first i elements stand for.
	ways, next := make([]bool, len(g.elements)+1), make([]bool, len(g.elements)+1)
	g.reach(ways, 0)
	for _, c := range value {
		clear(next)
		alive := false
		for i, e := range g.elements {
			if !ways[i] {
				continue
			}
			switch {
			case e.kind == character && c == e.is || e.kind == anyOne && c != '/':
				g.reach(next, i+1)
				alive = true
			case e.kind == rest || e.kind == segment && c != '/':
				g.reach(next, i)
				alive = true
			}
		}
		if !alive {
			return false
		}
		ways, next = next, ways
	}
	return ways[len(g.elements)]
}

// reach marks that i elements are read, and those behind them that may stand for nothing.
func (g glob) reach(ways []bool, i int) {
	ways[i] = true
	for ; i < len(g.elements) && g.elements[i].mayBeNothing(); i++ {
		ways[i+1] = true
	}
}
