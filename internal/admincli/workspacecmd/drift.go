package workspacecmd

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// driftReport is what -o json prints of a comparison.
type driftReport struct {
	subject

	Findings    []plan.Finding `json:"findings"`
	Compared    int            `json:"compared"` // objects
	NotLookedAt []string       `json:"not_looked_at"`
}

func newDrift(env *cli.Env) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "drift [ROLE]",
		Short: "Hold a workspace, or an account, against the access map",
		Long: `Reads what workspace plan reads, and tells of each difference as a finding: what is missing, what stands there with another
value, what somebody has beyond the map, and what could not be read. Databricks tries the credentials of Unity Catalog, too. Nothing is
changed. Exit code 1 if there is a finding.`,
		Example: "  dbxaccess workspace drift ml-admin\n  dbxaccess workspace drift ml-admin --map access-map.yaml -o sarif > workspace.sarif",
		Args:    cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.roles = args
			p, err := read(cmd.Context(), env, a)
			if err != nil {
				return err
			}
			tried, err := p.validate(cmd.Context(), env)
			if err != nil {
				return err
			}
			p.Findings = append(p.Findings, tried...)
			r := driftReport{p.subject, append([]plan.Finding{}, p.Differences()...), len(p.wanted.Objects), p.NotLookedAt}
			if err := r.print(env, a); err != nil {
				return err
			}
			if len(r.Findings) == 0 {
				return nil
			}
			count := ui.Count(len(r.Findings), "finding", "findings")
			if !slices.ContainsFunc(r.Findings, func(f plan.Finding) bool { return f.ID != "workspace-not-read" }) {
				return ui.Errorf("workspace-not-known", ui.Failed, "it is not known whether %s is in step with the access map: %s of what could not be read", p.called(), count).
					With(ui.Advice("do what each finding says under fix, and compare again"))
			}
			return ui.Errorf("workspace-drift", ui.Failed, "%s is not in step with the access map: %s", p.called(), count).
				With(ui.Command(p.rest))
		},
	}
	a.flags(env, cmd)
	cli.FormatFlag(cmd, &a.output, "print `text` for people, json with stable field names, or sarif for code scanning", "text", "json", "sarif")
	return cmd
}

func (r driftReport) print(env *cli.Env, a asked) error {
	switch a.output {
	case "json":
		return ui.PrintJSON(env.Streams.Out, r)
	case "sarif":
		_, where, err := mapplace.Load(env, a.file)
		if err != nil {
			return err
		}
		return ui.PrintJSON(env.Streams.Out, sarifOf(r, where, env.Version.Number))
	}
	return printDrift(env.Streams.Out, r)
}

// called is the workspace or account in a sentence.
func (s subject) called() string {
	if s.AccountID != "" {
		return "the account " + s.AccountID
	}
	return "the workspace " + s.Workspace
}
