package mapcmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// printTables prints tables one below the other. Those without rows are left out.
func printTables(w io.Writer, tables ...table) error {
	first := true
	for _, t := range tables {
		if len(t.rows) == 0 {
			continue
		}
		if !first {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		first = false
		columns := ui.Table{Header: t.header, Rows: t.rows}
		if err := columns.Print(w); err != nil {
			return err
		}
	}
	return nil
}

// printMarkdown prints tables as GitHub's and GitLab's Markdown has them.
func printMarkdown(w io.Writer, tables ...table) error {
	var b strings.Builder
	for _, t := range tables {
		if len(t.rows) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("| " + strings.ToLower(strings.Join(t.header, " | ")) + " |\n")
		b.WriteString(strings.Repeat("|---", len(t.header)) + "|\n")
		for _, row := range t.rows {
			b.WriteByte('|')
			for _, cell := range row {
				b.WriteString(" " + inTable(cell.Text) + " |")
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// code makes a text of the map a span of code, in which Markdown, HTML, links, and mentions of people mean nothing: a group that is
// called @acme/admins must not call anybody.
func code(text string) string {
	text = strings.TrimSpace(cli.CleanWhole(text))
	if text == "" || text == "-" {
		return text
	}
	longest, run := 0, 0
	for _, c := range text {
		if c != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 { // a space at both ends is not part of the code
		text = " " + text + " "
	}
	return fence + text + fence
}

// inTable is code in a cell, which a bar would end even there: https://github.github.com/gfm/#tables-extension-
func inTable(text string) string { return strings.ReplaceAll(code(text), "|", `\|`) }
