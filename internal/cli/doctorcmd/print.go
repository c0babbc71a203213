package doctorcmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// marks show a status at a glance; the word beside it does so without colours and for screen readers.
var marks = map[doctor.Status]struct {
	sign  string
	style ui.Style
}{
	doctor.OK:      {"✓", ui.Good},
	doctor.Warning: {"!", ui.Caution},
	doctor.Fault:   {"✗", ui.Bad},
	doctor.Skipped: {"-", ui.Faint},
}

// The columns of a finding: sign and word of the status, check, text.
const (
	checkColumn = 10
	textColumn  = 23
)

func printReport(w io.Writer, r report) error {
	n := map[doctor.Status]int{}
	for _, f := range r.Findings {
		n[f.Status]++
		if err := printFinding(w, f); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%d ok, %s, %s, %d skipped\n", n[doctor.OK],
		ui.Count(r.Warnings, "warning", "warnings"), ui.Count(r.Faults, "fault", "faults"), n[doctor.Skipped])
	return err
}

func printFinding(w io.Writer, f doctor.Finding) error {
	mark := marks[f.Status]
	text := f.What
	if f.Subject != "" {
		text = f.Subject + ": " + text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s%-*s%s\n", ui.Paint(w, mark.style, mark.sign+" "+string(f.Status)), strings.Repeat(" ", checkColumn-2-len(f.Status)),
		textColumn-checkColumn, f.Check, ui.Hang(w, text, textColumn))
	if f.Why != "" {
		fmt.Fprintf(&b, "%*swhy  %s\n", checkColumn, "", ui.Hang(w, f.Why, checkColumn+len("why  ")))
	}
	if len(f.Fix) > 0 {
		fmt.Fprintf(&b, "%*sfix  %s\n", checkColumn, "", ui.HangFix(w, f.Fix, checkColumn+len("fix  ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
