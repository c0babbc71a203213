// Package posturecmd is the command that holds what stands around the datasets of an access map against what the map intends.
//
// In come datasets and whose credentials AWS is read with; out come findings, as a table, JSON or SARIF. It changes nothing at AWS,
// reads no object, and must never say that all is right where something was not read.
package posturecmd

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/admincli/awsaccess"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	accounts "github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/posture"
	"github.com/dbxaccess/dbxaccess/internal/posture/live"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `posture`.
func New(env *cli.Env) *cobra.Command {
	var (
		file, output, failOn string
		access               *awsaccess.Flags
	)
	cmd := &cobra.Command{
		Use:   "posture [DATASET…]",
		Short: "Hold what stands around datasets at AWS against the map: encryption, who is let in, what is logged",
		Long: `Reads, for each dataset of the access map, the buckets that it lies in, its key of KMS, and what lets somebody in beside the map: bucket
policies, access control lists, access points, S3 Access Grants, the policy of the key, places of Lake Formation. Besides: blocked
public access, TLS, versioning, the key's state and rotation, and whether CloudTrail logs reads and writes of the place.

How severe a finding is depends on the dataset's sensitivity. High and medium are faults; a remark is told, and is none. What could not be read
is a fault too, with the permission that it takes.

AWS is read with what it gives this machine, or with roles of the access map (--as), profiles of the AWS CLI (--profile), and roles to take
with these in other accounts (--role). Nothing is changed, and no object is read. Exit code 1 if there is a fault, or with
--fail-on something that severe; what could not be read always counts.`,
		Example: "  dbxaccess posture --profile audit\n" +
			"  dbxaccess posture churn --as platform-admin --role 'arn:aws:iam::{account}:role/auditor'\n" +
			"  dbxaccess posture --fail-on high -o sarif > posture.sarif",
		ValidArgsFunction: env.CompleteFurtherDatasets,
		RunE: func(cmd *cobra.Command, datasets []string) error {
			m, where, err := mapplace.Load(env, file)
			if err != nil {
				return err
			}
			o, err := access.Options(env)
			if err != nil {
				return err
			}
			r, err := looked(cmd.Context(), env, m, file, datasets, o)
			if err != nil {
				return err
			}
			r.where = where
			return r.print(env, output, posture.Severity(failOn))
		},
	}
	cmd.Flags().StringVar(&file, "map", "", "look at the datasets of this `file` instead of those of the map in use")
	words := []string{string(posture.Medium), string(posture.Remark), string(posture.High)} // the first is the default
	cli.WordFlag(cmd, &failOn, "fail-on", "", "exit with 1 for findings that are `remark`, medium or high, and those above", words...)
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	access = awsaccess.Add(env, cmd)
	cli.FormatFlag(cmd, &output, "print a `table` for people, json with stable field names, or sarif for code scanning", "table", "json", "sarif")
	return cmd
}

// report is the answer, as -o json shows it.
type report struct {
	Findings    []posture.Finding `json:"findings"`
	Datasets    []string          `json:"datasets"` // that were looked at, with findings or without
	Buckets     []string          `json:"buckets"`
	Keys        []string          `json:"keys"`
	Accounts    []string          `json:"accounts"` // that were read
	NotLookedAt []string          `json:"not_looked_at"`
	Notes       []string          `json:"notes"` // of whose credentials were used

	where mapplace.Place // of the map
}

// looked reads AWS and compares. file is that of the map where it is not the one in use. Nothing to look at is an error: it would read like no fault.
func looked(ctx context.Context, env *cli.Env, m *accessmap.Map, file string, datasets []string, o accounts.Options) (*report, error) {
	if len(m.Datasets) == 0 {
		return nil, ui.Errorf("posture-nothing", ui.Failed, "the access map has no datasets to look at").With(ui.Command("dbxaccess map show"))
	}
	for _, name := range datasets {
		if m.Datasets[name] == nil {
			return nil, ui.Errorf("posture-dataset-unknown", ui.Failed, "the access map has no dataset %q", ui.Clean(name)).
				With(ui.Advice("its datasets are " + ui.And(slices.Sorted(maps.Keys(m.Datasets)))))
		}
	}
	if datasets = slices.Compact(slices.Sorted(slices.Values(datasets))); len(datasets) == 0 {
		datasets = slices.Sorted(maps.Keys(m.Datasets))
	}
	o.Policy, o.SessionName, o.Own = live.ReadOnly(), "dbxaccess-posture", true
	open, err := accounts.Open(ctx, live.Accounts(m, datasets), o)
	if err != nil {
		return nil, err
	}
	seen, err := live.Read(ctx, m, datasets, open, live.Options{
		HTTP: o.HTTP, Getenv: env.Getenv, TrustedHosts: o.TrustedHosts, Hosts: o.Hosts, Progress: o.Progress,
	})
	if err != nil {
		return nil, err
	}
	r := &report{
		Findings: posture.Compare(m, file, datasets, seen, env.Now()), Datasets: datasets, Buckets: []string{}, Keys: []string{}, Accounts: append([]string{}, seen.Accounts...),
		NotLookedAt: posture.NotLookedAt(), Notes: append([]string{}, open.NotTaken()...),
	}
	for _, b := range seen.Buckets {
		r.Buckets = append(r.Buckets, b.Name)
	}
	for _, k := range seen.Keys {
		r.Keys = append(r.Keys, k.ARN)
	}
	return r, nil
}

// print prints the answer; findings of a severity, or above it, end with exit code 1.
func (r *report) print(env *cli.Env, output string, failOn posture.Severity) error {
	var err error
	switch output {
	case "json":
		err = ui.PrintJSON(env.Streams.Out, r)
	case "sarif":
		err = ui.PrintJSON(env.Streams.Out, sarifOf(r, env.Version.Number))
	default:
		err = printTable(env.Streams.Out, r)
	}
	faults := slices.DeleteFunc(slices.Clone(r.Findings), func(f posture.Finding) bool { return !f.AtLeast(failOn) })
	if err != nil || len(faults) == 0 {
		return err
	}
	count := ui.Count(len(faults), "finding", "findings")
	if !slices.ContainsFunc(faults, posture.Finding.Known) {
		return ui.Errorf("posture-not-known", ui.Failed, "it is not known whether what stands around the datasets is as the access map intends it: %s of what can't be seen", count).
			With(ui.Advice("do what each finding says under fix, and look again"))
	}
	return ui.Errorf("posture-found", ui.Failed, "what stands around the datasets is not as the access map intends it: %s", count).
		With(ui.Advice("do what each finding says under fix, and look again"))
}
