package use

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SwitchName is the command that the function dbx of shell-init runs, which evaluates what it prints.
const SwitchName = "dbx"

// switchOptions are what a person may say to dbx.
type switchOptions struct {
	env  envOptions
	keys bool
}

// NewSwitch returns the constructor of `dbx`.
func NewSwitch(signIn SignIn) func(*cli.Env) *cobra.Command {
	return func(env *cli.Env) *cobra.Command { return newSwitch(env, signIn) }
}

func newSwitch(env *cli.Env, signIn SignIn) *cobra.Command {
	var o switchOptions
	cmd := &cobra.Command{
		Use:   SwitchName + " [ROLE|-]",
		Short: "Put this shell under a role",
		Long: `dbx is a function of your shell, which dbxaccess shell-init defines. It puts the shell under a role: AWS_PROFILE and
DATABRICKS_CONFIG_PROFILE name the role's profiles, which renew themselves, and DBXACCESS_ROLE tells your prompt. No key stands
in the environment, but with --keys, for programs that know nothing else; those end, as DBXACCESS_EXPIRES says.

Without ROLE you choose; dbx - goes back to the role before. You are asked to sign in where that is needed.`,
		Example: "  dbx ml-trainer\n  dbx -\n  dbx --off\n  dbx ml-trainer --workspace dev\n  dbx --keys ml-trainer",
		Hidden:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return ui.Errorf("argument-unexpected", ui.Usage, "dbx takes one role, got %d arguments", len(args)).
					With(ui.Advice("to run a program under a role: dbxaccess exec " + ui.Word(ui.Clean(args[0])) + " -- PROGRAM"))
			}
			return nil
		},
		ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if onScreen(env) {
				return ui.Errorf("dbx-not-a-function", ui.Usage, "dbx is a function of your shell, and is not defined there").
					With(ui.Command(definingLine(shellOf(env))))
			}
			if len(args) == 1 && args[0] == "-" {
				var err error
				if args, err = o.back(env); err != nil {
					return err
				}
			}
			o.env.profiles = !o.keys && !o.env.unset
			if err := o.env.check(env, args); err != nil {
				return err
			}
			if o.env.unset {
				return clearShell(env, o.env.shell)
			}
			if len(args) == 0 && env.Streams.Interactive { // dbx alone is to choose; who has a default role need not be asked elsewhere
				chosen, err := signingIn(cmd.Context(), env, o.env.request.Identity, signIn, func() (broker.Request, error) {
					return cli.AskForRole(cmd.Context(), env, o.env.request)
				})
				if err != nil {
					return err
				}
				o.env.request.Identity, args = chosen.Identity, []string{chosen.Role}
			}
			return o.env.run(cmd.Context(), env, signIn, args)
		},
	}
	// What it prints is evaluated, and its help is not.
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Root().SetOut(env.Streams.Err)
		cmd.Root().HelpFunc()(cmd, args)
	})
	cli.WordFlag(cmd, &o.env.shell, "shell", "", "`syntax` to print", shellenv.FunctionShells()...)
	_ = cmd.Flags().MarkHidden("shell")
	cmd.Flags().BoolVar(&o.keys, "keys", false, "copy credentials into the environment, which end and are not renewed")
	cmd.Flags().BoolVar(&o.env.unset, "off", false, "take the role out of the shell")
	cmd.Flags().BoolVar(&o.env.unset, "unset", false, "the same")
	_ = cmd.Flags().MarkHidden("unset")
	noDatabricksFlag(cmd, &o.env.noDatabricks)
	cli.WorkspaceFlag(env, cmd, &o.env.request.Workspace)
	cli.IdentityFlag(env, cmd, &o.env.request.Identity)
	cli.ReasonFlag(cmd, &o.env.request.Reason)
	return cmd
}

// back is the role that the shell was under before, as it was chosen then.
func (o *switchOptions) back(env *cli.Env) (named []string, err error) {
	held := shellenv.ReadHeld(env.Getenv)
	to := held.Former
	if to.Role == "" && env.Getenv(shellenv.RoleVariable) == "" {
		to = held.Now
	}
	if to.Role == "" {
		return nil, ui.Errorf("no-former-role", ui.Usage, "this shell was under no other role before").
			With(ui.Advice("name one: dbx ROLE"))
	}
	o.keys = o.keys || to.Keys
	o.env.noDatabricks = o.env.noDatabricks || to.NoDatabricks
	o.env.request.Workspace, o.env.request.Identity = to.Workspace, to.Identity
	return []string{to.Role}, nil
}

// definingLine is what a person has their shell evaluate to have its functions.
func definingLine(shell string) string {
	if !slices.Contains(shellenv.FunctionShells(), shell) {
		shell = "bash"
	}
	line := "dbxaccess shell-init " + shell
	switch shell {
	case "powershell":
		return line + " | Out-String | Invoke-Expression"
	case "nushell":
		return line + " | save -f ($nu.user-autoload-dirs.0 | path join dbxaccess.nu)"
	}
	return shellenv.Evaluating(shell, line)
}
