package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newProfiles(a *app) *cobra.Command {
	return group("profiles", "Show, write and remove the AWS profiles",
		`The entries that dbxaccess writes into ~/.aws/config hold no secret: they tell the AWS CLI and SDKs to ask
dbxaccess. Other people's lines are never touched.`,
		newProfilesShow(a), newProfilesDiff(a), newProfilesSync(a), newProfilesRemove(a))
}

type profileRow struct {
	Profile  string `json:"profile"`
	Role     string `json:"role"`
	Identity string `json:"identity"`
	Region   string `json:"region,omitempty"`
	Helper   string `json:"helper"`
}

func newProfilesShow(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "show", Short: "List the entries that are ours", Args: noArgs,
		Example: "  dbxaccess profiles show\n  dbxaccess profiles show -o json",
		RunE: func(*cobra.Command, []string) error {
			files, err := a.awsFiles()
			if err != nil {
				return err
			}
			entries, err := profiles.ListAWS(files)
			if err != nil {
				return err
			}
			rows, cells := []profileRow{}, [][]string{}
			for _, e := range entries {
				rows = append(rows, profileRow{e.Profile, e.Role, e.Identity, e.Region, e.Helper})
				cells = append(cells, []string{e.Profile, e.Role, e.Identity, e.Region, e.Helper})
			}
			if output == "json" {
				return printJSON(a.streams.Out, rows)
			}
			if len(rows) == 0 {
				a.say("%s holds no entry of dbxaccess. dbxaccess login writes them.", files.Config)
				return nil
			}
			return table(a.streams.Out, []string{"PROFILE", "ROLE", "IDENTITY", "REGION", "HELPER"}, cells)
		},
	}
	outputFlag(cmd, &output)
	return cmd
}

func newProfilesDiff(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "diff", Short: "Show what sync would change", Args: noArgs,
		Example: "  dbxaccess profiles diff",
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := a.wantedPlan(cmd.Context())
			if err != nil {
				return err
			}
			if plan.Diff() == "" {
				a.say("The profiles are as they should be.")
			}
			_, err = fmt.Fprint(a.streams.Out, plan.Diff())
			return err
		},
	}
}

func newProfilesSync(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "sync", Short: "Write the entries for the roles you may take, remove those you may not", Args: noArgs,
		Example: "  dbxaccess profiles sync",
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := a.wantedPlan(cmd.Context())
			if err != nil {
				return err
			}
			return a.applyPlan(plan)
		},
	}
}

func newProfilesRemove(a *app) *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use: "remove", Short: "Remove the entries that dbxaccess wrote", Args: noArgs,
		Example: "  dbxaccess profiles remove",
		RunE: func(*cobra.Command, []string) error {
			var only []string
			if identity != "" {
				only = []string{identity}
			}
			return a.removeProfiles(only)
		},
	}
	a.identityFlag(cmd, &identity)
	return cmd
}

func (a *app) awsFiles() (profiles.AWSFiles, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return profiles.AWSFilesFrom(a.getenv, home)
}

// wantedPlan plans the entries for every identity that is signed in.
func (a *app) wantedPlan(ctx context.Context) (*profiles.Plan, error) {
	b, err := a.broker(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := roleRows(ctx, a, b, "")
	if err != nil {
		return nil, err
	}
	return a.planProfiles(rows)
}

// planProfiles plans the entries for all roles that some identities give: entries of ours for other roles of these
// identities go.
func (a *app) planProfiles(rows []roleRow) (*profiles.Plan, error) {
	files, err := a.awsFiles()
	if err != nil {
		return nil, err
	}
	helper, err := profiles.FindHelper(a.arg0, exec.LookPath, os.Getwd)
	if err != nil {
		return nil, err
	}
	var (
		want       []profiles.AWSProfile
		identities []string
	)
	for _, r := range rows {
		identities = append(identities, r.Identity)
		want = append(want, profiles.AWSProfile{Name: r.Profile, Role: r.Role, Identity: r.Identity, Region: r.Region})
	}
	return profiles.PlanAWS(files, helper, want, profiles.Prune(slices.Compact(identities)...))
}

// applyPlan shows the diff, then writes.
func (a *app) applyPlan(plan *profiles.Plan) error {
	for _, warning := range plan.Warnings {
		a.warn(warning)
	}
	for _, change := range plan.Changes {
		if change.Note != "" {
			a.say("%s: %s", change.Profile, ui.Clean(change.Note))
		}
	}
	diff := plan.Diff()
	if diff == "" {
		return nil
	}
	fmt.Fprint(a.streams.Err, diff)
	return plan.Apply()
}

func (a *app) removeProfiles(identities []string) error {
	files, err := a.awsFiles()
	if err != nil {
		return err
	}
	plan, err := profiles.RemoveAWS(files, identities)
	if err != nil {
		return err
	}
	return a.applyPlan(plan)
}

// hostOf shows an issuer by its host, which is what a person can judge.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ui.Clean(address)
	}
	return ui.Clean(u.Host)
}
