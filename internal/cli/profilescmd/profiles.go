// Package profilescmd holds the commands about the entries that dbxaccess writes for the AWS and Databricks tools.
//
// In come the roles of the signed-in person; out come lists, diffs, and edits of the two config files, which are counted, or
// shown line by line where that is asked for. They must never touch a line that dbxaccess did not write, nor write a secret.
package profilescmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `profiles`.
func New(env *cli.Env) *cobra.Command {
	show := newShow(env)
	group := cli.Group("profiles", "Show, write and remove the AWS and Databricks profiles",
		`The entries that dbxaccess writes into ~/.aws/config and ~/.databrickscfg hold no secret: they tell the AWS CLI and
SDKs, and the Databricks SDKs, to ask dbxaccess. Other people's lines are never touched. Alone it is profiles show.`,
		show, newDiff(env), cli.ForPeople(env, newSync(env)), cli.ForPeople(env, newRemove(env)))
	unknown := group.RunE
	group.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknown(cmd, args)
		}
		return show.RunE(cmd, args)
	}
	group.Flags().AddFlagSet(show.Flags())
	return group
}

type profileRow struct {
	Profile  string `json:"profile"`
	For      string `json:"for"` // aws or databricks
	Role     string `json:"role,omitempty"`
	Identity string `json:"identity,omitempty"`
	Region   string `json:"region,omitempty"`
	Host     string `json:"host,omitempty"`
	Helper   string `json:"helper"`
}

func newShow(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "show", Short: "List the entries that are ours", Args: cli.NoArgs,
		Example: "  dbxaccess profiles show\n  dbxaccess profiles show -o json",
		RunE: func(*cobra.Command, []string) error {
			rows, err := profileRows(env)
			if err != nil {
				return err
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, rows)
			}
			if len(rows) == 0 {
				cli.SayUnchanged(env, "No dbxaccess profiles in the AWS and Databricks config files. dbxaccess login writes them.")
				return nil
			}
			return printProfiles(env, rows)
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

// profileRows lists the entries in both files.
func profileRows(env *cli.Env) ([]profileRow, error) {
	var entries []profiles.Entry
	for _, file := range []func() (profiles.Target, error){env.AWSFile, env.DatabricksFile} {
		target, err := file()
		if err != nil {
			return nil, err
		}
		listed, err := target.List()
		if err != nil {
			return nil, err
		}
		entries = append(entries, listed...)
	}
	rows := []profileRow{}
	roleOf := cli.RolesOfProfiles(env)
	for _, e := range profiles.WithTwins(entries) {
		if e.Role == "" {
			e.Identity, e.Role = roleOf(e.Name)
		}
		rows = append(rows, profileRow{
			Profile: e.Name, For: e.For, Role: e.Role, Identity: e.Identity, Region: e.Region, Host: e.Host, Helper: e.Helper,
		})
	}
	return rows, nil
}

// planned is what `profiles diff`, `sync` and `remove` print as JSON.
type planned struct {
	Changes []cli.ProfileChange `json:"profiles"`
	Diff    string              `json:"diff,omitempty"` // of both files, unified; of `diff` alone
}

func newDiff(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "diff", Short: "Show what sync would change", Args: cli.NoArgs,
		Example: "  dbxaccess profiles diff\n  dbxaccess profiles diff -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			plans, err := wantedPlans(cmd.Context(), env)
			all := planned{Changes: cli.ChangesOf(plans)}
			for _, plan := range plans {
				cli.NotePlan(env, plan)
				all.Diff += plan.Diff()
			}
			if output == "json" {
				return errors.Join(err, ui.PrintJSON(env.Streams.Out, all))
			}
			if err == nil && all.Diff == "" && !cli.Noted(plans) {
				cli.SayUnchanged(env, "The profiles are up to date.")
			}
			return errors.Join(err, ui.PrintDiff(env.Streams.Out, all.Diff))
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

func newSync(env *cli.Env) *cobra.Command {
	var (
		verbose bool
		output  string
	)
	cmd := &cobra.Command{
		Use: "sync", Short: "Write the entries for the roles you may take, remove those you may not", Args: cli.NoArgs,
		Example: "  dbxaccess profiles sync\n  dbxaccess profiles sync --verbose",
		RunE: func(cmd *cobra.Command, _ []string) error {
			plans, err := wantedPlans(cmd.Context(), env)
			changes, applyErr := cli.ApplyPlans(env, plans, verbose)
			err = errors.Join(err, applyErr)
			switch {
			case cli.Changed(changes):
				env.Console.Info("%s.", cli.ChangeWords(changes))
			case err == nil && !cli.Noted(plans):
				cli.SayUnchanged(env, "The profiles are up to date.")
			}
			return errors.Join(err, printPlanned(env, output, changes))
		},
	}
	cli.VerboseFlag(cmd, &verbose)
	cli.OutputFlag(cmd, &output)
	return cmd
}

func newRemove(env *cli.Env) *cobra.Command {
	var (
		identity, output string
		verbose          bool
	)
	cmd := &cobra.Command{
		Use: "remove", Short: "Remove the entries that dbxaccess wrote", Args: cli.NoArgs,
		Example: "  dbxaccess profiles remove",
		RunE: func(*cobra.Command, []string) error {
			changes, err := cli.RemoveProfiles(env, identity, verbose)
			cli.SayNoneRemoved(env, changes, err)
			return errors.Join(err, printPlanned(env, output, changes))
		},
	}
	cli.IdentityFlag(env, cmd, &identity)
	cli.VerboseFlag(cmd, &verbose)
	cli.OutputFlag(cmd, &output)
	return cmd
}

// printPlanned prints what was done where a program reads it; a person has been told.
func printPlanned(env *cli.Env, output string, changes []cli.ProfileChange) error {
	if output != "json" {
		return nil
	}
	if changes == nil {
		changes = []cli.ProfileChange{}
	}
	return ui.PrintJSON(env.Streams.Out, planned{Changes: changes})
}

// wantedPlans plans the entries for every identity that is signed in.
func wantedPlans(ctx context.Context, env *cli.Env) ([]*profiles.Plan, error) {
	view, err := env.View(ctx)
	if err != nil {
		return nil, err
	}
	signIns, rows, err := cli.Available(ctx, env, view, "")
	if err != nil {
		return nil, err
	}
	var identities []string
	for _, s := range signIns { // also those that lost their last role: their entries are removed
		identities = append(identities, s.Identity.Name)
	}
	cli.WarnOfEnvironment(env, rows)
	plans, refusals := cli.PlanProfiles(env, view, rows, identities)
	err = errors.Join(refusals...)
	if len(rows) == 0 {
		err = errors.Join(signIns[0].NoRoles(), err)
	}
	return plans, err
}
