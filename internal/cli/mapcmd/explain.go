package mapcmd

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type explainOptions struct {
	file, identity, claims   string
	agent                    string
	groups                   []string
	action, resource, output string
}

// asking is for a request that is about the same people and map.
func (o explainOptions) asking() cli.Asking {
	return cli.Asking{Map: o.file, Groups: o.groups, Identity: o.identity}
}

func newMapExplain(env *cli.Env) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain [ROLE]",
		Short: "Explain what the map gives to groups, and whether it allows an action",
		Long: `Says which roles a person with these groups or claims gets and by which rule, and what it takes to get the others; as
"roles --why" does for whoever is signed in, who is meant here without --groups and --claims. A group with a comma in its name stands
in double quotes of its own: --groups '"CN=ml,OU=data"'.

With --action and --resource it says whether that is allowed, by which grant of which role, or why not. What the session policies
compile to decides, judged as AWS judges them; with --agent, those of a coding agent of that name, of which it also says what it may
have of each role. What is behind a role at AWS has to allow it too. The answer ends with 0 whatever it is.`,
		Example: "  dbxaccess map explain --groups analysts,ml-scientists\n" +
			"  dbxaccess map explain ml-trainer --claims token.json\n" +
			"  dbxaccess map explain --groups analysts --action s3:PutObject --resource s3://acme-ml/churn/day=1/part-0.parquet\n" +
			"  dbxaccess map explain --groups analysts --agent claude-code",
		Args: cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error { return explain(cmd.Context(), env, o, args) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.groups, "groups", nil, "suppose these `groups`; assignments, as in 111122223333/MLAdmin, at IAM Identity Center")
	flags.StringVar(&o.claims, "claims", "", "suppose the claims in this `file`, a JSON object or an ID token; - is standard input")
	flags.StringVar(&o.action, "action", "", "ask about this `action`, as in s3:GetObject")
	flags.StringVar(&o.resource, "resource", "", "on this ARN, or `place` as in s3://bucket/key")
	fileFlag(cmd, &o.file)
	cli.IdentityFlag(env, cmd, &o.identity)
	cli.AsAgentFlag(cmd, &o.agent)
	cli.OutputFlag(cmd, &o.output)
	return cmd
}

func explain(ctx context.Context, env *cli.Env, o explainOptions, args []string) error {
	if (o.action == "") != (o.resource == "") {
		return ui.Errorf("question-incomplete", ui.Usage, "--action and --resource go together").
			With(ui.Advice("as in --action s3:GetObject --resource s3://BUCKET/KEY"))
	}
	m, rows, err := explained(ctx, env, o)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		if _, err := m.Effective(args[0]); err != nil {
			return known(err, o.file)
		}
		rows = slices.DeleteFunc(rows, func(r access.Row) bool { return r.Role != args[0] })
	}
	if err := warnOfSizes(env, m, rows); err != nil {
		return err
	}
	if err := cli.AsAgent(m, o.agent, rows); err != nil {
		return err
	}
	if o.action == "" {
		return printExplained(env, o, rows)
	}
	question, err := answer.NewQuestion(o.action, o.resource)
	if err != nil {
		return err
	}
	judged, err := judge(answer.New(m, env.Now()).As(o.agent), question, rows, len(args) > 0)
	if err != nil {
		return err
	}
	judged.Agent = o.agent
	if o.output == "json" {
		return ui.PrintJSON(env.Streams.Out, judged)
	}
	return printJudged(env, judged, o.asking(), strings.Join(args, ""))
}

// explained are the rows of all roles, given or not, of those whom the question is about.
func explained(ctx context.Context, env *cli.Env, o explainOptions) (m *accessmap.Map, rows []access.Row, err error) {
	var (
		view    *access.View
		signIns []*access.SignIn
	)
	if o.groups == nil && o.claims == "" {
		if o.file != "" {
			return nil, nil, ui.Errorf("explain-of-nobody", ui.Usage, "for another map than the one in use, say whom the question is about").
				With(ui.Advice("add --groups GROUP,… or --claims FILE"))
		}
		view, signIns, rows, err = present(ctx, env, o.identity)
	} else {
		view, signIns, rows, err = supposed(env, o)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, s := range signIns {
		lacking, err := view.Lacking(s)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, lacking...)
	}
	return view.Map, rows, nil
}

// present are the sign-ins of this machine.
func present(ctx context.Context, env *cli.Env, identity string) (*access.View, []*access.SignIn, []access.Row, error) {
	view, err := env.View(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	signIns, rows, err := cli.Available(ctx, env, view, identity)
	return view, signIns, rows, err
}

// supposed is a sign-in that nobody made.
func supposed(env *cli.Env, o explainOptions) (*access.View, []*access.SignIn, []access.Row, error) {
	if err := inputOnce(o.file, o.claims); err != nil {
		return nil, nil, nil, err
	}
	m, err := mapFrom(env, o.file)
	if err != nil {
		return nil, nil, nil, err
	}
	identity, err := access.IdentityOf(m, o.identity)
	if err != nil {
		return nil, nil, nil, err
	}
	settings, err := env.Settings()
	if err != nil {
		return nil, nil, nil, err
	}
	if o.claims != "" && o.groups != nil {
		env.Console.Info("The groups of --groups stand in place of those in the claims.")
	}
	claims, err := claimsFrom(env, o.claims)
	if err != nil {
		return nil, nil, nil, err
	}
	signIn, err := access.Suppose(m, identity, claims, o.groups, env.Now())
	if err != nil {
		return nil, nil, nil, err
	}
	tellOfSlips(env, identity, o.groups)
	view := &access.View{Map: m, Naming: cli.NamingOf(settings).Of(m), Now: env.Now}
	rows, err := view.Rows(signIn)
	if claims == nil { // of the sign-in nothing is supposed
		for i := range rows {
			rows[i].SignInCommand, rows[i].SignInLacks = "", ""
		}
	}
	return view, []*access.SignIn{signIn}, rows, err
}

// tellOfSlips names the group that was meant where the map has none as it was written: the answer alone would read as if the group gave nothing.
func tellOfSlips(env *cli.Env, identity *accessmap.Identity, groups []string) {
	for rule := range identity.Groups {
		if strings.ContainsAny(rule, "*?") { // what a pattern takes is no slip
			return
		}
	}
	for _, group := range groups {
		if _, known := identity.Groups[group]; known {
			continue
		}
		if near := ui.Nearest(group, maps.Keys(identity.Groups)); near != "" {
			env.Console.Info("No rule of the map is on the group %s; did you mean %s?", ui.Named(group), ui.Clean(near))
		}
	}
}
