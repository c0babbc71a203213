package doctorcmd

import (
	"fmt"
	"io"
	"slices"
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

// printer prints findings as they come, and at the end how many there were. Those that are alike are told as one, once their check
// is over.
type printer struct {
	out io.Writer
	// head is that of a letter, which is what an administrator has to do; nil where nobody is known to send it to.
	head func() ui.Letterhead
	n    map[doctor.Status]int
	held []doctor.Finding // of one check, that may be alike
	err  error            // of writing
}

func newPrinter(out io.Writer, head func() ui.Letterhead) *printer {
	return &printer{out: out, head: head, n: map[doctor.Status]int{}}
}

func (p *printer) tell(f doctor.Finding) {
	if len(p.held) > 0 && p.held[0].Check != f.Check {
		p.release()
	}
	if f.Alike != "" {
		p.held = append(p.held, f)
		return
	}
	p.print(f)
}

func (p *printer) release() {
	for _, f := range doctor.Joined(p.held) {
		p.print(f)
	}
	p.held = nil
}

func (p *printer) print(f doctor.Finding) {
	p.n[f.Status]++
	if p.err == nil {
		p.err = printFinding(p.out, p.addressed(f))
	}
}

// addressed is a finding whose Fix is for the person who reads it.
func (p *printer) addressed(f doctor.Finding) doctor.Finding {
	if p.head == nil || !slices.ContainsFunc(f.Fix, func(s ui.Step) bool { return s.Admin }) {
		return f
	}
	what := f.What
	if len(f.Subjects) > 0 { // all of them: who gets it sees nothing else
		what = fmt.Sprintf("%d %s: %s", len(f.Subjects), f.Several, strings.Join(f.Subjects, ", "))
	}
	if f.Subject != "" {
		what = f.Subject + ": " + what
	}
	if f.Why != "" {
		what += "; " + f.Why
	}
	f.Why, f.Fix = "", f.Fix.Letter(p.head(), what) // which says why
	return f
}

// end prints what is left and the sum. faults is how many were told.
func (p *printer) end() (faults int, err error) {
	p.release()
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, "\n%d ok, %s, %s, %d skipped\n", p.n[doctor.OK],
			ui.Count(p.n[doctor.Warning], "warning", "warnings"), ui.Count(p.n[doctor.Fault], "fault", "faults"), p.n[doctor.Skipped])
	}
	return p.n[doctor.Fault], p.err
}

// printReport prints findings that are there already.
func printReport(w io.Writer, head func() ui.Letterhead, r report) error {
	p := newPrinter(w, head)
	for f := range slices.Values(r.Findings) {
		p.tell(f)
	}
	_, err := p.end()
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
