package cli

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// CSV writes RFC 4180, one record a row, in which no cell is a formula to a spreadsheet.
type CSV struct{ to *csv.Writer }

// NewCSV begins with a header; nil goes on below one.
func NewCSV(w io.Writer, header []string) (CSV, error) {
	c := CSV{csv.NewWriter(w)}
	if header == nil {
		return c, nil
	}
	return c, c.to.Write(header)
}

// Row writes a row. Cells need not be clean.
func (c CSV) Row(cells []string) error {
	clean := make([]string, len(cells))
	for i, cell := range cells {
		clean[i] = notFormula(CleanWhole(cell))
	}
	return c.to.Write(clean)
}

// End writes what is left.
func (c CSV) End() error {
	c.to.Flush()
	return c.to.Error()
}

// PrintCSV writes rows that are there.
func PrintCSV(w io.Writer, header []string, rows [][]string) error {
	c, err := NewCSV(w, header)
	for _, row := range rows {
		if err == nil {
			err = c.Row(row)
		}
	}
	if err != nil {
		return err
	}
	return c.End()
}

// CleanWhole is ui.Clean without its bound, for what no terminal shows.
func CleanWhole(text string) string {
	var b strings.Builder
	for part := range slices.Chunk([]rune(text), 1000) {
		b.WriteString(ui.Clean(string(part)))
	}
	return b.String()
}

// notFormula puts an apostrophe before what a spreadsheet would run: https://owasp.org/www-community/attacks/CSV_Injection
func notFormula(cell string) string {
	if trimmed := strings.TrimLeft(cell, " "); trimmed != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}
