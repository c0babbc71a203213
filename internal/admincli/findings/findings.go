// Package findings is how the commands of dbxaccess-admin show what they found.
//
// In comes a finding, as a command's own package knows it, with clean texts; out come its lines for people, and its level for code scanning.
// It must never leave out the word of a severity: colours and signs alone are nothing for who does not see them.
package findings

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Finding is what people see of one.
type Finding struct {
	Severity string // high, medium, or a word for what is less
	About    string
	What     string
	ID       ui.ID
	Fix      ui.Fix // may be empty
}

// column is where the text of a finding begins, behind sign and word of the severity.
const column = 10

// Print writes a finding as w shows it.
func Print(b *strings.Builder, w io.Writer, f Finding) {
	sign, style := "-", ui.Faint
	switch Level(f.Severity) {
	case sarif.Error:
		sign, style = "✗", ui.Bad
	case sarif.Warning:
		sign, style = "!", ui.Caution
	}
	fmt.Fprintf(b, "%s%s%s\n", ui.Paint(w, style, sign+" "+f.Severity), strings.Repeat(" ", max(1, column-2-len(f.Severity))), ui.Hang(w, f.About, column))
	fmt.Fprintf(b, "%*s%s\n", column, "", ui.Hang(w, f.What+" ["+string(f.ID)+"]", column))
	if len(f.Fix) > 0 {
		fmt.Fprintf(b, "%*sfix  %s\n", column, "", ui.HangFix(w, f.Fix, column+len("fix  ")))
	}
}

// Answer is all that a command found.
type Answer struct {
	Findings           []Finding
	Summary            string // one line
	NotLookedAt, Notes []string
}

// Print writes an answer for people.
func (a Answer) Print(w io.Writer) error {
	var b strings.Builder
	for _, f := range a.Findings {
		Print(&b, w, f)
	}
	if len(a.Findings) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(a.Summary + "\n")
	for _, what := range a.NotLookedAt {
		fmt.Fprintf(&b, "not looked at: %s\n", ui.Hang(w, ui.Clean(what), len("not looked at: ")))
	}
	for _, note := range a.Notes {
		fmt.Fprintf(&b, "note: %s\n", ui.Hang(w, ui.Clean(note), len("note: ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Text is what code scanning shows of a finding: what is so, and what mends it.
func Text(what string, fix ui.Fix) string {
	if len(fix) == 0 {
		return what
	}
	return what + "\nfix: " + fix.String()
}

// Level is a severity in the words of code scanning.
func Level[S ~string](severity S) sarif.Level {
	switch severity {
	case "high":
		return sarif.Error
	case "medium":
		return sarif.Warning
	}
	return sarif.Note
}
