package ui

import (
	"io"
	"strings"
)

// Style is what a text means, shown by colour where there is any, and never by colour alone.
type Style string

// The styles, as SGR parameters (ECMA-48, 8.3.117) of the palette that the person chose for their terminal.
const (
	Plain   Style = ""
	Good    Style = "32" // green: in order, lives, was added
	Caution Style = "33" // yellow: works, for now
	Bad     Style = "31" // red: failed, is over, was removed
	Faint   Style = "2"  // less important
	Bold    Style = "1"  // headings
)

// Paint returns a text of one line in a style, if it is going to be written to a Screen with colours; else as it is.
func Paint(w io.Writer, style Style, text string) string {
	screen, ok := w.(*Screen)
	if !ok || !screen.Colour || style == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

// PrintDiff writes a unified diff, which must be clean.
func PrintDiff(w io.Writer, unified string) error {
	var b strings.Builder
	for line := range strings.Lines(unified) {
		text := strings.TrimSuffix(line, "\n")
		b.WriteString(Paint(w, styleInDiff(text), text) + line[len(text):])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func styleInDiff(line string) Style {
	switch {
	case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		return Bold
	case strings.HasPrefix(line, "@@"):
		return Faint
	case strings.HasPrefix(line, "+"):
		return Good
	case strings.HasPrefix(line, "-"):
		return Bad
	}
	return Plain
}
