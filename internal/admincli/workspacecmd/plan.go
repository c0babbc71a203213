package workspacecmd

import (
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

func newPlan(env *cli.Env) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "plan [ROLE]",
		Short: "Show what has to change in a workspace, or at an account, for the access map to hold",
		Long: `Reads a workspace with the role's token, and shows what has to change there for the access map to hold: instance profiles,
which groups may use them, entitlements, the instance profile of SQL warehouses, credentials and grants of Unity Catalog. With a role whose
workspace is an account console, it is the account's federation policies. Nothing is changed.

What the map does not speak of stays as it is. With --prune, what belongs to the map and is too much goes: an instance profile, entitlement
or privilege that the map names, at somebody whom it names, and federation policies that were made for a map.`,
		Example: "  dbxaccess workspace plan ml-admin\n  dbxaccess workspace plan ml-admin --map next.yaml\n  dbxaccess workspace plan account-admin -o json",
		Args:    cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.roles = args
			p, err := read(cmd.Context(), env, a)
			if err != nil {
				return err
			}
			if a.output == "json" {
				return ui.PrintJSON(env.Streams.Out, planReport{p.subject, p.Plan, countsOf(p.Plan)})
			}
			return printPlan(env.Streams.Out, p)
		},
	}
	a.flags(env, cmd)
	cli.OutputFlag(cmd, &a.output)
	pruneFlag(cmd, &a.prune)
	return cmd
}

func pruneFlag(cmd *cobra.Command, prune *bool) {
	cmd.Flags().BoolVar(prune, "prune", false, "take away what belongs to the map and is too much")
}

// planReport is what -o json prints of a plan.
type planReport struct {
	subject
	*plan.Plan

	Counts counts `json:"counts"`
}

type counts struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Delete int `json:"delete"`
}

func countsOf(p *plan.Plan) (c counts) {
	c.Create, c.Update, c.Delete = p.Counts()
	return c
}
