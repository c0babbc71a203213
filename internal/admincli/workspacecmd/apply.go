package workspacecmd

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/live"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// applyReport is what -o json prints of what was done.
type applyReport struct {
	subject

	Results     []result       `json:"results"`
	Findings    []plan.Finding `json:"findings"` // of what no change mends
	NotLookedAt []string       `json:"not_looked_at"`
}

// result is what became of a change, with the error that a program can read.
type result struct {
	live.Result

	ErrorID ui.ID  `json:"error_id,omitempty"`
	Error   string `json:"error,omitempty"`
}

func newApply(env *cli.Env) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "apply [ROLE]",
		Short: "Change a workspace, or an account, as workspace plan shows",
		Long: `Makes the plan, shows it, asks, and then does what it says, one object after the other. Each is read again before it is
written; it stops at the first refusal, and says what was done and what was not. The next plan shows the rest.`,
		Example: "  dbxaccess workspace apply ml-admin\n  dbxaccess workspace apply ml-admin --yes -o json",
		Args:    cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.roles = args
			return apply(cmd.Context(), env, a)
		},
	}
	a.flags(env, cmd)
	cli.OutputFlag(cmd, &a.output)
	pruneFlag(cmd, &a.prune)
	cmd.Flags().BoolVar(&a.yes, "yes", false, "do it without being asked")
	return cmd
}

func apply(ctx context.Context, env *cli.Env, a asked) error {
	p, err := read(ctx, env, a)
	if err != nil {
		return err
	}
	table := a.output != "json"
	if table {
		if err := printPlan(env.Streams.Out, p); err != nil {
			return err
		}
	}
	if len(p.Changes) > 0 {
		if err := confirm(ctx, env, a, p); err != nil {
			return err
		}
	}
	begin := func(c plan.Change) func() { return env.Console.Progress("changing " + plan.Clean(c.Title())) }
	var printing error
	results := p.live.Apply(ctx, p.Changes, a.prune, begin, func(r live.Result) {
		if table {
			printing = errors.Join(printing, printResult(env.Streams.Out, r))
		}
	})
	tried, err := p.validateWhere(ctx, env, results)
	p.Findings = append(p.Findings, tried...)
	stopped := stop(ctx, p, results)
	if table {
		return errors.Join(printing, printApplied(env.Streams.Out, results, tried), stopped, err)
	}
	report := applyReport{p.subject, []result{}, p.Findings, p.NotLookedAt}
	for _, r := range results {
		one := result{Result: r}
		if said, ours := errors.AsType[*ui.Error](r.Err); ours {
			one.ErrorID, one.Error = said.ID, said.Error()
		} else if r.Err != nil {
			one.Error = ui.Clean(r.Err.Error())
		}
		report.Results = append(report.Results, one)
	}
	return errors.Join(ui.PrintJSON(env.Streams.Out, report), stopped, err)
}

// confirm asks before anything is changed.
func confirm(ctx context.Context, env *cli.Env, a asked, p *planned) error {
	if a.yes {
		return nil
	}
	command := strings.Join(append([]string{"dbxaccess workspace apply"}, a.again(p.Role)...), " ") + a.pruning()
	if a.output == "json" {
		command += " --output json"
	}
	if !env.Streams.Interactive {
		return ui.Errorf("workspace-unconfirmed", ui.Refused, "%s is changed after a question, and there is no terminal to ask at", p.called()).With(ui.Command(command + " --yes"))
	}
	if a.output == "json" { // nobody is asked about what they were not shown
		if err := printPlan(env.Streams.Err, p); err != nil {
			return err
		}
	}
	agreed, err := env.Streams.Confirm(ctx, "Do this in "+p.called()+"?")
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("workspace-apply-refused", ui.Refused, "nothing was changed").With(ui.Command(command))
	}
	return nil
}

// stop is the error of what was not done.
func stop(ctx context.Context, p *planned, results []live.Result) error {
	done, left := 0, 0
	var failed error
	state := live.Done
	for _, r := range results {
		switch r.State {
		case live.Done, live.Already:
			done++
		case live.Left:
			left++
		case live.Failed, live.Unknown:
			failed, state = r.Err, r.State
		}
	}
	if failed == nil && left == 0 {
		return nil
	}
	told := ui.Errorf("workspace-apply-stopped", ui.Failed, "%s was changed in part: %s, %s not", p.called(), ui.Count(done, "change is made", "changes are made"), ui.Count(len(results)-done, "is", "are")).
		With(ui.Command(p.rest))
	if state == live.Unknown {
		told = ui.Errorf("workspace-apply-unknown", ui.Failed, "%s was changed in part: %s, %s not begun, and of one it is not known, as the answer was lost", p.called(),
			ui.Count(done, "change is made", "changes are made"), ui.Count(left, "is", "are")).With(ui.Command(p.rest))
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return errors.Join(failed, told)
}

// validate has Databricks try the credentials that stand already.
func (p *planned) validate(ctx context.Context, env *cli.Env) ([]plan.Finding, error) {
	return p.validateWhere(ctx, env, nil)
}

// validateWhere leaves out the credentials that were just made, as no role can trust them yet, and those that are not there.
func (p *planned) validateWhere(ctx context.Context, env *cli.Env, results []live.Result) ([]plan.Finding, error) {
	var stands []plan.Object
	for _, o := range p.wanted.Objects {
		missing := false
		for _, c := range p.Changes {
			missing = missing || c.Action == plan.Create && c.Want.Is(&o)
		}
		for _, f := range p.Findings {
			missing = missing || f.Kind == plan.Credential && f.Name == plan.Clean(o.Name)
		}
		if o.Kind == plan.Credential && !missing {
			stands = append(stands, o)
		}
	}
	for _, r := range results {
		if len(stands) == 0 || r.State != live.Done && r.State != live.Already {
			return nil, nil
		}
	}
	if len(stands) == 0 {
		return nil, nil
	}
	defer env.Console.Progress("having Databricks try the credentials of Unity Catalog")()
	return p.live.Validate(ctx, stands)
}
