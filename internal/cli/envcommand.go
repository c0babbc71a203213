package cli

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
)

func newEnv(a *app) *cobra.Command {
	var (
		r            broker.Request
		shell        string
		noDatabricks bool
	)
	cmd := &cobra.Command{
		Use:   "env [ROLE]",
		Short: "Print a role's credentials as shell exports",
		Long: `Prints statements that a shell evaluates, so that programs started from it have the role's credentials
until these end: AWS keys, and for a role with a workspace its Databricks host and a token. Variables
that would win over these, such as AWS_PROFILE and DATABRICKS_CONFIG_PROFILE, are unset. A role without
a workspace leaves the Databricks variables as they are, and so does --no-databricks.

Without ROLE it is the default one of your settings, the only one you may take, or the one you choose.

  bash, zsh, sh   eval "$(dbxaccess env ROLE)"
  fish            dbxaccess env ROLE --shell fish | source
  PowerShell      dbxaccess env ROLE --shell powershell | Invoke-Expression
  Nushell         dbxaccess env ROLE --shell nushell | from json | load-env
  cmd.exe         for /f "delims=" %i in ('dbxaccess env ROLE --shell cmd') do @%i
                  (in a batch file: %%i)

Without --shell, $SHELL decides. dotenv and json are for programs that read variables from a file; they
hold the values only and can't unset anything.

On failure nothing is printed to stdout, so that evaluating it changes nothing. eval itself does not
fail then; a script that has to stop writes: vars="$(dbxaccess env ROLE)" && eval "$vars"

exec runs one program with the same variables and leaves the shell as it is.`,
		Example: `  eval "$(dbxaccess env ml-trainer)"
  dbxaccess env ml-trainer --shell fish | source
  docker run --env-file <(dbxaccess env ml-trainer --shell dotenv) acme/train`,
		Args: maybeRole, ValidArgsFunction: a.completeRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if shell == "auto" {
				detected, err := shellenv.Detect(a.Getenv("SHELL"), runtime.GOOS)
				if err != nil {
					return err
				}
				shell = detected
			}
			b, err := a.Broker(cmd.Context())
			if err != nil {
				return err
			}
			r, err := a.roleOf(cmd.Context(), b, r, args)
			if err != nil {
				return err
			}
			g, err := a.grant(cmd.Context(), b, r, !noDatabricks)
			if err != nil {
				return err
			}
			text, err := shellenv.Render(shell, g.variables)
			if err != nil {
				return err
			}
			// In one piece: a shell must not evaluate half of it.
			if _, err := fmt.Fprint(a.Streams.Out, text); err != nil {
				return err
			}
			a.sayEnd(g)
			return nil
		},
	}
	shells := slices.Concat([]string{"auto"}, shellenv.Shells())
	cmd.Flags().Var(newChoice(&shell, shells...), "shell",
		"`syntax` to print: "+strings.Join(shellenv.Shells(), ", ")+"; auto goes by $SHELL")
	_ = cmd.RegisterFlagCompletionFunc("shell", cobra.FixedCompletions(shells[1:], cobra.ShellCompDirectiveNoFileComp))
	noDatabricksFlag(cmd, &noDatabricks)
	a.identityFlag(cmd, &r.Identity)
	scopeFlag(cmd, &r.Scope)
	return cmd
}

func noDatabricksFlag(cmd *cobra.Command, value *bool) {
	cmd.Flags().BoolVar(value, "no-databricks", false, "leave the role's workspace out, and the Databricks variables as they are")
}
