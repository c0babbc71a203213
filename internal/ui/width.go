package ui

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is the number of columns that a clean text takes on a terminal: two for East Asian wide characters and emoji
// (Unicode Standard Annex 11), none for combining ones.
func Width(text string) int {
	columns := 0
	for _, r := range text {
		columns += runeWidth(r)
	}
	return columns
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300: // before the first combining character, all is narrow
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf),
		r >= 0x1160 && r <= 0x11ff: // vowels and finals within a Hangul syllable
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Fit cuts a clean text to a number of columns, the last of which is an ellipsis then.
func Fit(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	used := 0
	for i, r := range text {
		if used += runeWidth(r); used > columns-1 {
			if columns < 1 {
				return ""
			}
			return text[:i] + "…"
		}
	}
	return text
}

// Columns is the width of the terminal w; 80 if it is none.
func Columns(w io.Writer) int {
	if screen, ok := w.(*Screen); ok {
		return screen.columns()
	}
	return defaultWidth
}

// Fold breaks a clean text of one line between words into lines of at most so many columns. The first line begins at
// the indent, where the caller has written it; the others are indented. Words, such as addresses, are never broken.
func Fold(text string, columns, indent int) string {
	if indent+Width(text) <= columns || columns < 2*indent {
		return text
	}
	var b strings.Builder
	at := indent
	for i, word := range strings.Split(text, " ") {
		size := Width(word)
		switch {
		case i == 0:
		case at+1+size > columns:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += size
	}
	return b.String()
}

// Hang folds a message of one line behind its prefix, on a Screen only: elsewhere a line can be searched.
func Hang(w io.Writer, message string, indent int) string {
	if screen, ok := w.(*Screen); ok && !strings.Contains(message, "\n") {
		return Fold(message, screen.columns(), indent)
	}
	return message
}
