// Package workspacecmd holds the commands that ask a role's Databricks workspace, and bring it in step with the access map.
//
// In comes a role; out comes what the workspace says of it, what has to change there, and what was changed. Nothing is changed but by
// apply, after a question, and the token is never printed.
package workspacecmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli/workspacecmd/verifycmd"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

// New is `workspace`.
func New(env *cli.Env) *cobra.Command {
	return cli.Group("workspace", "Ask a role's Databricks workspace",
		"What the Databricks workspace of a role says, what in it is not as the access map means it, and how it is brought in step.",
		newWhoami(env), newPlan(env), newApply(env), newDrift(env), verifycmd.New(env))
}

type whoamiReport struct {
	Role             string   `json:"role"`
	Host             string   `json:"host"`
	ID               string   `json:"id"`
	UserName         string   `json:"user_name"`
	DisplayName      string   `json:"display_name,omitempty"`
	Active           bool     `json:"active"`
	Groups           []string `json:"groups"`
	Entitlements     []string `json:"entitlements"`
	InstanceProfiles []string `json:"instance_profiles"`
}

func newWhoami(env *cli.Env) *cobra.Command {
	var (
		r      broker.Request
		output string
	)
	cmd := &cobra.Command{
		Use:   "whoami [ROLE]",
		Short: "Show who the workspace thinks you are, with groups and entitlements",
		Long: `Asks the role's workspace, with the token that its clients get, who it belongs to: name, groups, entitlements, and
the instance profiles it may use.`,
		Example: "  dbxaccess workspace whoami ml-trainer\n  dbxaccess workspace whoami ml-trainer -o json",
		Args:    cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, r, err := cli.PickRole(cmd.Context(), env, r, args)
			if err != nil {
				return err
			}
			token, err := b.WorkspaceToken(cmd.Context(), r)
			if err != nil {
				return err
			}
			client, err := workspace.New(env.HTTP(0), token, workspace.Options{})
			if err != nil {
				return err
			}
			me, err := client.Me(cmd.Context())
			if err != nil {
				return err
			}
			report := whoamiReport{
				Role: r.Role, Host: token.Host, ID: me.ID, UserName: me.UserName, DisplayName: me.DisplayName, Active: me.Active,
				Groups: present(me.Groups), Entitlements: present(me.Entitlements), InstanceProfiles: present(me.Roles),
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, report)
			}
			return printWhoami(env, report)
		},
	}
	cli.OutputFlag(cmd, &output)
	cli.IdentityFlag(env, cmd, &r.Identity)
	cli.WorkspaceFlag(env, cmd, &r.Workspace)
	return cmd
}

// present turns nil into an empty list, which JSON shows as one.
func present(names []string) []string { return append([]string{}, names...) }

func printWhoami(env *cli.Env, r whoamiReport) error {
	who := r.UserName
	if r.DisplayName != "" && r.DisplayName != r.UserName {
		who += " (" + r.DisplayName + ")"
	}
	if !r.Active {
		who += ", not active"
	}
	for _, line := range [][2]string{
		{"Workspace", r.Host}, {"Signed in as", who}, {"ID", r.ID}, {"Groups", ui.Listed(r.Groups)},
		{"Entitlements", ui.Listed(r.Entitlements)}, {"Instance profiles", ui.Listed(r.InstanceProfiles)},
	} {
		const indent = 19
		if _, err := fmt.Fprintf(env.Streams.Out, "%-*s%s\n", indent, line[0], ui.Hang(env.Streams.Out, ui.Clean(line[1]), indent)); err != nil {
			return err
		}
	}
	return nil
}
