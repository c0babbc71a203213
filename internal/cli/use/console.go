package use

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type consoleOptions struct {
	request   broker.Request
	also      []string // further roles
	dataset   string   // where S3 is opened; "" for none
	location  string   // of the dataset's places; "" for the first, or the one that is chosen
	service   string
	region    string
	workspace string // to open in place of AWS; firstWorkspace for the role's first, "" for AWS
	noBrowser bool
	show      bool
	chosen    desktop.Chosen
}

// firstWorkspace is what --workspace means without a name, which no workspace has; ownContainer the same for --container.
const (
	firstWorkspace = "*"
	ownContainer   = "*"
)

// NewConsole is `console`.
func NewConsole(env *cli.Env) *cobra.Command {
	var o consoleOptions
	cmd := &cobra.Command{
		Use:   "console [ROLE [DATASET]]",
		Short: "Open the AWS console, or the Databricks workspace, as a role",
		Long: `Opens the AWS console in the browser, signed in as the role until its credentials end: its home page, S3 where a dataset
lies, or a service. With --workspace the role's Databricks workspace is opened, the first or with --workspace=NAME another; there one
signs in with the company's own single sign-on.

The browser shows several roles side by side once "Turn on multi-session support" is chosen in the console's account menu; until
then each takes the place of the one before. --browser-profile opens another profile of Chrome, Edge, Brave, Chromium or Firefox
(BROWSER, or the setting console.browser, names its program), --container a container of Firefox, by the extension "Open external links in a container".

The sign-in link for AWS is a key: anyone who opens it within fifteen minutes is signed in. It is given to the browser
through a one-time address on this machine, so that no list of processes shows it. Without a display, or with
--no-browser, it is printed to stdout, and to a terminal with --show alone.`,
		Example: "  dbxaccess console ml-reader\n  dbxaccess console ml-trainer churn\n  dbxaccess console ml-reader --service athena --region eu-west-1\n" +
			"  dbxaccess console ml-reader --also ml-trainer --container\n  dbxaccess console ml-trainer --workspace=dev",
		Args: maybeRoleAndDataset,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return env.CompleteRoles(cmd, args, typed)
			case 1:
				return env.CompleteDatasets(cmd, args, "")
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				o.dataset, args = args[1], args[:1]
			}
			if err := o.check(cmd, args); err != nil {
				return err
			}
			b, request, err := cli.PickRole(cmd.Context(), env, o.request, args)
			if err != nil {
				return err
			}
			o.request = request
			if o.workspace != "" {
				return openWorkspace(cmd.Context(), env, b, o)
			}
			return openConsoles(cmd.Context(), env, b, o)
		},
	}
	cli.WorkspaceFlag(env, cmd, &o.workspace)
	flag := cmd.Flags().Lookup("workspace")
	flag.NoOptDefVal, flag.Usage = firstWorkspace, "open the role's Databricks workspace in place of AWS, or with =`name` another one of its workspaces"
	cmd.Flags().StringVar(&o.location, "location", "", "which `place` of the dataset, as in s3://bucket/prefix/")
	cmd.Flags().StringVar(&o.service, "service", "", "open this `service` of AWS, as its console's address names it: athena, s3")
	_ = cmd.RegisterFlagCompletionFunc("service", cobra.FixedCompletions(broker.ConsoleServices(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&o.region, "region", "", "another `region` than the role's")
	cmd.Flags().StringSliceVar(&o.also, "also", nil, "open another `role` as well; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("also", env.CompleteRoles)
	cmd.Flags().StringVar(&o.chosen.Profile, "browser-profile", "", "open it in this `profile` of the browser")
	cmd.Flags().StringVar(&o.chosen.Container, "container", "", "open it in the role's container of Firefox, or with =`name` in another one")
	cmd.Flags().Lookup("container").NoOptDefVal = ownContainer
	cmd.Flags().BoolVar(&o.noBrowser, "no-browser", false, "print the link, open nothing")
	cmd.Flags().BoolVar(&o.show, "show", false, "print the link to a terminal, too")
	cli.IdentityFlag(env, cmd, &o.request.Identity)
	cli.ScopeFlag(env, cmd, &o.request.Scope)
	cli.ReasonFlag(cmd, &o.request.Reason)
	cli.AgentFlag(env, cmd)
	return cmd
}

func maybeRoleAndDataset(cmd *cobra.Command, args []string) error {
	if len(args) > 2 {
		return ui.Errorf("argument-unexpected", ui.Usage, "%s takes a role and a dataset, got %d arguments", cmd.CommandPath(), len(args)).
			With(ui.Advice("further roles: --also ROLE"), ui.Command(cmd.UseLine()))
	}
	return nil
}

// check rejects options that contradict one another.
func (o *consoleOptions) check(cmd *cobra.Command, named []string) error {
	help := ui.Command(cmd.CommandPath() + " --help")
	switch {
	case o.workspace != "" && len(o.request.Scope) > 0:
		return ui.Errorf("scope-without-aws", ui.Usage, "--scope narrows AWS credentials and means nothing for --workspace").With(help)
	case o.workspace != "" && (o.dataset != "" || o.service != "" || o.region != "" || o.location != "" || len(o.also) > 0):
		return ui.Errorf("console-workspace-alone", ui.Usage, "--workspace opens Databricks, where AWS's datasets, services and regions are not").With(help)
	case o.dataset != "" && o.service != "":
		return ui.Errorf("console-two-places", ui.Usage, "the dataset is in S3, and --service names another place").With(ui.Advice("leave one of them out"))
	case o.location != "" && o.dataset == "":
		role := "ROLE"
		if len(named) > 0 {
			role = ui.Word(ui.Clean(named[0]))
		}
		return ui.Errorf("console-location-alone", ui.Usage, "--location names a place of a dataset, and none is named").
			With(ui.Command(cmd.CommandPath() + " " + role + " DATASET --location " + ui.Word(ui.Clean(o.location))))
	}
	return nil
}

// printed: the link is, and nothing is opened.
func (o *consoleOptions) printed(env *cli.Env) bool {
	return o.noBrowser || !desktop.HasDisplay(env.Getenv)
}

// mayShow refuses to leave a key where everyone reads it who looks at the terminal later. Of a role that they may not take, they are told
// that instead.
func (o *consoleOptions) mayShow(ctx context.Context, env *cli.Env, b *broker.Broker) error {
	if !onScreen(env) || !o.printed(env) || o.show {
		return nil
	}
	view, err := b.View()
	if err != nil {
		return err
	}
	_, rows, err := view.Available(ctx, o.request.Identity)
	if err != nil || !slices.ContainsFunc(rows, func(r access.Row) bool { return r.Role == o.request.Role }) {
		return nil // what goes on to ask for the link says more
	}
	line := "dbxaccess"
	for _, arg := range env.Args {
		line += " " + ui.Word(ui.Clean(arg))
	}
	refused := ui.Errorf("link-on-screen", ui.Usage, "the link is a key for fifteen minutes, and would stay on the screen")
	if !o.noBrowser {
		refused = ui.Errorf("link-on-screen", ui.Usage, "there is no display for a browser, and the link, a key for fifteen minutes, would stay on the screen")
	}
	return refused.With(ui.Advice("to copy it unseen, append: | xclip, | pbcopy or | clip.exe; to see it all the same:"), ui.Command(line+" --show"))
}

// openConsoles opens the console as the role, and as each of the others.
func openConsoles(ctx context.Context, env *cli.Env, b *broker.Broker, o consoleOptions) error {
	target, err := o.target(ctx, env, b)
	if err != nil {
		return err
	}
	if err := openConsole(ctx, env, b, o, target); err != nil {
		return err
	}
	target.Bucket, target.Prefix = "", "" // the dataset is the first role's
	for _, role := range o.also {
		another := o
		another.request.Identity, another.request.Scope = "", nil
		b, r, err := cli.PickRole(ctx, env, another.request, []string{role})
		if err != nil {
			return err
		}
		another.request = r
		if err := openConsole(ctx, env, b, another, target); err != nil {
			return err
		}
	}
	if len(o.also) > 0 && o.chosen.Container == "" && !o.printed(env) {
		env.Console.Info("Side by side with multi-session support, in the console's account menu; without it the last one is left.")
	}
	return nil
}

func openConsole(ctx context.Context, env *cli.Env, b *broker.Broker, o consoleOptions, target broker.ConsoleTarget) error {
	open, err := o.opener(env)
	if err != nil {
		return err
	}
	if err := o.mayShow(ctx, env, b); err != nil {
		return err
	}
	link, ends, err := b.ConsoleLink(ctx, o.request, target, env.Getenv("AWS_ENDPOINT_URL_SIGNIN"))
	if err != nil {
		return err
	}
	if o.printed(env) {
		env.Console.Info("Anyone who opens this link within fifteen minutes is signed in as %s:", o.request.Role)
		_, err := fmt.Fprintln(env.Streams.Out, link.Reveal())
		return err
	}
	env.Console.Info("Opening the AWS console as %s, for %s…", o.request.Role, ui.Remaining(ends, env.Now()))
	return handOver(ctx, env, open, link)
}

// opener opens an address in the part of the browser that is asked for.
func (o *consoleOptions) opener(env *cli.Env) (func(address string) error, error) {
	chosen := o.chosen
	if chosen.Container == ownContainer {
		chosen.Container = o.request.Role
	}
	if o.printed(env) {
		chosen = desktop.Chosen{}
	}
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	return chosen.Opener(func(name string) string {
		if name == desktop.BrowserVariable && settings.Console.Browser != "" {
			return settings.Console.Browser
		}
		return env.Getenv(name)
	})
}

func openWorkspace(ctx context.Context, env *cli.Env, b *broker.Broker, o consoleOptions) error {
	view, err := b.View()
	if err != nil {
		return err
	}
	signIns, rows, err := cli.Roles(ctx, env, view, o.request.Identity)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r access.Row) bool { return r.Role == o.request.Role })
	if i < 0 {
		return signIns[0].NoSuchRole(o.request.Role)
	}
	places := rows[i].Workplaces
	named := slices.IndexFunc(places, func(w access.Workplace) bool { return o.workspace == firstWorkspace || w.Workspace == o.workspace })
	switch {
	case len(places) == 0:
		return ui.Errorf("role-without-workspace", ui.Failed, "the role %s has no Databricks workspace", o.request.Role).
			With(ui.Advice("which roles have one:"), ui.Command("dbxaccess roles"))
	case named < 0:
		return broker.NotAWorkspaceOf(o.request.Role, o.workspace, rows[i].Workspaces())
	}
	host := places[named].Host
	if id := places[named].WorkspaceID; id != "" {
		host += "/?o=" + id
	}
	if o.printed(env) {
		_, err := fmt.Fprintln(env.Streams.Out, host)
		return err
	}
	open, err := o.opener(env)
	if err != nil {
		return err
	}
	env.Console.Info("Opening %s…", host)
	return handOver(ctx, env, open, secret.New(host))
}

func handOver(ctx context.Context, env *cli.Env, open func(address string) error, link secret.String) error {
	defer env.Console.Progress("waiting for the browser")()
	return desktop.OpenSecret(ctx, open, link)
}
