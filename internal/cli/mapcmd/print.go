package mapcmd

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

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
	text = strings.TrimSpace(whole(text))
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

// whole is ui.Clean without its bound, for what no terminal shows.
func whole(text string) string {
	var b strings.Builder
	for part := range slices.Chunk([]rune(text), 1000) {
		b.WriteString(ui.Clean(string(part)))
	}
	return b.String()
}

// printCSV writes RFC 4180, one record a row, in which no cell is a formula to a spreadsheet.
func printCSV(w io.Writer, header []string, rows [][]string) error {
	out := csv.NewWriter(w)
	err := out.Write(header)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = notFormula(whole(cell))
		}
		if err == nil {
			err = out.Write(row)
		}
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

// notFormula puts an apostrophe before what a spreadsheet would run: https://owasp.org/www-community/attacks/CSV_Injection
func notFormula(cell string) string {
	if trimmed := strings.TrimLeft(cell, " "); trimmed != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}
