package use

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
)

// NewShellInit is `shell-init`.
func NewShellInit(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "shell-init SHELL",
		Short: "Print functions for bash, zsh, fish, powershell or nushell",
		Long: `Prints what a shell evaluates as it starts:

  dbx ROLE     puts the shell under a role, by profiles that renew themselves
  dbx -        goes back to the role before
  dbx          lets you choose
  dbx --off    takes the role out again
  databricks   the Databricks CLI, under the role of its profile

dbx --help says more. Programs that the shell starts don't see the function databricks; for those there is a shim, see
dbxaccess help databricks-cli.`,
		Example: `  eval "$(dbxaccess shell-init bash)"      # in ~/.bashrc
  eval "$(dbxaccess shell-init zsh)"       # in ~/.zshrc
  dbxaccess shell-init fish | source       # in config.fish
  dbxaccess shell-init powershell | Out-String | Invoke-Expression
  dbxaccess shell-init nushell | save -f ~/.config/nushell/autoload/dbxaccess.nu`,
		Args: cli.OneOf("shell", shellenv.FunctionShells()), ValidArgs: shellenv.FunctionShells(),
		RunE: func(_ *cobra.Command, args []string) error {
			helper, err := env.Helper()
			if err != nil {
				return err
			}
			text, err := shellenv.Functions(args[0], helper.Path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(env.Streams.Out, text)
			return err
		},
	}
}
