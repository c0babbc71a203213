package account

import (
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewRoles is `roles`.
func NewRoles(env *cli.Env) *cobra.Command {
	var (
		why      bool
		output   string
		identity string
	)
	cmd := &cobra.Command{
		Use:   "roles",
		Short: "List the roles you may take",
		Long: `Lists the roles that the access map gives you. With --why, each role is followed by the claim, what it holds and
the rule that gave the role, and by what it grants; then come the roles that you may not take, with what you would
need for them. This is what the map says; the role's own trust policy at AWS has the last word.`,
		Example: "  dbxaccess roles\n  dbxaccess roles --why\n  dbxaccess roles -o json",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := env.Broker(cmd.Context())
			if err != nil {
				return err
			}
			view, err := b.View()
			if err != nil {
				return err
			}
			signIns, rows, err := cli.Roles(cmd.Context(), env, view, identity)
			if err != nil {
				return err
			}
			if why {
				for _, s := range signIns {
					others, err := view.Lacking(s)
					if err != nil {
						return err
					}
					rows = append(rows, others...)
				}
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, rows)
			}
			return printRoles(env, rows, why)
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "say which claim and rule gave each role, what it grants, and what you would need for the others")
	cli.OutputFlag(cmd, &output)
	cli.IdentityFlag(env, cmd, &identity)
	return cmd
}
