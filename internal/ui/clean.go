package ui

import (
	"strings"
	"unicode"
)

// emptyBraille is a sign without a dot, which Unicode does not count as ignorable.
const emptyBraille = '\u2800'

// What text from elsewhere may take of the screen: runes in a line, and lines.
const (
	maxShown = 2000
	maxLines = 1100
)

// Clean makes a text from a network or a file safe for a terminal and fit for one line: control characters (C0, DEL,
// C1), line breaks, invalid UTF-8, the invisible formatting characters that reorder text (Unicode Cf: bidi overrides,
// zero width) and letters and signs that nobody can see (Hangul fillers, the empty Braille cell) become spaces or
// vanish; longer than 2,000 runes is cut with an ellipsis.
func Clean(s string) string {
	if len(s) <= maxShown && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case r == '\n', r == '\r', r == '\t':
			r = ' '
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r),
			unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), unicode.Is(unicode.Co, r),
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r), r == emptyBraille:
			continue
		}
		if n++; n > maxShown {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Cut is Clean for a text that may take less: longer than so many runes is cut with an ellipsis.
func Cut(s string, runes int) string {
	cleaned := []rune(Clean(s))
	if len(cleaned) > runes {
		return string(cleaned[:runes]) + "…"
	}
	return string(cleaned)
}

// CleanLines is Clean for a text of several lines: each line is cleaned and cut by itself, at most 1,100 of them.
func CleanLines(s string) string {
	lines := strings.SplitN(s, "\n", maxLines+1)
	if len(lines) > maxLines {
		lines[maxLines] = "…"
	}
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}
