package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// columnsOf is the width of a terminal; 0 where out is none, and lines stay whole.
func columnsOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// fold breaks the lines of a text between words, as the program's own output is at a terminal: it writes to the demo. What follows goes
// below the line's last column.
func fold(text string, columns int) string {
	if columns <= 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		body, end := strings.CutSuffix(line, "\n")
		if ui.Width(body) > columns {
			hang := column(body, columns/2)
			// A line of JSON has no blanks. With some it is the same JSON.
			rest := body[hang:]
			if strings.HasPrefix(rest, "{") {
				rest = strings.ReplaceAll(rest, `,"`, `, "`)
			}
			body = body[:hang] + ui.Fold(rest, columns, ui.Width(body[:hang]))
		}
		b.WriteString(body)
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// column is where a line's last column begins, in bytes: behind two blanks or more, a prompt or a remark's sign. It is sought up to limit.
func column(line string, limit int) int {
	at := len(line) - len(strings.TrimLeft(line, " "))
	for _, sign := range []string{"$ ", ">> ", "✓ ", "✗ "} {
		if strings.HasPrefix(line[at:], sign) {
			return at + len(sign)
		}
	}
	for i := at; i < min(limit, len(line)); i++ {
		if strings.HasPrefix(line[i:], "  ") {
			at = i + len(line[i:]) - len(strings.TrimLeft(line[i:], " "))
		}
	}
	return at
}
