// Package driftcmd is the command that holds IAM against the access map.
//
// In come roles and whose credentials AWS is read with; out come findings, as a table, JSON or SARIF. It changes nothing at AWS,
// and must never say that there is no drift where something was not read.
package driftcmd

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/admincli/awsaccess"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `drift`.
func New(env *cli.Env) *cobra.Command {
	var (
		file, output string
		failOn       string
		subjects     []string
		simulate     bool
		access       *awsaccess.Flags
	)
	cmd := &cobra.Command{
		Use:   "drift [ROLE…]",
		Short: "Hold IAM against the access map: who can do more or less than it says",
		Long: `Reads the identity providers and roles that the access map stands on, in every account that it names: trust policies,
attached and inline policies, permissions boundaries, session durations, audiences, context providers and instance profiles. Each way in
which they differ from what has to stand there is a finding, with what brings it back in step. Policies are compared by what they mean,
not by how they are written. Of the roles by which Databricks starts compute, who takes
them and what they pass on is compared. S3 Access Grants on the datasets of the roles are compared too.

With --simulate, AWS's policy simulator is asked for each role, dataset and verb; where it says otherwise than this program is a finding.

AWS is read with what it gives this machine, or with roles of the access map (--as), profiles of the AWS CLI (--profile), and roles to take
with these in other accounts (--role). Nothing is changed. Exit code 1 if there is a finding, or with
--fail-on one that severe; what could not be read or compared always counts.`,
		Example: "  dbxaccess drift --profile audit\n" +
			"  dbxaccess drift ml-trainer --as platform-admin --role 'arn:aws:iam::{account}:role/auditor'\n" +
			"  dbxaccess drift ml-trainer --simulate\n" +
			"  dbxaccess drift ml-trainer --subject 00u1alice --fail-on high\n" +
			"  dbxaccess drift -o sarif > drift.sarif",
		ValidArgsFunction: completeRoles(env),
		RunE: func(cmd *cobra.Command, roles []string) error {
			m, where, err := mapplace.Load(env, file)
			if err != nil {
				return err
			}
			o, err := access.Options(env)
			if err != nil {
				return err
			}
			r, err := compared(cmd.Context(), env, m, asked{roles, desired.Options{Now: env.Now(), Subjects: subjects}, file, simulate}, o)
			if err != nil {
				return err
			}
			r.where = where
			return r.print(env, output, drift.Severity(failOn))
		},
	}
	cmd.Flags().StringVar(&file, "map", "", "compare with this `file` instead of the map in use")
	cli.SubjectFlag(cmd, &subjects)
	cmd.Flags().BoolVar(&simulate, "simulate", false, "ask AWS's policy simulator too")
	cli.WordFlag(cmd, &failOn, "fail-on", "", "exit with 1 for findings that are `low`, medium or high, and those above", string(drift.Low), string(drift.Medium), string(drift.High))
	_ = cmd.RegisterFlagCompletionFunc("fail-on",
		cobra.FixedCompletions([]string{string(drift.Low), string(drift.Medium), string(drift.High)}, cobra.ShellCompDirectiveNoFileComp))
	access = awsaccess.Add(env, cmd)
	cli.FormatFlag(cmd, &output, "print a `table` for people, json with stable field names, or sarif for code scanning", "table", "json", "sarif")
	return cmd
}

// completeRoles offers each role once.
func completeRoles(env *cli.Env) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		names, directive := env.CompleteRoles(cmd, nil, typed)
		return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(args, cli.Offered(name)) }), directive
	}
}

// report is the answer, as -o json shows it.
type report struct {
	Findings    []drift.Finding `json:"findings"`
	Accounts    []string        `json:"accounts"` // that were read
	Roles       []string        `json:"roles"`    // ARNs that were compared, with findings or without
	Providers   []string        `json:"providers"`
	NotLookedAt []string        `json:"not_looked_at"`
	Notes       []string        `json:"notes"`                 // what is no drift, and may be wished for
	Simulations int             `json:"simulations,omitempty"` // how often the simulator was asked

	where mapplace.Place // of the map
}

// asked is what is to be compared.
type asked struct {
	roles    []string // empty for all
	with     desired.Options
	file     string // of the map, "" for the one in use
	simulate bool
}

// compared reads IAM and compares it. Nothing to compare is an error: it would read like no drift.
func compared(ctx context.Context, env *cli.Env, m *accessmap.Map, a asked, o live.Options) (*report, error) {
	if len(a.roles) == 0 {
		a.roles = nil
	}
	state, err := desired.Of(m, a.roles, a.with)
	if err != nil {
		return nil, err
	}
	numbers := live.Of(state)
	if len(numbers) == 0 {
		return nil, ui.Errorf("drift-nothing", ui.Failed, "the access map has nothing in IAM of AWS to compare: no role with a role_arn in an account").
			With(ui.Command("dbxaccess map show"))
	}
	accounts, err := live.Open(ctx, numbers, o)
	if err != nil {
		return nil, err
	}
	actual, err := accounts.Read(ctx, state)
	if err != nil {
		return nil, err
	}
	r := &report{
		Findings: append([]drift.Finding{}, drift.Compare(state, actual, drift.By{Map: a.file, Subjects: a.with.Subjects})...), Accounts: append([]string{}, actual.Accounts...),
		Roles: []string{}, Providers: []string{}, NotLookedAt: append([]string{}, drift.NotLookedAt(state)...),
		Notes: append([]string{}, drift.Notes(state, actual)...),
	}
	for _, role := range actual.Roles {
		r.Roles = append(r.Roles, role.ARN)
	}
	for _, provider := range actual.Providers {
		r.Providers = append(r.Providers, provider.ARN)
	}
	if unused := accounts.Unused(); len(unused) > 0 {
		r.Notes = append(r.Notes, "nothing was read with the credentials of "+ui.And(unused))
	}
	r.Notes = append(r.Notes, accounts.NotTaken()...)
	names := namesIn(state)
	if err := r.grants(ctx, m, names, accounts); err != nil {
		return nil, err
	}
	if a.simulate {
		if err := r.simulate(ctx, env, m, names, accounts, actual); err != nil {
			return nil, err
		}
	}
	drift.Sort(r.Findings)
	return r, nil
}

// print prints the answer; findings of a severity, or above it, end with exit code 1.
func (r *report) print(env *cli.Env, output string, failOn drift.Severity) error {
	var err error
	switch output {
	case "json":
		err = ui.PrintJSON(env.Streams.Out, r)
	case "sarif":
		err = ui.PrintJSON(env.Streams.Out, sarifOf(r, env.Version.Number))
	default:
		err = printTable(env.Streams.Out, r)
	}
	if err != nil || !slices.ContainsFunc(r.Findings, func(f drift.Finding) bool { return f.AtLeast(failOn) }) {
		return err
	}
	count := ui.Count(len(r.Findings), "finding", "findings")
	if !slices.ContainsFunc(r.Findings, drift.Finding.Known) {
		return ui.Errorf("drift-not-known", ui.Failed, "it is not known whether IAM is in step with the access map: %s of what was not compared", count).
			With(ui.Advice("do what each finding says under fix, and compare again"))
	}
	return ui.Errorf("drift-found", ui.Failed, "IAM is not in step with the access map: %s", count).
		With(ui.Advice("do what each finding says under fix, and compare again"))
}
