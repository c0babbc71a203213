// Package use holds the commands that use a role's credentials in place of a profile: a shell's exports, a program's
// environment, the console in a browser.
//
// In comes a role; out come credentials, only to where the command says: never to a file, a log or a list of processes.
package use

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
)

// NewEnv is `env`.
func NewEnv(env *cli.Env) *cobra.Command {
	var (
		r            broker.Request
		shell        string
		noDatabricks bool
	)
	cmd := &cobra.Command{
		Use:   "env [ROLE]",
		Short: "Print a role's credentials as shell exports",
		Long: `Prints statements that a shell evaluates, so that programs started from it have the role's credentials
until these end: AWS keys, and for a role with a workspace its Databricks host and a token. At least three
quarters of their life are left, or what --for asks for. Variables
that would win over these, such as AWS_PROFILE and DATABRICKS_CONFIG_PROFILE, are unset. A role without
a workspace leaves the Databricks variables as they are, and so does --no-databricks; one of Databricks
alone leaves those of AWS.

Without ROLE it is default_role of your settings, the only role you may take, or the one you choose.

  bash, zsh, sh   eval "$(dbxaccess env ROLE)"
  fish            dbxaccess env ROLE --shell fish | source
  PowerShell      dbxaccess env ROLE --shell powershell | Invoke-Expression
  Nushell         dbxaccess env ROLE --shell nushell | from json | load-env
  cmd.exe         for /f "delims=" %i in ('dbxaccess env ROLE --shell cmd') do @%i
                  (in a batch file: %%i)

Without --shell, $SHELL decides. dotenv and json are for programs that read variables from a file; they
hold the values only and can't unset anything.

With one of --from-… the AWS keys are not the role's own but vended to it for some data, and
DBXACCESS_LOCATION says what they reach: see dbxaccess credential-process.

On failure nothing is printed to stdout, so that evaluating it changes nothing. eval itself does not
fail then; a script that has to stop writes: vars="$(dbxaccess env ROLE)" && eval "$vars"

exec runs one program with the same variables and leaves the shell as it is.`,
		Example: `  eval "$(dbxaccess env ml-trainer)"
  dbxaccess env ml-trainer --shell fish | source
  docker run --env-file <(dbxaccess env ml-trainer --shell dotenv) acme/train`,
		Args: cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if shell == "auto" {
				detected, err := shellenv.Detect(env.Getenv("SHELL"), runtime.GOOS)
				if err != nil {
					return err
				}
				shell = detected
			}
			g, err := grant(cmd.Context(), env, r, args, !noDatabricks)
			if err != nil {
				return err
			}
			text, err := shellenv.Render(shell, append(g.variables(), cli.RunVariable(g.request, env.Getenv)...))
			if err != nil {
				return err
			}
			// In one write: a shell must not evaluate half of it.
			if _, err := fmt.Fprint(env.Streams.Out, text); err != nil {
				return err
			}
			announceExpiry(env, g)
			return nil
		},
	}
	shells := slices.Concat([]string{"auto"}, shellenv.Shells())
	cli.WordFlag(cmd, &shell, "shell", "", "`syntax` to print: "+strings.Join(shellenv.Shells(), ", ")+"; auto goes by $SHELL", shells...)
	_ = cmd.RegisterFlagCompletionFunc("shell", cobra.FixedCompletions(shells[1:], cobra.ShellCompDirectiveNoFileComp))
	forFlag(cmd, &r.For)
	noDatabricksFlag(cmd, &noDatabricks)
	cli.IdentityFlag(env, cmd, &r.Identity)
	cli.ScopeFlag(cmd, &r.Scope)
	cli.WorkspaceFlag(env, cmd, &r.Workspace)
	cli.FromFlags(cmd, &r.From)
	cli.ReasonFlag(cmd, &r.Reason)
	cli.RunFlag(cmd, &r.Run)
	cli.AgentFlag(env, cmd)
	return cmd
}

func noDatabricksFlag(cmd *cobra.Command, value *bool) {
	cmd.Flags().BoolVar(value, "no-databricks", false, "leave the role's workspace out, and the Databricks variables as they are")
}
