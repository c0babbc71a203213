// Package verifycmd is the command that holds what runs in a workspace against the access map.
//
// In come a role whose workspace is meant, and as which it is read; out come findings, as a table, JSON, SARIF or a report for people.
// It changes nothing in the workspace, keeps no secret on this machine, and must never say that a workspace is in order of which a part
// was not read.
package verifycmd

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// Bounds of what a workspace is asked.
const (
	maxAnswer = 48 << 20 // bytes: a page of 100 jobs, each as large as Databricks lets it be; an exported notebook is 14 MB
	patience  = 2 * time.Minute
)

type flags struct {
	request               broker.Request
	only                  []string
	since, output, failOn string
	resume                bool
}

// New is `workspace verify`.
func New(env *cli.Env) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "verify [ROLE]",
		Short: "Hold what runs in a workspace against the access map, and find static keys in it",
		Long: `Reads the role's workspace: clusters, pools, policies, jobs with every task, pipelines, SQL warehouses, serving endpoints, apps, init
scripts, notebooks with what they printed, files, queries, mounts, the names of secrets, and tokens. Found are keys that don't expire, instance
profiles that the map does not name or whose data is open to whom the map does not give it, tags that are missing, tokens that never end, and
groups that the map and the workspace do not have alike. The values of secrets are never fetched, and nothing is changed.

The workspace shows what the role's person may see: an administrator sees all. What was not shown is a finding. Requests are paced; with
--resume, a run that was interrupted goes on where it was. --since leaves out notebooks, files and queries that did not change since then; with
last, since the last run that ended, whose findings in them are told again. Exit code 1 if there is a finding, or with --fail-on one that severe;
what was not looked at always counts.`,
		Example: "  dbxaccess workspace verify platform-admin\n" +
			"  dbxaccess workspace verify platform-admin --since last --resume -o sarif > verify.sarif\n" +
			"  dbxaccess workspace verify platform-admin --only jobs,clusters --fail-on high\n" +
			"  dbxaccess workspace verify platform-admin -o html > report.html",
		Args: cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), env, f, args) },
	}
	cli.IdentityFlag(env, cmd, &f.request.Identity)
	cli.WorkspaceFlag(env, cmd, &f.request.Workspace)
	cmd.Flags().StringSliceVar(&f.only, "only", nil, "look at these `parts` alone: "+strings.Join(partNames(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("only", cobra.FixedCompletions(partNames(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&f.since, "since", "", "leave out notebooks, files and queries that did not change since a `time`: last, 24h, 7d, or a date in UTC as 2026-03-01")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with a run that did not end, if there is one")
	severities := []string{string(verify.Low), string(verify.Medium), string(verify.High)}
	cli.WordFlag(cmd, &f.failOn, "fail-on", "", "exit with 1 for findings that are `low`, medium or high, and those above", severities...)
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(severities, cobra.ShellCompDirectiveNoFileComp))
	cli.FormatFlag(cmd, &f.output, "print a `table` for people, json with stable field names, sarif for code scanning, or a report as html", "table", "json", "sarif", "html")
	return cmd
}

func partNames() (names []string) {
	for _, part := range verify.Parts() {
		names = append(names, string(part))
	}
	return names
}

func run(ctx context.Context, env *cli.Env, f flags, args []string) error {
	only, err := partsOf(f.only)
	if err != nil {
		return err
	}
	since, last, err := sinceOf(f.since, env.Now())
	if err != nil {
		return err
	}
	b, request, err := cli.PickRole(ctx, env, f.request, args)
	if err != nil {
		return err
	}
	token, err := b.WorkspaceToken(ctx, request)
	if err != nil {
		return err
	}
	m, _, err := env.Map()
	if err != nil {
		return err
	}
	place, err := placeOf(m, request)
	if err != nil {
		return err
	}
	settings, err := env.Settings()
	if err != nil {
		return err
	}
	ask := func(ctx context.Context) (*databricks.Token, error) { return b.WorkspaceToken(ctx, request) }
	client, err := workspace.New(env.HTTP(maxAnswer), token, workspace.Options{Renew: renewal(ask, token, env.Now), Patience: patience})
	if err != nil {
		return err
	}
	kept := shelfOf(settings.Dir, token.Host, token.WorkspaceID)
	state := begin(env, kept, verify.NewState(env.Version.Number, token.Host, token.WorkspaceID, m.Digest(), only, since, env.Now()), last, f.resume)
	watch := &watch{}
	done := env.Streams.Live(time.Second, watch.text)
	err = verify.Run(ctx, client, state, verify.Options{Map: m, Workplace: place, Now: env.Now, Save: kept.save, Progress: watch.set})
	done()
	r := reportOf(state, request.Role)
	if printed := r.print(env, f.output); printed != nil {
		return printed
	}
	if err != nil {
		return stopped(env, err, f.again(request.Role))
	}
	return r.verdict(verify.Severity(f.failOn))
}

// placeOf is the workspace that a request means, as the map has it.
func placeOf(m *accessmap.Map, r broker.Request) (*accessmap.Workspace, error) {
	role, err := m.Effective(r.Role)
	if err != nil {
		return nil, err
	}
	place, ok := role.In(r.Workspace)
	if !ok {
		return nil, broker.NotAWorkspaceOf(r.Role, r.Workspace, role.Workspaces())
	}
	return place.Workspace, nil
}

// clocksDiffer is how far the workspace's clock, which says when a notebook was changed, may be behind ours, which says when a run began.
const clocksDiffer = 10 * time.Minute

// begin is the state that a run goes on from: one that did not end, if that is asked for and there is one of the same kind, else a new
// one, which knows what the last one found.
func begin(env *cli.Env, kept shelf, fresh *verify.State, last, resume bool) *verify.State {
	ended := load(kept.ended)
	if last && ended != nil {
		fresh.Since = ended.Began.Add(-clocksDiffer)
	}
	followed := ended != nil && fresh.Follows(ended)
	if last && !followed {
		fresh.Since = time.Time{}
		env.Console.Info("There is no run that looked at all of it before: everything is looked at.")
	}
	unfinished := load(kept.unfinished)
	switch {
	case unfinished == nil:
	case !resume:
		env.Console.Info("An earlier run of this workspace did not end: --resume goes on with it. This one begins anew.")
	case unfinished.Continues(fresh):
		env.Console.Info("Going on with the run of %s.", ui.UTC(unfinished.Began))
		return unfinished
	default:
		env.Console.Info("The run that did not end was of another map, other options or another version of dbxaccess: this one begins anew.")
	}
	if !fresh.Since.IsZero() && !followed {
		env.Console.Warn(ui.Warning{ID: "verify-since-unknown", What: "no run that ended looked at what did not change since " + fresh.Since.Format(time.DateOnly) + ": what is in it is not told"})
	}
	return fresh
}

// sinceOf reads --since; last reports that it is the run before.
func sinceOf(text string, now time.Time) (since time.Time, last bool, err error) {
	if text == "" || text == "last" {
		return since, text == "last", nil
	}
	if since, err = query.Moment(text, now); err != nil || since.After(now) {
		return since, false, ui.Errorf("verify-since-invalid", ui.Usage, "--since %q is no time that has been", ui.Clean(text)).
			With(ui.Advice("as in: --since last, --since 24h, --since 7d or --since 2026-11-29"))
	}
	return since.UTC(), false, nil
}

// stopped says why a run ended early, and how it goes on. Of who stopped it, the program says no more than that.
func stopped(env *cli.Env, err error, again string) error {
	const kept = "what was found so far is above, and is kept; to go on from there:"
	if ui.CodeOf(err) == ui.Interrupted {
		env.Console.Info("Not everything was looked at; %s\n  %s", kept, again)
	}
	return ui.Errorf("verify-stopped", ui.CodeOf(err), "not everything was looked at: %w", err).With(ui.Advice(kept), ui.Command(again))
}

// again is the command that goes on with what this one began: with the same options, or the run would be another.
func (f *flags) again(role string) string {
	words := append([]string{"dbxaccess workspace verify", role},
		cli.Given([][2]string{{"identity", f.request.Identity}, {"workspace", f.request.Workspace}, {"since", f.since}})...)
	if len(f.only) > 0 {
		words = append(words, "--only "+strings.Join(f.only, ",")) // which are known words
	}
	return strings.Join(append(words, "--resume"), " ")
}

func partsOf(names []string) (parts []verify.Part, err error) {
	for _, name := range names {
		if !slices.Contains(verify.Parts(), verify.Part(name)) {
			return nil, ui.Errorf("verify-part-unknown", ui.Usage, "a workspace has no %s", ui.Named(name)).
				With(ui.Advice("its parts are: " + strings.Join(partNames(), ", ")))
		}
		parts = append(parts, verify.Part(name))
	}
	slices.Sort(parts)
	return slices.Compact(parts), nil
}
