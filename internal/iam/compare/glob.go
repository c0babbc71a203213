package compare

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// Wildcards of a glob, beside its characters, which are not negative. Those of an ARN's first five parts take no colon.
const (
	star rune = -1 - iota // any characters, none too
	mark                  // one character
	starOfPart
	markOfPart
	digit // of an account's number
)

// glob is a text of a policy: characters and wildcards.
type glob []rune

// nothing is a glob that no text has the form of: -9 is neither a wildcard nor a character.
func nothing() glob { return glob{-9} }

// anyCase is where characters of any case begin, downwards.
const anyCase rune = -16

// ignoringCase is the glob for texts that strings.EqualFold takes for the same.
func (g glob) ignoringCase() glob {
	folded := make(glob, len(g))
	for i, c := range g {
		folded[i] = anyCase - c
	}
	return folded
}

// spellings are the characters that one of any case stands for.
func spellings(symbol rune) []rune {
	c := anyCase - symbol
	list := []rune{c}
	for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
		list = append(list, other)
	}
	return list
}

const digits = "0123456789"

// writing is how a text of a policy is to be read.
type writing struct {
	wild      bool                    // * and ? are wildcards
	arn       bool                    // and in an ARN, where they stay in their part
	open      bool                    // what an ARN leaves out at its end stands for everything
	variables func(key string) string // what ${…} stand for; nil where they are characters like others
	loose     bool                    // any value of a variable in an ARN will do, one with colons too
}

// read reads a text as package evaluate does.
func (w writing) read(text string) glob {
	var g glob
	for rest := text; rest != ""; {
		inside, after, is := "", "", false
		if (w.variables != nil || w.loose) && strings.HasPrefix(rest, "${") {
			inside, after, is = strings.Cut(rest[2:], "}")
		}
		switch {
		case is && (inside == "*" || inside == "?" || inside == "$"):
			g, rest = append(g, rune(inside[0])), after
		case is && w.loose:
			g, rest = append(g, star), after
		case is:
			key, _, _ := strings.Cut(inside, ",")
			g, rest = append(g, []rune(w.variables(evaluate.Lower(strings.TrimSpace(key))))...), after
		default:
			c, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
			if w.wild && c == '*' {
				c = star
			} else if w.wild && c == '?' {
				c = mark
			}
			g = append(g, c)
		}
	}
	if w.loose && strings.Count(string(g), ":") < colonsOfARN { // what is left out at the end stands for everything
		return append(g, star)
	}
	if w.arn {
		return w.readARN(g)
	}
	return g
}

const colonsOfARN = 5

func (w writing) readARN(g glob) glob {
	if w.open && len(g) == 1 && g[0] == star {
		return g
	}
	colons := 0
	for i, c := range g {
		switch {
		case colons == colonsOfARN:
		case c == ':':
			colons++
		case c == star:
			g[i] = starOfPart
		case c == mark:
			g[i] = markOfPart
		}
	}
	switch {
	case colons == colonsOfARN:
		return g
	case w.open:
		return append(g, ':', star)
	default:
		return nothing()
	}
}

// matches reports whether the text has the form of the glob.
func (g glob) matches(text string) bool {
	begin := 0 // the characters before the first wildcard
	for _, c := range text {
		if begin == len(g) || g[begin] < 0 {
			break
		}
		if g[begin] != c {
			return false
		}
		begin++
	}
	if begin < len(g) && g[begin] >= 0 {
		return false
	}
	at := g.closed(nil, begin)
	for _, c := range text[lengthOf(g[:begin]):] {
		var next []int
		for _, i := range at {
			if to, ok := g.step(i, c); ok {
				next = g.closed(next, to)
			}
		}
		if at = next; len(at) == 0 {
			return false
		}
	}
	return slices.Contains(at, len(g))
}

// lengthOf is how many bytes characters take as text.
func lengthOf(g glob) (n int) {
	for _, c := range g {
		n += utf8.RuneLen(c)
	}
	return n
}

// step is where a character leads from a position.
func (g glob) step(at int, c rune) (to int, ok bool) {
	if at == len(g) {
		return 0, false
	}
	switch s := g[at]; s {
	case star:
		return at, true
	case starOfPart:
		return at, c != ':'
	case mark:
		return at + 1, true
	case markOfPart:
		return at + 1, c != ':'
	case digit:
		return at + 1, strings.ContainsRune(digits, c)
	default:
		return at + 1, s == c || s <= anyCase && slices.Contains(spellings(s), c)
	}
}

// closed adds a position and those behind it that are reached without a character.
func (g glob) closed(list []int, at int) []int {
	for {
		if slices.Contains(list, at) {
			return list
		}
		list = append(list, at)
		if at == len(g) || g[at] != star && g[at] != starOfPart {
			return list
		}
		at++
	}
}
