package auditcmd

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// tablePrinter keeps the last entries, and prints them once names and columns are known.
type tablePrinter struct {
	env *cli.Env
	lastEntries
}

func (*tablePrinter) namesAtOnce() bool { return false }

func (p *tablePrinter) print(e *audit.Entry, _ *query.People) error {
	e.Line = nil // which a table has no use for
	p.add(e)
	return nil
}

func (p *tablePrinter) end(people *query.People) error {
	entries := p.entries()
	out := p.env.Streams.Out
	_, screen := out.(*ui.Screen)
	runs := slices.ContainsFunc(entries, func(e *audit.Entry) bool { return e.Run != "" }) && (!screen || ui.Columns(out) >= withRuns)
	heading, form := moments(entries)
	t := ui.Table{Header: []string{"#", heading, "WHO", "WHAT", "ROLE", "OUTCOME"}}
	if runs {
		t.Header = slices.Insert(t.Header, 5, "RUN")
	}
	for _, e := range entries {
		row := ui.Cells(strconv.FormatUint(e.Sequence, 10), e.Time.UTC().Format(form), ui.OrDash(people.Name(e)), what(e), ui.OrDash(e.Role))
		if runs {
			row = append(row, ui.Cell{Text: ui.OrDash(e.Run)})
		}
		outcome := ui.Cell{Text: string(query.Allowed)}
		if e.Refused != nil {
			outcome = ui.Cell{Text: "refused: " + refusedBy(e), Style: ui.Bad}
		}
		t.Rows = append(t.Rows, append(row, outcome))
	}
	if len(t.Rows) == 0 {
		p.env.Console.Info("No record fits.")
		return nil
	}
	if err := t.Print(out); err != nil {
		return err
	}
	if p.dropped > 0 {
		p.env.Console.Info("%s before these: --last N shows more, dbxaccess audit export all.", ui.Count(p.dropped, "record fits", "records fit"))
	}
	return nil
}

// withRuns is how wide a terminal is at least that has room for runs: they stand in all other forms of the record, too.
const withRuns = 100

// moments is the heading and the form of the times: a year that all of them have stands in the heading.
func moments(entries []*audit.Entry) (heading, form string) {
	year := func(e *audit.Entry) string { return e.Time.UTC().Format("2006") }
	if len(entries) == 0 || slices.ContainsFunc(entries, func(e *audit.Entry) bool { return year(e) != year(entries[0]) }) {
		return "TIME (UTC)", "2006-01-02 15:04"
	}
	return year(entries[0]) + " (UTC)", "01-02 15:04"
}

// refusedBy names a refusal: by its id, or in a few words.
func refusedBy(e *audit.Entry) string {
	if id := ui.IDOf(e.Refused); id != "" {
		return string(id)
	}
	return ui.Cut(e.Refused.Error(), 40)
}

// whats are the activities in the words of a table.
var whats = map[audit.Activity]string{
	audit.SignIn: "sign-in", audit.Renew: "session renewed", audit.SignOut: "sign-out", audit.Assume: "AWS credentials",
	audit.Step: "AWS step", audit.Exchange: "workspace token", audit.Vend: "data credentials", audit.Serve: "from cache",
	audit.Console: "console link", audit.Entitle: "roles", audit.Tool: "tool",
}

func what(e *audit.Entry) string {
	word, known := whats[e.Activity]
	switch {
	case !known:
		return string(e.Activity)
	case e.Activity == audit.Entitle:
		return ui.Count(len(e.Grants), "role given", "roles given")
	case e.Activity == audit.Tool:
		return "tool " + ui.Cut(e.Tool, 40)
	case e.Activity == audit.Serve && e.Count > 1:
		return fmt.Sprintf("%s ×%d", word, e.Count)
	}
	return word
}
