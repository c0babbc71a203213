// Package use holds the commands that use a role's credentials in place of a profile: a shell's exports, a program's
// environment, the console in a browser.
//
// In comes a role; out come credentials, only to where the command says: never to a file, a log or a list of processes.
package use

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// envOptions are the flags of env.
type envOptions struct {
	request      broker.Request
	shell        string
	noDatabricks bool
	profiles     bool
	unset        bool
	show         bool
}

// NewEnv returns the constructor of `env`, which has a person sign in who has not.
func NewEnv(signIn SignIn) func(*cli.Env) *cobra.Command {
	return func(env *cli.Env) *cobra.Command { return newEnv(env, signIn) }
}

func newEnv(env *cli.Env, signIn SignIn) *cobra.Command {
	var o envOptions
	cmd := &cobra.Command{
		Use:   "env [ROLE]",
		Short: "Print a role's credentials as shell exports",
		Long: `Prints statements that a shell evaluates, so that programs started from it have the role's credentials
until these end: AWS keys, and for a role with a workspace its Databricks host and a token. At least three
quarters of their life are left, or what --for asks for. Variables
that would win over these, such as AWS_PROFILE and DATABRICKS_CONFIG_PROFILE, are unset. A role without
a workspace leaves the Databricks variables as they are, and so does --no-databricks; one of Databricks
alone leaves those of AWS. What an earlier role has left is taken away.

With --profiles no credentials are printed: AWS_PROFILE and DATABRICKS_CONFIG_PROFILE name the role's profiles, which renew
themselves. --unset prints what takes all of it out of the shell again, and nothing that is not dbxaccess's.

Without ROLE it is default_role of your settings, the only role you may take, or the one you choose.

  bash, zsh, sh   eval "$(dbxaccess env ROLE)"
  fish            dbxaccess env ROLE --shell fish | source
  PowerShell      dbxaccess env ROLE --shell powershell | Invoke-Expression
  Nushell         dbxaccess env ROLE --shell nushell | from json | load-env
  cmd.exe         for /f "delims=" %i in ('dbxaccess env ROLE --shell cmd') do @%i
                  (in a batch file: %%i)

dbx ROLE does it in fewer words: see dbxaccess shell-init. At a terminal nothing is printed without --show, as it would stay
there for others to read.

Without --shell, $SHELL decides. dotenv and json are for programs that read variables from a file; they
hold the values only and can't unset anything.

With one of --from-… the AWS keys are not the role's own but vended to it for some data, and
DBXACCESS_LOCATION says what they reach: see dbxaccess credential-process.

On failure nothing is printed to stdout, so that evaluating it changes nothing. eval itself does not
fail then; a script that has to stop writes: vars="$(dbxaccess env ROLE)" && eval "$vars"

exec runs one program with the same variables and leaves the shell as it is.`,
		Example: `  eval "$(dbxaccess env ml-trainer)"
  eval "$(dbxaccess env --unset)"
  dbxaccess env ml-trainer --shell fish | source
  docker run --env-file <(dbxaccess env ml-trainer --shell dotenv) acme/train`,
		Args: cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(env, args); err != nil {
				return err
			}
			if o.unset {
				return clearShell(env, o.shell)
			}
			return o.run(cmd.Context(), env, signIn, args)
		},
	}
	shells := slices.Concat([]string{"auto"}, shellenv.Shells())
	cli.WordFlag(cmd, &o.shell, "shell", "", "`syntax` to print: "+strings.Join(shellenv.Shells(), ", ")+"; auto goes by $SHELL", shells...)
	cmd.Flags().BoolVar(&o.profiles, "profiles", false, "name the role's profiles, which renew themselves, in place of printing credentials")
	cmd.Flags().BoolVar(&o.unset, "unset", false, "take what dbxaccess has set out of the shell")
	cmd.Flags().BoolVar(&o.show, "show", false, "print to a terminal, too")
	forFlag(cmd, &o.request.For)
	noDatabricksFlag(cmd, &o.noDatabricks)
	cli.IdentityFlag(env, cmd, &o.request.Identity)
	cli.ScopeFlag(env, cmd, &o.request.Scope)
	cli.WorkspaceFlag(env, cmd, &o.request.Workspace)
	cli.FromFlags(cmd, &o.request.From)
	cli.ReasonFlag(cmd, &o.request.Reason)
	cli.RunFlag(cmd, &o.request.Run)
	cli.AgentFlag(env, cmd)
	return cmd
}

func noDatabricksFlag(cmd *cobra.Command, value *bool) {
	cmd.Flags().BoolVar(value, "no-databricks", false, "leave the role's workspace out, and the Databricks variables as they are")
}

// check refuses what does not go together and what would be seen by others, and finds out which syntax is meant.
func (o *envOptions) check(env *cli.Env, args []string) error {
	switch {
	case o.unset && (len(args) > 0 || o.profiles):
		return ui.Errorf("unset-names-role", ui.Usage, "--unset takes out whatever dbxaccess has set, so it goes without a role").
			With(ui.Command("dbxaccess env --unset"))
	case o.profiles && o.narrowed():
		return ui.Errorf("profiles-not-narrowed", ui.Usage, "--profiles names profiles, which are for all that the role gives").
			With(ui.Advice("leave --profiles out, or --scope, --from-…, --run and --for"))
	case o.profiles && shellenv.IsFile(o.shell):
		return ui.Errorf("profiles-not-narrowed", ui.Usage, "--profiles is for a shell, and %s is no shell's syntax", o.shell).
			With(ui.Advice("name your shell: --shell bash"))
	}
	if onScreen(env) && !o.show {
		return o.refuseScreen(env)
	}
	if o.shell != "auto" {
		return nil
	}
	detected, err := shellenv.Detect(env.Getenv("SHELL"), runtime.GOOS)
	o.shell = detected
	return err
}

// narrowed reports whether credentials are asked for that no profile gives.
func (o *envOptions) narrowed() bool {
	r := o.request
	return len(r.Scope) > 0 || r.Run != "" || r.For != 0 || r.From != (broker.Vended{})
}

// onScreen reports whether a person reads what is printed, in place of a shell.
func onScreen(env *cli.Env) bool {
	_, screen := env.Streams.Out.(*ui.Screen)
	return screen
}

// refuseScreen says what the person meant to type, as their shell reads it.
func (o *envOptions) refuseScreen(env *cli.Env) error {
	line := "dbxaccess"
	for _, arg := range env.Args {
		line += " " + ui.Word(ui.Clean(arg))
	}
	what := "credentials would stand on the screen, for everyone who reads it later"
	if o.unset || o.profiles {
		what = "what is printed here changes nothing: a shell has to evaluate it"
	}
	refusal := ui.Errorf("exports-on-screen", ui.Usage, "%s", what)
	if shellenv.IsFile(o.shell) {
		return refusal.With(ui.Advice("give it to the program that reads it, as in: docker run --env-file <(" + line + ") IMAGE"))
	}
	shell := o.shell
	if shell == "auto" {
		shell = shellOf(env)
		if byDefault, err := shellenv.Detect(env.Getenv("SHELL"), runtime.GOOS); err != nil || byDefault != shell {
			line += " --shell " + shell
		}
	}
	return refusal.With(ui.Command(shellenv.Evaluating(shell, line)), ui.Advice("to see it all the same: --show"))
}

// shellOf is the shell that the person types in, which need not be their login shell.
func shellOf(env *cli.Env) string {
	if env.Above != nil {
		for p := range env.Above {
			if shell, err := shellenv.Detect(strings.TrimPrefix(p.Name, "-"), runtime.GOOS); err == nil && p.Name != "" {
				return shell
			}
		}
	}
	shell, err := shellenv.Detect(env.Getenv("SHELL"), runtime.GOOS)
	if err != nil {
		return "sh"
	}
	return shell
}

// run is the line from a role to what a shell evaluates.
func (o *envOptions) run(ctx context.Context, env *cli.Env, signIn SignIn, named []string) error {
	if o.profiles { // as those who ask by a profile do, who keep nothing
		o.request.Ahead = renewedAhead
	}
	g, err := signingIn(ctx, env, o.request.Identity, signIn, func() (*granted, error) {
		return grant(ctx, env, o.request, named, !o.noDatabricks)
	})
	if err != nil {
		return err
	}
	vars := slices.Concat(g.variables(), cli.RunVariable(g.request, env.Getenv))
	if o.profiles {
		if vars, err = g.profileVariables(env); err != nil {
			return err
		}
	}
	if !shellenv.IsFile(o.shell) {
		vars = o.switched(env, g, vars)
	}
	text, err := shellenv.Render(o.shell, vars)
	if err != nil {
		return err
	}
	// In one write: a shell must not evaluate half of it.
	if _, err := fmt.Fprint(env.Streams.Out, text); err != nil {
		return err
	}
	if !o.profiles {
		announceExpiry(env, g)
		return nil
	}
	env.Console.Info("dbxaccess: %s, by profiles that renew themselves", strings.Join(append([]string{g.role}, workspaceWord(g)...), " in "))
	warnOfOthers(env, g, vars)
	return nil
}

// switched adds what the shell is to know of the role, and takes out what it had of another.
func (o *envOptions) switched(env *cli.Env, g *granted, vars []shellenv.Variable) []shellenv.Variable {
	to := shellenv.Choice{
		Role: g.role, Workspace: o.request.Workspace, Identity: o.request.Identity, Keys: !o.profiles, NoDatabricks: o.noDatabricks,
	}
	held := shellenv.ReadHeld(env.Getenv)
	return held.Switch(to, vars, o.ends(g), func(name string) bool { return o.noDatabricks && strings.HasPrefix(name, "DATABRICKS_") })
}

func workspaceWord(g *granted) []string {
	if g.token == nil || len(g.further) == 0 {
		return nil
	}
	return []string{cmp.Or(g.workspace, g.tokenProfile)}
}

// clearShell prints what takes out of a shell what dbxaccess has set there.
func clearShell(env *cli.Env, shell string) error {
	held := shellenv.ReadHeld(env.Getenv)
	if held.Empty() {
		env.Console.Info("dbxaccess: this shell has nothing of dbxaccess")
		return nil
	}
	text, err := shellenv.Render(shell, held.Clear())
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(env.Streams.Out, text)
	var again []string
	for _, v := range held.Restored() {
		again = append(again, v.Name+" is "+v.Value)
	}
	env.Console.Info("dbxaccess: %s", strings.Join(append([]string{"this shell has no role now"}, again...), "; "))
	return err
}
