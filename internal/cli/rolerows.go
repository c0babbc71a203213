package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// PrintRoles lists roles with their profiles.
func PrintRoles(env *Env, rows []access.Row) error {
	table := ui.Table{Header: rolesHeader(rows), Spare: "PROFILE"}
	for _, line := range rolesCells(rows) {
		table.Rows = append(table.Rows, ui.Cells(line...))
	}
	return table.Print(env.Streams.Out)
}

// PrintRolesWhy says of each role why it is given and what it may do, or what it takes to be given it and how to ask.
func PrintRolesWhy(env *Env, rows []access.Row, asking Asking) error {
	for i, r := range rows {
		if i > 0 {
			fmt.Fprintln(env.Streams.Out)
		}
		title := cmp.Or(r.RoleARN, r.Permission, "Databricks alone")
		if !r.MayTake {
			title = "not yours"
		}
		fmt.Fprintf(env.Streams.Out, "%s  %s\n", r.Role, ui.Clean(title))
		if r.Until != nil {
			RoleLine(env, map[bool]string{false: "until", true: "ended"}[r.Ended], UntilWords(r))
		}
		for _, because := range r.Because {
			RoleLine(env, "because", sentence(because, r.Identity))
		}
		needsLine(env, r)
		if !r.MayTake {
			if gives := wouldGive(r); gives != "" {
				RoleLine(env, "gives", gives)
			}
			rulesLine(env, r)
			asking.AskLine(env, r.Role)
			continue
		}
		for _, grant := range grantsOf(r) {
			RoleLine(env, grant.verb, strings.Join(grant.datasets, ", "))
		}
		rulesLine(env, r)
		if r.SignInLacks != "" {
			RoleLine(env, "sign-in", r.SignInLacks)
		}
		if r.SignInCommand != "" { // it is copied, so it is one line however narrow the terminal is
			fmt.Fprintf(env.Streams.Out, "  %-8s %s\n", "", r.SignInCommand)
		}
		for _, s := range r.Statements {
			RoleLine(env, "may", strings.Join(s.Actions, ", ")+" on "+strings.Join(s.Resources, ", "))
		}
		for _, policy := range r.Managed {
			RoleLine(env, "may", "what "+policy+" allows")
		}
		for _, w := range r.Workplaces {
			RoleLine(env, "works in", workplaceWords(r, w))
		}
		if r.GivesToken && len(grantsOf(r)) > 0 {
			RoleLine(env, "", "Databricks: not narrowed to datasets, its own grants decide")
		}
		if r.Unbounded {
			whose := "IAM role"
			if r.RoleARN == "" {
				whose = "permission set"
			}
			RoleLine(env, "scope", "none: the "+whose+"'s own permissions")
		}
		agentLines(env, r)
	}
	return nil
}

// needsLine says what would give a role; one of several is enough.
func needsLine(env *Env, r access.Row) {
	switch len(r.Needs) {
	case 0:
	case 1:
		RoleLine(env, "needs", r.Needs[0]+" (identity "+r.Identity+")")
	default:
		RoleLine(env, "needs", "one of: "+strings.Join(r.Needs, "; ")+" (identity "+r.Identity+")")
	}
}

// verbGrant are the datasets that a role may do something with, as people see them.
type verbGrant struct {
	verb     string
	datasets []string
}

// grantsOf are those that there are.
func grantsOf(r access.Row) []verbGrant {
	all := []verbGrant{{"read", r.Labels(r.Read)}, {"write", r.Labels(r.Write)}, {"delete", r.Labels(r.Delete)}}
	return slices.DeleteFunc(all, func(g verbGrant) bool { return len(g.datasets) == 0 })
}

// wouldGive says in a line what a role gives to those who have it: without that, nobody can tell which one to ask for.
func wouldGive(r access.Row) string {
	var parts []string
	for _, grant := range grantsOf(r) {
		parts = append(parts, grant.verb+" "+strings.Join(grant.datasets, ", "))
	}
	if n := len(r.Statements) + len(r.Managed); n > 0 {
		parts = append(parts, ui.Count(n, "more grant at AWS", "more grants at AWS"))
	}
	if r.Unbounded {
		parts = append(parts, "all that stands behind it at AWS may do")
	}
	if len(r.Workplaces) > 0 {
		parts = append(parts, "Databricks at "+strings.Join(r.Workspaces(), ", "))
	}
	return strings.Join(parts, "; ")
}

// rulesLine says what the map's policy asks for the role's data, and what it takes to be served for that.
func rulesLine(env *Env, r access.Row) {
	if len(r.Rules) > 0 {
		RoleLine(env, "rules", strings.Join(r.Rules, ", "))
	}
	if r.Demands != nil {
		RoleLine(env, "served", r.Demands.Words())
	}
}

// rolesHeader has a column for the ends of grants where there are any.
func rolesHeader(rows []access.Row) []string {
	if slices.ContainsFunc(rows, func(r access.Row) bool { return r.Until != nil }) {
		return []string{"ROLE", "PROFILE", "WORKSPACE", "UNTIL", "DESCRIPTION"}
	}
	return []string{"ROLE", "PROFILE", "WORKSPACE", "DESCRIPTION"}
}

func rolesCells(rows []access.Row) (cells [][]string) {
	ends := len(rolesHeader(rows)) > 4
	for _, r := range rows {
		line := []string{r.Role, r.Profile, ui.OrDash(strings.Join(r.Workspaces(), ", "))}
		switch {
		case r.Until != nil:
			line = append(line, UntilWords(r))
		case ends:
			line = append(line, ui.OrDash(""))
		}
		cells = append(cells, append(line, r.Description))
	}
	return cells
}

// UntilWords say until when a role is given, and why.
func UntilWords(r access.Row) string {
	text := accessmap.Until(*r.Until)
	if r.Reason != "" {
		text += " (" + ui.Clean(r.Reason) + ")"
	}
	return text
}

// workplaceWords say where a role works, as whom and for what.
func workplaceWords(r access.Row, w access.Workplace) string {
	text := w.Workspace + " (" + ui.Clean(w.Host) + ")"
	if w.WorkspaceID != "" {
		text += ", workspace " + w.WorkspaceID
	}
	if r.Principal != "" {
		text += ", as the service principal " + r.Principal
	}
	if scopes := w.Narrowed(); scopes != nil {
		text += ", scopes " + strings.Join(scopes, ", ")
	}
	if w.Profile != r.Profile {
		text += ", profile " + w.Profile
	}
	return text
}

// sentence explains a role by the claim and the rule that gave it.
func sentence(r access.Reason, identity string) string {
	rule := "which identity " + identity + " maps to this role"
	if r.Rule != r.Value {
		rule = fmt.Sprintf("which the rule %q of identity %s maps to this role", ui.Clean(r.Rule), identity)
	}
	if r.Until != nil {
		rule += " until " + accessmap.Until(*r.Until)
	}
	return fmt.Sprintf("claim %q holds %q, %s", ui.Clean(r.Claim), ui.Clean(r.Value), rule)
}

// RoleLine prints one property of a role, with a hanging indent.
func RoleLine(env *Env, what, text string) {
	const indent = 11
	fmt.Fprintf(env.Streams.Out, "  %-8s %s\n", what, ui.Hang(env.Streams.Out, text, indent))
}
