package revokecmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/revoke"
	"github.com/dbxaccess/dbxaccess/internal/revoke/apply"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// kinds are what people call what they hold.
var kinds = map[revoke.Kind]string{revoke.Keys: "AWS keys", revoke.Console: "AWS console", revoke.Vended: "vended keys", revoke.Token: "workspace token"}

func printPlan(w io.Writer, p *revoke.Plan, a asked) error {
	fmt.Fprintf(w, "%s\n\n", ui.Hang(w, ui.Clean(about(p)), 0))
	if len(p.Alive) == 0 {
		fmt.Fprintln(w, "Nothing that was issued is alive.")
	} else if err := alive(p).Print(w); err != nil {
		return err
	}
	for i := range p.Denials {
		if err := printDenial(w, &p.Denials[i]); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for _, left := range p.Left {
		text := left.What
		if left.Ends != nil {
			text += ", until " + ui.UTC(*left.Ends)
		}
		fmt.Fprintf(w, "not reached: %s\n", ui.Hang(w, ui.Clean(text+": "+left.Why), len("not reached: ")))
	}
	if len(p.Denials) > 0 && !a.apply {
		fmt.Fprintf(w, "\nTo write the policies into IAM:\n  %s --apply\n", a.command)
	}
	return nil
}

// about says of whom, and when, the answer is.
func about(p *revoke.Plan) string {
	text := p.Person.Subject
	if p.Person.Issuer != "" {
		text += " of " + p.Person.Issuer
	}
	if len(p.Person.Names) > 0 {
		text += ", known as " + strings.Join(p.Person.Names, ", ")
	}
	text += ": what the record says on " + ui.UTC(p.AsOf)
	if p.Since != nil {
		text += " of what was issued since " + ui.UTC(*p.Since)
	}
	return text
}

func alive(p *revoke.Plan) *ui.Table {
	t := &ui.Table{Header: []string{"HOLDS", "UNTIL", "DENIED", "ROLE", "KEY", "ON", "OF"}}
	for _, c := range p.Alive {
		denied := ui.Cell{Text: "yes"}
		if !c.Denied {
			denied = ui.Cell{Text: "no", Style: ui.Bad}
		}
		row := ui.Cells(kinds[c.Kind], fmt.Sprintf("%s (%s)", c.Ends.UTC().Format("15:04 UTC"), ui.Remaining(c.Ends, p.AsOf)), "", ui.OrDash(c.Role),
			ui.OrDash(c.AccessKeyID), ui.OrDash(c.Hostname), ui.OrDash(cmp.Or(c.For, c.Host, c.RoleARN, c.PermissionSet)))
		row[2] = denied
		t.Rows = append(t.Rows, row)
	}
	return t
}

func printDenial(w io.Writer, d *revoke.Denial) error {
	where := "inline policy " + d.PolicyName + " of " + d.RoleARN
	if d.Reserved() {
		where = "for the inline policy of the permission set " + cmp.Or(d.PermissionSet, d.RoleARN) + ", or a service control policy"
	}
	var text bytes.Buffer
	if err := json.Indent(&text, d.Policy, "", "  "); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s:\n%s\n", ui.Clean(where), text.String())
	fmt.Fprintf(w, "denies what was issued before %s", d.Before.Format(time.RFC3339))
	if !d.Since.IsZero() {
		fmt.Fprintf(w, ", since %s", d.Since.Format(time.RFC3339))
	}
	fmt.Fprintln(w)
	for _, by := range d.By {
		line := "by " + by.Key + " " + strings.Join(by.Values, ", ") + "; can it be forged? " + by.Forged
		fmt.Fprintln(w, ui.Hang(w, ui.Clean(line), len("by ")))
	}
	return nil
}

// states are what people read of them.
var states = map[apply.State]string{
	apply.Written: "written, and read back", apply.Unchanged: "stands already", apply.Removed: "removed", apply.Absent: "none to remove",
	apply.ByHand: "not written: IAM does not let it", apply.Failed: "failed",
}

func printResults(w io.Writer, results []apply.Result) error {
	if len(results) == 0 {
		return nil
	}
	var rows [][]string
	for _, r := range results {
		state := states[r.State]
		if r.State == apply.Kept {
			state = "stays until " + ui.UTC(*r.Until)
		}
		rows = append(rows, []string{cmp.Or(r.RoleARN, r.PermissionSet), r.PolicyName, state})
	}
	fmt.Fprintln(w)
	return ui.PrintTable(w, []string{"ROLE", "POLICY", "STATE"}, rows)
}
