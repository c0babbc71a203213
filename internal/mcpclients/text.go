package mcpclients

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SyntaxError says where a text can't be read, or not in one way only. It shows nothing of the text.
type SyntaxError struct {
	Line, Column int // from 1; 0 where it is not known
	What         string
}

func (e *SyntaxError) Error() string {
	switch {
	case e.Line == 0:
		return e.What
	case e.Column == 0:
		return fmt.Sprintf("line %d: %s", e.Line, e.What)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.What)
}

// wrongAt is a SyntaxError at an offset, in bytes.
func wrongAt(text string, offset int, what string) *SyntaxError {
	line := 1 + strings.Count(text[:offset], "\n")
	return &SyntaxError{Line: line, Column: 1 + offset - (strings.LastIndexByte(text[:offset], '\n') + 1), What: what}
}

// form is a language that configurations are written in. A list is the keys that lead to the servers.
type form interface {
	// decode reads the whole text; a blank one is empty. The error is a *SyntaxError, as all of them here.
	decode(text string) (map[string]any, error)
	// add is what inserts the entry, whose list may be missing.
	add(text string, list []string, entry fields) (edit, error)
	// remove takes out the entry. Its list stays, if it is empty then.
	remove(text string, list []string) ([]edit, error)
	// command is where the program of our entry stands, written as quote writes it.
	command(text string, list []string) (from, to int, err error)
	quote(value string) string
}

// field is a key with a value: a text, a number, a bool, a list of texts, or fields.
type field struct {
	key   string
	value any
}

type fields []field

// edit replaces the bytes from one offset to another.
type edit struct {
	from, to int
	text     string
}

// apply does the edits, which don't overlap.
func apply(text string, edits []edit) string {
	var b strings.Builder
	at := 0
	for _, e := range sorted(edits) {
		b.WriteString(text[at:e.from] + e.text)
		at = e.to
	}
	return b.String() + text[at:]
}

func sorted(edits []edit) []edit {
	return slices.SortedFunc(slices.Values(edits), func(a, b edit) int { return a.from - b.from })
}

// diffOf shows the lines of the edits, or the parts of lines, and nothing that stays.
func diffOf(path, text string, edits []edit, list []string) string {
	var b strings.Builder
	for _, e := range sorted(edits) {
		removed, added := shown(text[e.from:e.to]), shown(e.text)
		if len(removed)+len(added) == 0 || len(removed) == 1 && removed[0] == "," && len(added) == 0 {
			continue // a comma that separated ours from another's
		}
		line := 1 + strings.Count(text[:e.from], "\n")
		if strings.HasPrefix(strings.TrimPrefix(e.text, "\r"), "\n") {
			line++
		}
		fmt.Fprintf(&b, "@@ line %d @@ %s\n", line, strings.Join(list, "."))
		for _, l := range removed {
			b.WriteString("-" + ui.Clean(l) + "\n")
		}
		for _, l := range added {
			b.WriteString("+" + strings.TrimRight(ui.Clean(l), " ") + "\n")
		}
	}
	if b.Len() == 0 {
		return ""
	}
	path = ui.Clean(path)
	return "--- " + path + "\n+++ " + path + "\n" + b.String()
}

// shown are the lines of a piece of text, without empty ones around it.
func shown(piece string) []string {
	piece = strings.Trim(strings.ReplaceAll(piece, "\r\n", "\n"), "\n")
	if strings.TrimSpace(piece) == "" {
		return nil
	}
	return strings.Split(piece, "\n")
}

// endOf is how lines end in a text.
func endOf(text string) string {
	if at := strings.IndexByte(text, '\n'); at > 0 && text[at-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineStart is where the line of an offset begins, and lineEnd where its ending does.
func lineStart(text string, offset int) int { return strings.LastIndexByte(text[:offset], '\n') + 1 }

func lineEnd(text string, offset int) int {
	end := strings.IndexByte(text[offset:], '\n')
	if end < 0 {
		return len(text)
	}
	if end += offset; end > offset && text[end-1] == '\r' {
		end--
	}
	return end
}

// nextLine is where the line behind that of an offset begins.
func nextLine(text string, offset int) int {
	if end := strings.IndexByte(text[offset:], '\n'); end >= 0 {
		return offset + end + 1
	}
	return len(text)
}

// indentAt is the space before the line of an offset.
func indentAt(text string, offset int) string {
	line := text[lineStart(text, offset):]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
