package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newRoles(a *app) *cobra.Command {
	var (
		why      bool
		output   string
		identity string
	)
	cmd := &cobra.Command{
		Use:   "roles",
		Short: "List the roles you may take",
		Long: `Lists the roles that the access map gives you. With --why, each role is followed by the claim, what it holds and
the rule that gave the role, and by what it grants; then come the roles that you may not take, with what they would
take. This is what the map says; the role's own trust policy at AWS has the last word.`,
		Example: "  dbxaccess roles\n  dbxaccess roles --why\n  dbxaccess roles -o json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.Broker(cmd.Context())
			if err != nil {
				return err
			}
			view, err := b.View()
			if err != nil {
				return err
			}
			rows, err := listRoles(cmd.Context(), a, view, identity, why)
			if err != nil {
				return err
			}
			if output == "json" {
				return ui.PrintJSON(a.Streams.Out, rows)
			}
			return printRoles(a, rows, why)
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "say which claim and which rule gave each role, what it grants, and what other roles would take")
	outputFlag(cmd, &output)
	a.identityFlag(cmd, &identity)
	return cmd
}

// listRoles lists what the signed-in identities may take, and with lacking also what they give to others. A person who may
// take nothing gets the reason as an error.
func listRoles(ctx context.Context, a *app, view *access.View, only string, lacking bool) ([]access.Row, error) {
	signIns, rows, err := available(ctx, a, view, only)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, signIns[0].NoRoles()
	}
	if !lacking {
		return rows, nil
	}
	for _, s := range signIns {
		others, err := view.Lacking(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, others...)
	}
	return rows, nil
}

// available lists who is signed in, at least one, and what they may take, which may be nothing. It tells of sessions that
// end soon.
func available(ctx context.Context, a *app, view *access.View, only string) ([]*access.SignIn, []access.Row, error) {
	signIns, rows, err := view.Available(ctx, only)
	for _, s := range signIns {
		if !s.Identity.Machine() {
			a.warnOfEnd(s.Identity.Name, s.Session)
		}
	}
	return signIns, rows, err
}
