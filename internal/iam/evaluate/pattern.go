package evaluate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Wildcards of a pattern, beside its characters, which are not negative.
const (
	star rune = -1 - iota // any characters, none and slashes included
	mark                  // one character
)

// pattern is a text of a policy: characters, wildcards, and variables whose values the request has.
type pattern struct {
	fixed []rune // the whole of it, if it has no variables
	parts []part // else
}

// part is characters and wildcards, or a variable.
type part struct {
	text     []rune
	variable string
	instead  *string // the variable's default
}

// newPattern reads a text. Without wild, * and ? are characters like others; without variables, which policies before
// version 2012-10-17 don't know, ${…} is too.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func newPattern(text string, wild, variables bool) (pattern, error) {
	var (
		p    pattern
		here []rune
	)
	for rest := text; rest != ""; {
		inside, after, is := "", "", false
		if variables && strings.HasPrefix(rest, "${") {
			inside, after, is = strings.Cut(rest[2:], "}")
		}
		switch {
		case !is:
			c, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
			here = append(here, symbol(c, wild))
		case inside == "*" || inside == "?" || inside == "$":
			here, rest = append(here, rune(inside[0])), after
		default:
			v, err := newVariable(inside)
			if err != nil {
				return pattern{}, err
			}
			p.parts = append(p.parts, part{text: here}, v)
			here, rest = nil, after
		}
	}
	if p.parts == nil {
		return pattern{fixed: append([]rune{}, here...)}, nil
	}
	p.parts = append(p.parts, part{text: here})
	return p, nil
}

func symbol(c rune, wild bool) rune {
	switch {
	case wild && c == '*':
		return star
	case wild && c == '?':
		return mark
	default:
		return c
	}
}

// newVariable reads what stands within ${}: a key, and perhaps a comma and a default in single quotes.
func newVariable(inside string) (part, error) {
	key, instead, has := strings.Cut(inside, ",")
	if key = strings.TrimSpace(key); key == "" || strings.ContainsAny(key, "${'") {
		return part{}, fmt.Errorf("${%s} is not a variable", short(inside))
	}
	if !has {
		return part{variable: key}, nil
	}
	instead = strings.TrimSpace(instead)
	if len(instead) < 2 || instead[0] != '\'' || instead[len(instead)-1] != '\'' {
		return part{}, fmt.Errorf("${%s}: the default of a variable stands in single quotes", short(inside))
	}
	instead = instead[1 : len(instead)-1]
	return part{variable: key, instead: &instead}, nil
}

// longest is how many characters a pattern may have with its variables' values: more than any ARN or condition key of AWS.
const longest = 8192

// expand puts the request's values in for the variables, as they are: a * in a value is a star. Not ok if the request
// lacks one, or has several, or if it grows beyond measure: then the pattern matches nothing.
func (p pattern) expand(a asked) (symbols []rune, ok bool) {
	if p.parts == nil {
		return p.fixed, true
	}
	for _, part := range p.parts {
		if part.variable == "" {
			symbols = append(symbols, part.text...)
			continue
		}
		values := a.values(part.variable)
		switch {
		case len(values) == 1:
			symbols = append(symbols, []rune(values[0])...)
		case len(values) == 0 && part.instead != nil:
			symbols = append(symbols, []rune(*part.instead)...)
		default:
			return nil, false
		}
		if len(symbols) > longest {
			return nil, false
		}
	}
	return symbols, true
}

// like reports whether a pattern, its variables expanded, is the form of a text. When a * has taken too little, only the
// last one is tried with more: at most one step for each pair of characters.
func like(symbols, text []rune) bool {
	s, t := 0, 0
	last, resume := -1, 0 // the last * and the text behind what it has taken
	for t < len(text) {
		switch {
		case s < len(symbols) && symbols[s] == star:
			last, resume = s, t
			s++
		case s < len(symbols) && (symbols[s] == mark || symbols[s] == text[t]):
			s++
			t++
		case last >= 0:
			resume++
			s, t = last+1, resume
		default:
			return false
		}
	}
	for s < len(symbols) && symbols[s] == star {
		s++
	}
	return s == len(symbols)
}

// short is as much of a text as an error shows.
func short(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
