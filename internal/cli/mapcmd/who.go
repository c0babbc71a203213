package mapcmd

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// anyAction is the word for all of read, write and delete.
const anyAction = "any"

func newMapWho(env *cli.Env) *cobra.Command {
	var file, output, action string
	cmd := &cobra.Command{
		Use:   "who DATASET",
		Short: "List who may do what with a dataset",
		Long: `Lists every group, claim and assignment through which the map lets somebody at a dataset: by a role that names it, by
one that inherits that, by another dataset that has a place in common with it, or by a statement. Roles that nothing narrows, or that have
managed policies, are listed too: what they may, only AWS knows. What has ended is left out. SERVED is what the map's policy has
people do to be served the role whole: a recent or stronger sign-in, a reason; narrowed by --scope it may take less. AGENTS, where the
map has rules on coding agents, is what these may where they work for them, "every other" those that it does not name.

This is what the map says. What people have without dbxaccess, bucket policies, S3 access points and Access Grants, Lake Formation
and Unity Catalog are not looked at; not_looked_at in JSON lists them. dbxaccess posture reads bucket policies, access points and Access Grants, and
which places are registered with Lake Formation.`,
		Example: "  dbxaccess map who churn\n  dbxaccess map who churn --action write\n  dbxaccess map who churn -o csv > churn.csv",
		Args:    cli.OneArg("dataset"), ValidArgsFunction: env.CompleteDataset,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := mapFrom(env, file)
			if err != nil {
				return err
			}
			only := action
			if only == anyAction {
				only = ""
			}
			who, err := interruptible(cmd.Context(), func() (*answer.Holders, error) { return answer.New(m, env.Now()).Who(args[0], only) })
			if err != nil {
				return known(err, file)
			}
			switch output {
			case "json":
				return ui.PrintJSON(env.Streams.Out, who)
			case "csv":
				return cli.PrintCSV(env.Streams.Out, holderColumns(), holderRecords(who))
			}
			return printHolders(env, who, m.SpeaksOfAgents())
		},
	}
	cli.FormatFlag(cmd, &output, "print a `table` for people, csv, or json with stable field names", "table", "json", "csv")
	cli.WordFlag(cmd, &action, "action", "", "list who may do this: `any`, read, write or delete", anyAction, accessmap.Read, accessmap.Write, accessmap.Delete)
	fileFlag(cmd, &file)
	return cmd
}

// completeAnyRole offers all the map's roles, those that can only be inherited too.
func completeAnyRole(env *cli.Env) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		m, _, err := env.Map()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.Sorted(maps.Keys(m.Roles)), cobra.ShellCompDirectiveNoFileComp
	}
}

func printHolders(env *cli.Env, who *answer.Holders, agents bool) error {
	_, err := fmt.Fprintf(env.Streams.Out, "%s  %s\n", who.Label(), ui.Clean(strings.Join(who.Locations, ", ")))
	if err != nil {
		return err
	}
	if len(who.Holders) == 0 {
		_, err = fmt.Fprintln(env.Streams.Out, "nobody, by this map")
		return err
	}
	t := table{header: []string{"WHO", "IDENTITY", "KIND", "ROLE", "MAY", "UNTIL", "BY"}}
	demanding := slices.ContainsFunc(who.Holders, func(h answer.Holder) bool { return h.Demands != nil })
	if demanding {
		t.header = slices.Insert(t.header, len(t.header)-1, "SERVED")
	}
	if agents {
		t.header = slices.Insert(t.header, len(t.header)-1, "AGENTS")
	}
	everybody, unknown := 0, make(map[string]bool)
	for _, h := range who.Holders {
		style := styleOf(h.Giver)
		may := strings.Join(h.Actions, ", ")
		switch h.Way {
		case answer.Unrestricted:
			style, may = ui.Bad, "all its IAM role may"
		case answer.Managed:
			style, may = ui.Bad, "what its managed policies allow"
		}
		if h.Way.Unknown() {
			unknown[h.Role] = true
		}
		if h.Everybody {
			everybody++
		}
		ends := until(h.Giver)
		if h.Reason != "" {
			ends += " (" + h.Reason + ")"
		}
		cells := []string{h.Who, h.Identity, h.Kind, h.Role, may, ends}
		if demanding {
			cells = append(cells, ui.OrDash(h.Demands.Words()))
		}
		if agents {
			cells = append(cells, ui.OrDash(agentsWords(h.Agents)))
		}
		t.add(style, append(cells, h.By())...)
	}
	columns := ui.Table{Header: t.header, Rows: t.rows}
	if err := columns.PrintWhole(env.Streams.Out); err != nil { // the last column says why
		return err
	}
	if everybody > 0 {
		env.Console.Info("%s for EVERYBODY who can sign in with a group or token at all.", ui.Count(everybody, "line is", "lines are"))
	}
	if len(unknown) > 0 {
		env.Console.Info("What %s may do with this dataset, only AWS knows: %s.",
			ui.Count(len(unknown), "role", "roles"), strings.Join(slices.Sorted(maps.Keys(unknown)), ", "))
	}
	env.Console.Info("This is what the map says; bucket policies, access points, Access Grants, Lake Formation and Unity Catalog were not looked at. " +
		"dbxaccess posture reads the first three, and which places are registered with Lake Formation.")
	return nil
}

func holderColumns() []string {
	return []string{
		"dataset", "sensitivity", "who", "group", "kind", "identity", "everybody", "role", "actions", "way", "from_role", "through_dataset", "except", "until", "reason", "demands", "agents",
	}
}

func holderRecords(who *answer.Holders) [][]string {
	records := make([][]string, len(who.Holders))
	for i, h := range who.Holders {
		records[i] = []string{
			who.Dataset, who.Sensitivity, h.Who, h.Group, h.Kind, h.Identity, strconv.FormatBool(h.Everybody), h.Role, strings.Join(h.Actions, " "), string(h.Way),
			h.From, h.Through, strings.Join(h.Except, " "), h.Ends(), h.Reason, h.Demands.Words(), agentsWords(h.Agents),
		}
	}
	return records
}
