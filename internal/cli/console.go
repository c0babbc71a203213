package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type consoleOptions struct {
	request   broker.Request
	workspace bool
	noBrowser bool
}

func newConsole(a *app) *cobra.Command {
	var o consoleOptions
	cmd := &cobra.Command{
		Use:   "console [ROLE]",
		Short: "Open the AWS console, or the Databricks workspace, as a role",
		Long: `Opens the AWS console in the browser, signed in as the role until its credentials end. With --workspace the role's
Databricks workspace is opened; there one signs in with the company's own single sign-on.

The sign-in link for AWS is a key: whoever has it within fifteen minutes is signed in. It is given to the browser
through a one-time address on this machine, so that it stands in no list of processes. Without a display, or with
--no-browser, it is printed to stdout.`,
		Example: "  dbxaccess console ml-reader\n  dbxaccess console ml-reader --no-browser\n  dbxaccess console ml-trainer --workspace",
		Args:    maybeRole, ValidArgsFunction: a.completeRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.workspace && len(o.request.Scope) > 0 {
				return ui.Fault(ui.Usage, cmd.CommandPath()+" --help", "--scope narrows AWS credentials and means nothing for --workspace")
			}
			b, err := a.Broker(cmd.Context())
			if err != nil {
				return err
			}
			if o.request, err = a.roleOf(cmd.Context(), b, o.request, args); err != nil {
				return err
			}
			if o.workspace {
				return openWorkspace(cmd.Context(), a, b, o)
			}
			return openConsole(cmd.Context(), a, b, o)
		},
	}
	cmd.Flags().BoolVar(&o.workspace, "workspace", false, "open the role's Databricks workspace in place of AWS")
	cmd.Flags().BoolVar(&o.noBrowser, "no-browser", false, "print the link, open nothing")
	a.identityFlag(cmd, &o.request.Identity)
	scopeFlag(cmd, &o.request.Scope)
	return cmd
}

func openConsole(ctx context.Context, a *app, b *broker.Broker, o consoleOptions) error {
	link, ends, err := b.ConsoleLink(ctx, o.request, a.Getenv("AWS_ENDPOINT_URL_SIGNIN"))
	if err != nil {
		return err
	}
	if o.noBrowser || !desktop.HasDisplay(a.Getenv) {
		a.Console.Info("Whoever has this link within fifteen minutes is signed in as %s:", o.request.Role)
		_, err := fmt.Fprintln(a.Streams.Out, link.Reveal())
		return err
	}
	a.Console.Info("Opening the AWS console as %s, for %s…", o.request.Role, ui.Remaining(ends, a.Now()))
	return a.handOver(ctx, link)
}

func openWorkspace(ctx context.Context, a *app, b *broker.Broker, o consoleOptions) error {
	view, err := b.View()
	if err != nil {
		return err
	}
	signIns, rows, err := available(ctx, a, view, o.request.Identity)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r access.Row) bool { return r.Role == o.request.Role })
	switch {
	case len(rows) == 0:
		return signIns[0].NoRoles()
	case i < 0:
		return signIns[0].NoSuchRole(o.request.Role)
	}
	if rows[i].Host == "" {
		return ui.Fault(ui.Failed, "dbxaccess roles shows which roles have one", "the role %s has no Databricks workspace", o.request.Role)
	}
	if o.noBrowser || !desktop.HasDisplay(a.Getenv) {
		_, err := fmt.Fprintln(a.Streams.Out, rows[i].Host)
		return err
	}
	a.Console.Info("Opening %s…", rows[i].Host)
	return a.handOver(ctx, secret.New(rows[i].Host))
}

func (a *app) handOver(ctx context.Context, link secret.String) error {
	defer a.Console.Progress("waiting for the browser")()
	return desktop.HandOver(ctx, a.Getenv, link)
}
