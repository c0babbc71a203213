// Package doctorcmd is the command that runs the checks of package doctor and prints their findings.
package doctorcmd

import (
	"cmp"
	"context"
	"os"
	"sync"

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
	var (
		output, role string
		deep         bool
		allRoles     bool
		want         wanted
		pack         bundling
	)
	cmd := &cobra.Command{
		Use:   "doctor [--bundle [FILE]]",
		Short: "Check each step from the settings to the workspace, and say how to fix it",
		Long: `Checks settings, access map, keyring, clock, identity provider, sign-in, each role you may take, the profiles and
what overrides them, what coding agents start, the Databricks workspaces, and the sinks of the record. Each fault is shown with its cause and, where one is known, the command that fixes it.

It contacts the real servers and takes at most a minute; what is found is shown as it is found. AWS and the workspace issue
credentials of one role, which are thrown away: the default role, else the first. With --all-roles it is each of them. Your
profiles, settings and sign-in are left as they are, except that an ID token about to expire is renewed. It never
prompts. Exit code 1 if there is a fault.

With --secrets it looks for static keys instead: in the files of the AWS and Databricks tools, dbt, netrc, pip, Terraform, Jupyter, VS Code
and Git, in shells' start-up files and histories, in .env and the like in the tree of this directory, in the environment; and names the
caches in which other tools keep tokens in the clear. It asks nobody, but with --live AWS and Databricks whether the keys still work.
With --fix it moves the keys of files in which their lines are certain to a directory beside your settings, after a question.

With --bundle it writes what support needs into a new file, as text that you can read, after showing what goes into it, and all of it if you
answer v: the version, how it was built and installed, the system's release and kernel, settings, where the access map is from, these
findings, how sign-ins stand, and names of profiles and variables. No token, key, passphrase or variable's value is in it, and e-mail
addresses are numbers.

With --role R --deep it also tries, with that role's credentials, what has only been proved against doubles of AWS, and tells what
AWS answered: sts:GetScopedCredentials narrows them to asking whose they are.`,
		Example: "  dbxaccess doctor\n  dbxaccess doctor --all-roles\n  dbxaccess doctor --role ml-trainer --deep\n  dbxaccess doctor -o json | jq '.findings[] | select(.status == \"fault\")'\n  dbxaccess doctor --secrets\n  dbxaccess doctor --secrets --fix\n  dbxaccess doctor --bundle",
		Args: func(cmd *cobra.Command, args []string) error {
			if pack.wanted && len(args) == 1 {
				pack.file = args[0]
				return nil
			}
			return cli.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if deep != (role != "") {
				return ui.Errorf("deep-without-role", ui.Usage, "--role and --deep go together").With(ui.Command("dbxaccess doctor --role ROLE --deep"))
			}
			if pack.yes = want.yes; pack.wanted && (want.secrets || want.live || want.fix || deep) || pack.names && !pack.wanted {
				return ui.Errorf("bundle-flags-apart", ui.Usage, "--bundle goes without --secrets and --deep, and --with-names goes with it").With(ui.Command(bundleLine))
			}
			if err := want.check(deep || allRoles); err != nil && !pack.wanted {
				return err
			}
			if want.fix {
				if err := env.OnlyPerson(cmd.Context(), doctor.MoveKeys); err != nil {
					return err
				}
			}
			var r report
			log, links := env.Log(), linksOf(env)
			links.Deep, links.AllRoles = role, allRoles
			if pack.wanted {
				return pack.run(cmd.Context(), env, links, output)
			}
			show := newPrinter(env.Streams.Out, sync.OnceValue(env.Letterhead))
			tell := func(f doctor.Finding) {
				if cmd.Context().Err() != nil { // what is found then is the interrupt
					return
				}
				log.Debug("finding", "id", f.ID, "status", f.Status, "subject", f.Subject, "cause", f.Cause)
				r.add(f)
				if output != "json" { // as it comes: a check may take long
					show.tell(f)
				}
			}
			var err error
			if want.secrets {
				err = want.examine(cmd.Context(), env, tell)
			} else {
				doctor.Examine(cmd.Context(), links, tell)
			}
			if err := cmp.Or(cmd.Context().Err(), err); err != nil {
				return err
			}
			faults := r.Faults
			if output == "json" {
				err = ui.PrintJSON(env.Streams.Out, r)
			} else {
				faults, err = show.end()
			}
			if err == nil && faults > 0 {
				err = ui.Errorf("faults-found", ui.Failed, "%s", ui.Count(faults, "fault was found", "faults were found"))
			}
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	cmd.Flags().StringVar(&role, "role", "", "with --deep: the `role` to try it with")
	cmd.Flags().BoolVar(&allRoles, "all-roles", false, "ask for credentials of each role, not of one alone")
	cmd.Flags().BoolVar(&deep, "deep", false, "with --role: try at AWS what only doubles have proved")
	cmd.Flags().BoolVar(&want.secrets, "secrets", false, "look for static keys where tools keep them")
	cmd.Flags().BoolVar(&want.live, "live", false, "with --secrets: ask AWS and Databricks whether the keys still work, which records a use of them")
	cmd.Flags().BoolVar(&want.fix, "fix", false, "with --secrets: move keys to a directory beside the settings, after a question")
	cmd.Flags().BoolVar(&want.yes, "yes", false, "with --fix or --bundle: without the question")
	cmd.Flags().BoolVar(&pack.wanted, "bundle", false, "write what support needs into a new file, FILE or one here")
	cmd.Flags().BoolVar(&pack.names, "with-names", false, "with --bundle: e-mail addresses stay in it")
	_ = cmd.RegisterFlagCompletionFunc("role", env.CompleteRoles)
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
		Getenv: env.Getenv, Environ: env.Environ, Desktop: func(ctx context.Context) func(string) string { return desktop.Environment(ctx, env.Getenv) },
		Now: env.Now, Log: env.Log(), HTTP: env.HTTP, Progress: env.Console.Progress,
		Settings: env.Settings, MapFile: env.MapFile, Map: env.Map, MapTools: env.MapTools,
		RecordDir: env.RecordDir, WorkDir: os.Getwd, Keyring: env.Keyring, Broker: env.BrokerOn,
		AWSFile: env.AWSFile, DatabricksFile: env.DatabricksFile, Helper: env.Helper,
		Plan: func(view *access.View, rows []access.Row, identities []string) ([]*profiles.Plan, []error) {
			return cli.PlanProfiles(env, view, rows, identities)
		},
	}
}
