// Package helper holds the commands that AWS's and Databricks' SDKs start, thousands of times a day.
//
// In come the arguments of the SDKs' contracts; out comes one JSON object on stdout, or a short error on stderr and an exit
// code. They must never prompt, colour, or write what the contract does not name.
package helper

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewCredentialProcess is `credential-process`.
func NewCredentialProcess(env *cli.Env) *cobra.Command {
	var r broker.Request
	var socket string
	cmd := &cobra.Command{
		Use:   "credential-process --role ROLE",
		Short: "Print credentials for the AWS CLI and SDKs (credential_process)",
		Long: `Prints one JSON object as the AWS CLI and SDKs expect it of a credential_process. It never asks
anything: if a login is needed, it says so on stderr and exits with 4.

With one of --from-… they are not the role's own but vended to it for some data: by Unity Catalog, which
is asked with the role's workspace token, or by S3 Access Grants, which are asked with the role. --role may
then be left out where default_role of your settings or the map leaves no choice.

With --socket, or DBXACCESS_SOCKET, the credentials come from the dbxaccess exec that serves that Unix socket, for one of
its roles (without --role its first), without keyring, access map and network: as in a container, or at the far end of an
SSH connection.`,
		Example: `  dbxaccess credential-process --role ml-trainer --identity acme
  dbxaccess credential-process --role ml-trainer --scope churn
  dbxaccess credential-process --role ml-trainer --from-table main.ml.churn`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asked, err := socketClient(env, cmd, socket)
			if err != nil {
				return err
			}
			var c *credential.AWS
			if asked != nil {
				c, err = socketCredentials(cmd.Context(), asked, r)
			} else {
				c, err = roleCredentials(cmd, env, r)
			}
			if err != nil {
				return err
			}
			cli.WarnOfAccessPoint(env, c.AccessPoint)
			answer, err := c.ProcessJSON()
			if err != nil {
				return err
			}
			_, err = env.Streams.Out.Write(answer)
			return err
		},
	}
	cmd.Flags().StringVar(&r.Role, "role", "", "`role` of the access map")
	_ = cmd.RegisterFlagCompletionFunc("role", env.CompleteRoles)
	cli.IdentityFlag(env, cmd, &r.Identity)
	cli.ScopeFlag(env, cmd, &r.Scope)
	cli.FromFlags(cmd, &r.From)
	cli.WorkspaceFlag(env, cmd, &r.Workspace)
	socketFlag(cmd, &socket)
	cli.AgentFlag(env, cmd)
	return cmd
}

// roleCredentials are those that the broker gives.
func roleCredentials(cmd *cobra.Command, env *cli.Env, r broker.Request) (*credential.AWS, error) {
	if r.Role == "" && r.From == (credential.Vended{}) {
		return nil, ui.Errorf("role-missing", ui.Usage, "--role is missing").With(ui.Command(cmd.UseLine()))
	}
	b, r, err := pick(cmd.Context(), env, r)
	if err != nil {
		return nil, err
	}
	c, err := b.Credentials(cmd.Context(), r)
	if ui.IDOf(err) == "identity-unknown" {
		return nil, ui.Errorf("", ui.CodeOf(err), "%w", err).With(ui.Advice("if an AWS profile names it: dbxaccess profiles sync"))
	}
	return c, err
}

// pick is cli.PickRole, where nobody is asked.
func pick(ctx context.Context, env *cli.Env, r broker.Request) (*broker.Broker, broker.Request, error) {
	alone, streams := *env, *env.Streams
	streams.Interactive = false
	alone.Streams = &streams
	var named []string
	if r.Role != "" {
		named = []string{r.Role}
	}
	return cli.PickRole(ctx, &alone, r, named)
}
