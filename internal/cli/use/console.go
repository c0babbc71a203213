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
	workspace string // to open in place of AWS; firstWorkspace for the role's first, "" for AWS
	noBrowser bool
}

// firstWorkspace is what --workspace means without a name, which no workspace has.
const firstWorkspace = "*"

// NewConsole is `console`.
func NewConsole(env *cli.Env) *cobra.Command {
	var o consoleOptions
	cmd := &cobra.Command{
		Use:   "console [ROLE]",
		Short: "Open the AWS console, or the Databricks workspace, as a role",
		Long: `Opens the AWS console in the browser, signed in as the role until its credentials end. With --workspace the role's
Databricks workspace is opened, the first or with --workspace=NAME another; there one signs in with the company's own single
sign-on.

The sign-in link for AWS is a key: anyone who opens it within fifteen minutes is signed in. It is given to the browser
through a one-time address on this machine, so that no list of processes shows it. Without a display, or with
--no-browser, it is printed to stdout.`,
		Example: "  dbxaccess console ml-reader\n  dbxaccess console ml-reader --no-browser\n  dbxaccess console ml-trainer --workspace\n  dbxaccess console ml-trainer --workspace=dev",
		Args:    cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.workspace != "" && len(o.request.Scope) > 0 {
				return ui.Errorf("scope-without-aws", ui.Usage, "--scope narrows AWS credentials and means nothing for --workspace").
					With(ui.Command(cmd.CommandPath() + " --help"))
			}
			b, request, err := cli.PickRole(cmd.Context(), env, o.request, args)
			if err != nil {
				return err
			}
			o.request = request
			if o.workspace != "" {
				return openWorkspace(cmd.Context(), env, b, o)
			}
			return openConsole(cmd.Context(), env, b, o)
		},
	}
	cli.WorkspaceFlag(env, cmd, &o.workspace)
	flag := cmd.Flags().Lookup("workspace")
	flag.NoOptDefVal, flag.Usage = firstWorkspace, "open the role's Databricks workspace in place of AWS, or with =`name` another one of its workspaces"
	cmd.Flags().BoolVar(&o.noBrowser, "no-browser", false, "print the link, open nothing")
	cli.IdentityFlag(env, cmd, &o.request.Identity)
	cli.ScopeFlag(env, cmd, &o.request.Scope)
	cli.ReasonFlag(cmd, &o.request.Reason)
	cli.AgentFlag(env, cmd)
	return cmd
}

func openConsole(ctx context.Context, env *cli.Env, b *broker.Broker, o consoleOptions) error {
	link, ends, err := b.ConsoleLink(ctx, o.request, env.Getenv("AWS_ENDPOINT_URL_SIGNIN"))
	if err != nil {
		return err
	}
	if o.noBrowser || !desktop.HasDisplay(env.Getenv) {
		env.Console.Info("Anyone who opens this link within fifteen minutes is signed in as %s:", o.request.Role)
		_, err := fmt.Fprintln(env.Streams.Out, link.Reveal())
		return err
	}
	env.Console.Info("Opening the AWS console as %s, for %s…", o.request.Role, ui.Remaining(ends, env.Now()))
	return handOver(ctx, env, link)
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
	if o.noBrowser || !desktop.HasDisplay(env.Getenv) {
		_, err := fmt.Fprintln(env.Streams.Out, host)
		return err
	}
	env.Console.Info("Opening %s…", host)
	return handOver(ctx, env, secret.New(host))
}

func handOver(ctx context.Context, env *cli.Env, link secret.String) error {
	defer env.Console.Progress("waiting for the browser")()
	return desktop.OpenSecret(ctx, env.Getenv, link)
}
