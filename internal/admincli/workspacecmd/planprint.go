package workspacecmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/admincli/findings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/live"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// signs show an action at a glance, as Terraform's plans do.
var signs = map[plan.Action]struct {
	sign  string
	style ui.Style
}{plan.Create: {"+", ui.Good}, plan.Update: {"~", ui.Caution}, plan.Delete: {"-", ui.Bad}}

func printPlan(w io.Writer, p *planned) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", ui.Clean(heading(p.subject)))
	for i := range p.Changes {
		printChange(&b, w, &p.Changes[i])
	}
	for _, f := range p.Findings {
		printFinding(&b, w, f)
	}
	if len(p.Findings) > 0 {
		b.WriteByte('\n')
	}
	create, update, remove := p.Counts()
	if len(p.Changes) == 0 {
		fmt.Fprintf(&b, "Nothing to change: %s compared.\n", ui.Count(len(p.wanted.Objects), "object", "objects"))
	} else {
		fmt.Fprintf(&b, "Plan: %d to add, %d to change, %d to remove.\n", create, update, remove)
	}
	printNotLookedAt(&b, w, p.NotLookedAt)
	_, err := io.WriteString(w, b.String())
	return err
}

func heading(s subject) string {
	if s.AccountID != "" {
		return "Account " + s.AccountID + " at " + s.Host + ", with role " + s.Role
	}
	return "Workspace " + s.Workspace + " at " + s.Host + ", as " + s.UserName + " with role " + s.Role
}

func printNotLookedAt(b *strings.Builder, w io.Writer, list []string) {
	for _, what := range list {
		fmt.Fprintf(b, "not looked at: %s\n", ui.Hang(w, ui.Clean(what), len("not looked at: ")))
	}
}

// printChange prints an object, and below it its values: of grants, a line for each principal.
func printChange(b *strings.Builder, w io.Writer, c *plan.Change) {
	const column, below = 4, 8
	title := plan.Clean(c.Title())
	if len(c.Roles) > 0 {
		title += " (" + strings.Join(c.Roles, ", ") + ")"
	}
	fmt.Fprintf(b, "  %s %s\n", ui.Paint(w, signs[c.Action].style, signs[c.Action].sign), ui.Hang(w, title, column))
	for i := 0; i < len(c.Lines); {
		line := c.Lines[i]
		texts := []string{valueOf(line)}
		for i++; c.Kind == plan.Grants && i < len(c.Lines) && c.Lines[i].Field == line.Field && c.Lines[i].Action == line.Action; i++ {
			texts = append(texts, valueOf(c.Lines[i]))
		}
		text := line.Field + ": " + strings.Join(texts, ", ")
		fmt.Fprintf(b, "      %s %s\n", ui.Paint(w, signs[line.Action].style, signs[line.Action].sign), ui.Hang(w, text, below))
	}
	for _, note := range c.Notes {
		fmt.Fprintf(b, "      %s\n", ui.Paint(w, ui.Faint, ui.Hang(w, note, below-2)))
	}
	b.WriteByte('\n')
}

func valueOf(l plan.Line) string {
	switch l.Action {
	case plan.Delete:
		return l.Before
	case plan.Update:
		return l.Before + " → " + l.After
	}
	return l.After
}

func printFinding(b *strings.Builder, w io.Writer, f plan.Finding) { findings.Print(b, w, shown(f)) }

func shown(f plan.Finding) findings.Finding {
	about := (&plan.Object{Kind: f.Kind, Name: f.Name}).Title()
	if len(f.Roles) > 0 {
		about += " (" + strings.Join(f.Roles, ", ") + ")"
	}
	return findings.Finding{Severity: string(f.Severity), About: about, What: f.What, ID: f.ID, Fix: f.Fix}
}

func printDrift(w io.Writer, r driftReport) error {
	summary := "no drift"
	if len(r.Findings) > 0 {
		summary = ui.Count(len(r.Findings), "finding", "findings")
	}
	a := findings.Answer{NotLookedAt: r.NotLookedAt, Summary: summary + ": " + ui.Count(r.Compared, "object", "objects") + " compared in " + r.called()}
	for _, f := range r.Findings {
		a.Findings = append(a.Findings, shown(f))
	}
	return a.Print(w)
}

// printResult tells of one change as it ends.
func printResult(w io.Writer, r live.Result) error {
	said := map[live.State]string{
		live.Done: "done", live.Already: "stood so already", live.Failed: "FAILED", live.Unknown: "NOT KNOWN whether it was done",
	}[r.State]
	_, err := fmt.Fprintf(w, "%s: %s\n", plan.Clean(r.Title()), said)
	if r.Made != nil && err == nil {
		_, err = fmt.Fprintf(w, "  external id          %s\n  taken by             %s\n", r.Made.ExternalID, r.Made.UnityRole)
	}
	return err
}

// printApplied sums up, and says what has to follow.
func printApplied(w io.Writer, results []live.Result, tried []plan.Finding) error {
	var b strings.Builder
	for _, f := range tried {
		printFinding(&b, w, f)
	}
	made := 0
	for _, r := range results {
		if r.State == live.Done || r.State == live.Already {
			made++
		}
		if r.Made == nil {
			continue
		}
		fmt.Fprintf(&b, "\nThe role of %s has to let in Databricks by this external id. Write it into the access map, at %s:\n  external_id: %s\nand what this prints into the role's trust policy:\n",
			r.Made.Name, ui.And(r.Roles), r.Made.ExternalID)
		for _, role := range r.Roles {
			fmt.Fprintf(&b, "  dbxaccess map trust %s\n", role)
		}
	}
	if len(results) > 0 {
		fmt.Fprintf(&b, "\n%d of %s made.\n", made, ui.Count(len(results), "change", "changes"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
