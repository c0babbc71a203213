package mapcmd

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newMapShow(env *cli.Env) *cobra.Command {
	var file, output, agent string
	cmd := &cobra.Command{
		Use:   "show [ROLE…]",
		Short: "Show who may take which roles, and what these may do",
		Long: `Shows the map as two tables: which groups, claims and assignments give which role, and what each role may do with
which dataset, its own or inherited. A third one has the map's rules on coding agents, where it has some, and --agent adds what an agent of
that name may have of each role. What has ended is left out. Named roles narrow both. Who is removed keeps what was issued before for as
long as it says, counted from the end of the ID token that they have: dbxaccess revoke takes that away.`,
		Example:           "  dbxaccess map show\n  dbxaccess map show ml-trainer\n  dbxaccess map show -o md --map access-map.yaml",
		ValidArgsFunction: completeAnyRole(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			if agent != "" {
				if err := cli.AgentNamed(agent); err != nil {
					return err
				}
			}
			m, err := mapFrom(env, file)
			if err != nil {
				return err
			}
			shown, err := interruptible(cmd.Context(), func() (*answer.Shown, error) { return answer.New(m, env.Now()).As(agent).Show(args...) })
			if err != nil {
				return known(err, file)
			}
			tables := []table{takersOf(shown), grantsOf(shown), agentsOf(shown), sharesOf(shown, agent)}
			switch output {
			case "json":
				return ui.PrintJSON(env.Streams.Out, shown)
			case "md":
				return printMarkdown(env.Streams.Out, tables...)
			}
			return printTables(env.Streams.Out, tables...)
		},
	}
	cli.FormatFlag(cmd, &output, "print a `table` for people, Markdown, or json with stable field names", "table", "json", "md")
	fileFlag(cmd, &file)
	cli.AsAgentFlag(cmd, &agent)
	return cmd
}

// table is what is printed as columns or as Markdown. Its cells need not be clean.
type table struct {
	header []string
	rows   [][]ui.Cell
}

func (t *table) add(style ui.Style, texts ...string) {
	row := ui.Cells(texts...)
	for i := range row {
		row[i].Style = style
	}
	t.rows = append(t.rows, row)
}

// takersOf lists who may take which role, by whom: in the order in which the map gives them.
func takersOf(shown *answer.Shown) table {
	t := table{header: []string{"WHO", "MAY TAKE", "IDENTITY", "UNTIL", "REASON"}}
	type taker struct {
		role string
		answer.Giver
	}
	var (
		all    []taker
		nobody [][2]string // why, and the role
	)
	for _, role := range shown.Roles {
		for _, giver := range role.GivenTo {
			all = append(all, taker{role.Role, giver})
		}
		switch {
		case len(role.GivenTo) > 0:
		case role.OnlyInherited():
			nobody = append(nobody, [2]string{"nobody: it is only inherited", role.Role})
		default:
			nobody = append(nobody, [2]string{"nobody: no rule gives it", role.Role})
		}
	}
	slices.SortStableFunc(all, func(a, b taker) int {
		if a.Identity != b.Identity {
			return strings.Compare(a.Identity, b.Identity)
		}
		return strings.Compare(a.Who, b.Who)
	})
	for _, one := range all {
		t.add(styleOf(one.Giver), one.Who, one.role, one.Identity, until(one.Giver), ui.OrDash(one.Reason))
	}
	for _, one := range nobody {
		t.add(ui.Plain, one[0], one[1], "-", "-", "-")
	}
	return t
}

// grantsOf lists what each role may do.
func grantsOf(shown *answer.Shown) table {
	t := table{header: []string{"ROLE", "MAY", "WHAT", "INHERITED FROM"}}
	for _, role := range shown.Roles {
		if role.Unrestricted {
			t.add(ui.Bad, role.Role, "do all", "that its IAM role may, as nothing narrows it", "-")
		}
		for _, grant := range role.Datasets {
			what := grant.Label()
			if len(grant.Except) > 0 {
				what += ", except in " + strings.Join(grant.Except, ", ")
			}
			t.add(ui.Plain, role.Role, strings.Join(grant.Actions, ", "), what, ui.OrDash(grant.From))
		}
		if len(role.Rules) > 0 {
			t.add(ui.Plain, role.Role, "by", "the rules "+strings.Join(role.Rules, ", "), "-")
		}
		for _, s := range role.Statements {
			t.add(ui.Plain, role.Role, "do", strings.Join(s.Actions, ", ")+" on "+strings.Join(s.Resources, ", "), "-")
		}
		for _, policy := range role.Managed {
			t.add(ui.Plain, role.Role, "do", "what the managed policy "+policy+" allows", "-")
		}
		for _, workspace := range role.Workspaces {
			what := "workspace " + workspace
			if role.Principal != "" {
				what += ", as the service principal " + role.Principal
			}
			t.add(ui.Plain, role.Role, "work in", what, "-")
		}
		if len(role.Entitlements) > 0 {
			t.add(ui.Plain, role.Role, "use there", strings.Join(role.Entitlements, ", "), "-")
		}
		for _, g := range role.Unity {
			t.add(ui.Plain, role.Role, strings.Join(g.Privileges, ", "), strings.ReplaceAll(g.Type, "_", " ")+" "+g.Name, "-")
		}
		if kept := keptFor(&role); kept != "" {
			t.add(ui.Plain, role.Role, "keep it", kept, "-")
		}
	}
	return t
}

// keptFor says for how long who is removed keeps what they have; "" for a role that nobody can take.
func keptFor(role *answer.Role) string {
	inWorkspaces := "as long as Databricks gives its tokens"
	switch {
	case len(role.GivenTo) == 0 || role.OnlyInherited():
		return ""
	case role.KeptSeconds == 0:
		return inWorkspaces + ", once removed"
	}
	lasting := "for up to " + accessmap.Span(time.Duration(role.KeptSeconds)*time.Second)
	if len(role.Workspaces) > 0 {
		lasting += " (in a workspace " + inWorkspaces + ")"
	}
	return lasting + ", once removed"
}

// styleOf makes what is given to everybody stand out.
func styleOf(g answer.Giver) ui.Style {
	if g.Everybody {
		return ui.Bad
	}
	return ui.Plain
}

func until(g answer.Giver) string { return ui.OrDash(g.Ends()) }
