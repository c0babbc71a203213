// Package doctorcmd is the command that runs the checks of package doctor and prints their findings.
package doctorcmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type report struct {
	Findings []doctor.Finding `json:"findings"`
	Faults   int              `json:"faults"`
	Warnings int              `json:"warnings"`
}

// New is `doctor`.
func New(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check each step from the settings to the workspace, and say how to fix it",
		Long: `Checks settings, access map, keyring, clock, identity provider, sign-in, each role you may take, the profiles and
what overrides them, and the Databricks workspaces. Each fault is shown with its cause and, where one is known, the command that fixes it.

It contacts the real servers and takes at most a minute. For each role AWS issues credentials, which are thrown away;
your profiles, settings and sign-in are left as they are, except that an ID token about to expire is renewed. It never
prompts. Exit code 1 if there is a fault.`,
		Example: "  dbxaccess doctor\n  dbxaccess doctor -o json | jq '.findings[] | select(.status == \"fault\")'",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var r report
			log := env.Log()
			doctor.Examine(cmd.Context(), linksOf(env), func(f doctor.Finding) {
				log.Debug("finding", "id", f.ID, "status", f.Status, "subject", f.Subject, "cause", f.Cause)
				r.add(f)
			})
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			var err error
			if output == "json" {
				err = ui.PrintJSON(env.Streams.Out, r)
			} else {
				err = printReport(env.Streams.Out, r)
			}
			if err == nil && r.Faults > 0 {
				err = ui.Errorf("faults-found", ui.Failed, "%s", ui.Count(r.Faults, "fault was found", "faults were found"))
			}
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

func (r *report) add(f doctor.Finding) {
	r.Findings = append(r.Findings, f)
	switch f.Status {
	case doctor.Fault:
		r.Faults++
	case doctor.Warning:
		r.Warnings++
	}
}

// linksOf is what the checks may look at.
func linksOf(env *cli.Env) doctor.Links {
	return doctor.Links{
		Getenv: env.Getenv, Desktop: func(ctx context.Context) func(string) string { return desktop.Environment(ctx, env.Getenv) },
		Now: env.Now, Log: env.Log(), HTTP: env.HTTP, Progress: env.Console.Progress,
		Settings: env.Settings, MapFile: env.MapFile, Map: env.Map,
		Keyring: env.Keyring, Broker: env.BrokerOn,
		AWSFile: env.AWSFile, DatabricksFile: env.DatabricksFile, Helper: env.Helper,
		Plan: func(view *access.View, rows []access.Row, identities []string) ([]*profiles.Plan, []error) {
			return cli.PlanProfiles(env, view, rows, identities)
		},
	}
}
