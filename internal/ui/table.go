package ui

import (
	"io"
	"slices"
	"strings"
)

// Table is rows in aligned columns, two spaces apart. If it is too wide for a Screen, one column is cut; elsewhere
// every cell is whole, so that it can be searched.
type Table struct {
	Header   []string // nil for none
	Rows     [][]Cell // a row may be shorter than others
	Flexible string   // heading of the column that may be cut; "" for the last
	Spare    string   // heading of the column that a Screen goes without where the cut alone does not make room; "" for none
}

// Cell is a text and what it means. The text need not be clean.
type Cell struct {
	Text  string
	Style Style
}

// Cells makes a row of plain cells.
func Cells(texts ...string) []Cell {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	return row
}

// PrintTable prints plain cells as a Table.
func PrintTable(w io.Writer, header []string, rows [][]string) error {
	t := Table{Header: header}
	for _, row := range rows {
		t.Rows = append(t.Rows, Cells(row...))
	}
	return t.Print(w)
}

const (
	columnGap = 2
	leastCut  = 8 // columns that a cut leaves at least: where there is less room, the terminal may wrap
)

// Print writes the table.
func (t *Table) Print(w io.Writer) error {
	rows := t.cleaned()
	widths := columnWidths(rows)
	if screen, ok := w.(*Screen); ok && !t.fit(widths, screen.columns()) && slices.Contains(t.Header, t.Spare) {
		t = t.withoutSpare()
		rows = t.cleaned()
		widths = columnWidths(rows)
		t.fit(widths, screen.columns())
	}
	var b strings.Builder
	for _, row := range rows {
		for len(row) > 0 && row[len(row)-1].Text == "" {
			row = row[:len(row)-1]
		}
		for i, cell := range row {
			text := Fit(cell.Text, widths[i])
			if i == len(row)-1 {
				b.WriteString(Paint(w, cell.Style, strings.TrimRight(text, " ")))
				break
			}
			b.WriteString(Paint(w, cell.Style, text))
			b.WriteString(strings.Repeat(" ", widths[i]-Width(text)+columnGap))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// withoutSpare is the table without its spare column.
func (t *Table) withoutSpare() *Table {
	spare := slices.Index(t.Header, t.Spare)
	narrower := &Table{Header: slices.Delete(slices.Clone(t.Header), spare, spare+1), Flexible: t.Flexible}
	for _, row := range t.Rows {
		narrower.Rows = append(narrower.Rows, slices.Delete(slices.Clone(row), min(spare, len(row)), min(spare+1, len(row))))
	}
	return narrower
}

// PrintWhole writes the table, or where that would be cut, each row as lines of heading and cell, folded and with a blank line between
// rows: nothing of it is lost on a narrow screen.
func (t *Table) PrintWhole(w io.Writer) error {
	screen, ok := w.(*Screen)
	if !ok {
		return t.Print(w)
	}
	rows := t.cleaned()
	room := screen.columns() - columnGap*(len(t.Header)-1)
	for _, width := range columnWidths(rows) {
		room -= width
	}
	if room >= 0 || t.Header == nil {
		return t.Print(w)
	}
	indent := 0
	for _, heading := range t.Header {
		indent = max(indent, Width(heading)+columnGap)
	}
	var b strings.Builder
	for n, row := range rows[1:] {
		if n > 0 {
			b.WriteByte('\n')
		}
		for i, cell := range row {
			heading := Paint(w, Bold, t.Header[i]) + strings.Repeat(" ", indent-Width(t.Header[i]))
			b.WriteString(heading + Paint(w, cell.Style, Fold(cell.Text, screen.columns(), indent)) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cleaned returns the rows as they are printed, the header first.
func (t *Table) cleaned() [][]Cell {
	var rows [][]Cell
	if t.Header != nil {
		header := Cells(t.Header...)
		for i := range header {
			header[i].Style = Bold
		}
		rows = append(rows, header)
	}
	for _, row := range t.Rows {
		row = slices.Clone(row)
		for i := range row {
			row[i].Text = Clean(row[i].Text)
		}
		rows = append(rows, row)
	}
	return rows
}

func columnWidths(rows [][]Cell) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(cell.Text))
		}
	}
	return widths
}

// fit narrows the flexible column to what the others leave of the columns there are, and reports whether that made room.
func (t *Table) fit(widths []int, columns int) bool {
	if len(widths) == 0 {
		return true
	}
	flexible := len(widths) - 1
	if i := slices.Index(t.Header, t.Flexible); t.Flexible != "" && i >= 0 {
		flexible = i
	}
	left := columns - columnGap*(len(widths)-1)
	for i, width := range widths {
		if i != flexible {
			left -= width
		}
	}
	least := leastCut
	if flexible < len(t.Header) {
		least = max(least, Width(t.Header[flexible]))
	}
	widths[flexible] = min(widths[flexible], max(least, left))
	return widths[flexible] <= left
}
