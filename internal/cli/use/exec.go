package use

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewExec is `exec`.
func NewExec(env *cli.Env) *cobra.Command {
	var (
		r            broker.Request
		static       bool
		noDatabricks bool
	)
	cmd := &cobra.Command{
		Use:   "exec [ROLE] [-- COMMAND [ARGS...]]",
		Short: "Run a program, or a shell, with a role's credentials",
		Long: `Runs a program with a role's credentials, AWS's and those of the role's Databricks workspace, and renews them
for as long as it runs: a process of dbxaccess's beside it serves them to AWS's and Databricks' SDKs on this machine's
loopback, from memory, and ends with it. What would win over them is taken out of the program's environment, such as
AWS_PROFILE and DATABRICKS_TOKEN, and its AWS and Databricks config files are empty ones of its own. Where your sign-in
ends meanwhile, that is said on the terminal; after dbxaccess login in another one it goes on.

Without COMMAND it is your shell ($SHELL). Without ROLE it is default_role of your settings, the only role you may take, or
the one you choose. Everything after -- is the program's own.

--static passes keys and a token in variables instead, for programs that know nothing else, such as ODBC drivers. These
are not renewed and usually expire after an hour; at least three quarters of their life are left, or what --for asks for.

The program takes dbxaccess's place: same process, same terminal, and its exit code is the one you see
(on Windows it is started and waited for). 127 means that there is no such program, 126 that it can't
be run; other codes of dbxaccess itself, such as 4 where a login is needed, mean that nothing was run.`,
		Example: `  dbxaccess exec ml-trainer -- python train.py --epochs 300
  dbxaccess exec ml-trainer --scope churn -- aws s3 ls s3://acme-ml/churn/
  dbxaccess exec ml-trainer
  dbxaccess exec ml-trainer --static -- isql acme`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault // files
			}
			return env.CompleteRoles(cmd, args, typed)
		},
		Args: checkExecLine,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, words := args, []string(nil)
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				named, words = args[:dash], args[dash:]
			}
			p, err := findProgram(env.Getenv, words)
			if err != nil {
				return err
			}
			if !static {
				r.Ahead = max(serve.AheadToken, r.For)
			}
			g, err := grant(cmd.Context(), env, r, named, !noDatabricks)
			if err != nil {
				return err
			}
			if static {
				announceExpiry(env, g)
				return p.run(env, g.variables)
			}
			return runServed(cmd.Context(), env, handover{Roles: []handedRole{hand(g)}}, p)
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return ui.Errorf("", ui.Usage, "%w", cli.WrongFlag(cmd, err)).
			With(ui.Advice("the command's own flags go after --: " + execLine(cmd, "", nil)))
	})
	cmd.Flags().BoolVar(&static, "static", false, "pass keys and a token that expire and are not renewed")
	forFlag(cmd, &r.For)
	noDatabricksFlag(cmd, &noDatabricks)
	cli.IdentityFlag(env, cmd, &r.Identity)
	cli.ScopeFlag(cmd, &r.Scope)
	return cmd
}

// checkExecLine rejects a wrong command line and suggests the right one, as far as it is known.
func checkExecLine(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	ours, command := args, []string(nil)
	if dash >= 0 {
		ours, command = args[:dash], args[dash:]
	}
	role := ""
	if len(ours) > 0 {
		role = ours[0]
	}
	wrong := ""
	switch {
	case dash >= 0 && len(command) == 0: // as of `-- "$@"` in a script: no shell was meant
		wrong = "the command is missing after --"
	case len(ours) > 1:
		wrong, command = "-- is missing between the role and the command", append(ours[1:len(ours):len(ours)], command...)
	default:
		return nil
	}
	return ui.Errorf("exec-line-wrong", ui.Usage, "%s", wrong).With(ui.Command(execLine(cmd, role, command)))
}

// execLine is the corrected command line with the flags that were given, ready to copy.
func execLine(cmd *cobra.Command, role string, command []string) string {
	words := []string{cmd.CommandPath()}
	if role == "" {
		words = append(words, "ROLE")
	} else {
		words = append(words, ui.Word(role))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name, ui.Word(f.Value.String()))
		}
	})
	words = append(words, "--")
	for _, word := range command {
		words = append(words, ui.Word(word))
	}
	if len(command) == 0 {
		words = append(words, "COMMAND", "[ARGS...]")
	}
	return strings.Join(words, " ")
}
