package use

import (
	"errors"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The exit codes of shells, and of env(1) and nohup(1), for a command that could not be started (POSIX, Shell Command
// Language, section 2.8.2). Every other code of exec's is the command's own.
const (
	notExecutable ui.Code = 126
	notFound      ui.Code = 127
)

// NewExec is `exec`.
func NewExec(env *cli.Env) *cobra.Command {
	var (
		r            broker.Request
		static       bool
		noDatabricks bool
	)
	cmd := &cobra.Command{
		Use:   "exec [ROLE] --static -- COMMAND [ARGS...]",
		Short: "Run a program with a role's credentials",
		Long: `Runs a program with a role's credentials in its environment: AWS keys, and for a role with a workspace
its Databricks host and a token. Variables that would win over these, such as AWS_PROFILE and
DATABRICKS_CONFIG_PROFILE, are taken out of its environment; nothing is written anywhere, and the
shell stays as it is.

The credentials are not renewed while the program runs and usually expire after an hour; --static accepts
that. At least three quarters of their life are left, or what --for asks for. Everything after -- is the program's own.

Without ROLE it is default_role of your settings, the only role you may take, or the one you choose.

The program takes dbxaccess's place: same process, same terminal, and its exit code is the one you see
(on Windows it is started and waited for). 127 means that there is no such program, 126 that it can't
be run; other codes of dbxaccess itself, such as 4 where a login is needed, mean that nothing was run.`,
		Example: `  dbxaccess exec ml-trainer --static -- aws s3 ls s3://acme-ml/churn/
  dbxaccess exec ml-trainer --static --scope churn -- python train.py --epochs 3
  dbxaccess exec ml-trainer --static -- sh -c 'aws sts get-caller-identity && dbt run'`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault // files
			}
			return env.CompleteRoles(cmd, args, typed)
		},
		Args: func(cmd *cobra.Command, args []string) error {
			return checkExecLine(cmd, args, static)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dash := cmd.ArgsLenAtDash()
			named, command := args[:dash], args[dash:]
			path, err := findProgram(command[0])
			if err != nil {
				return err
			}
			g, err := grant(cmd.Context(), env, r, named, !noDatabricks)
			if err != nil {
				return err
			}
			announceExpiry(env, g)
			return run(env.Unharden, path, command, shellenv.Apply(env.Environ(), g.variables, runtime.GOOS == "windows"))
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return ui.Errorf("", ui.Usage, "%w", cli.WrongFlag(cmd, err)).
			With(ui.Advice("the command's own flags go after --: " + execLine(cmd, "", nil)))
	})
	cmd.Flags().BoolVar(&static, "static", false, "pass credentials that expire and are not renewed")
	forFlag(cmd, &r.For)
	noDatabricksFlag(cmd, &noDatabricks)
	cli.IdentityFlag(env, cmd, &r.Identity)
	cli.ScopeFlag(cmd, &r.Scope)
	return cmd
}

// run replaces this process with the program: see cli.Become.
func run(unharden func(), path string, command, environ []string) error {
	err := cli.Become(unharden, path, command, environ)
	if _, ended := errors.AsType[cli.Ended](err); ended || err == nil {
		return err
	}
	failed := ui.Errorf("program-not-executable", notExecutable, "%q can't be run: %s: %w", command[0], path, err)
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return failed.With(ui.Advice("a script without a #! line needs its shell named: -- sh " + ui.Word(path)))
	case errors.Is(err, fs.ErrNotExist):
		return failed.With(ui.Advice("the program that the first line of the script names is missing"))
	}
	return failed
}

// checkExecLine rejects a wrong command line and suggests the right one, as far as it is known.
func checkExecLine(cmd *cobra.Command, args []string, static bool) error {
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
	case dash < 0 && len(ours) < 2, dash >= 0 && len(command) == 0:
		wrong = "the command is missing"
	case len(ours) > 1:
		wrong, command = "-- is missing between the role and the command", append(ours[1:len(ours):len(ours)], command...)
	case !static:
		wrong = "exec passes credentials that expire; add --static to accept that"
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
	words = append(words, "--static")
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case f.Name == "static":
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

// findProgram looks the command up before any credentials are requested.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path, nil
	case errors.Is(err, exec.ErrDot):
		return "", ui.Errorf("program-here-only", notFound, "%q: found in the current directory only", name).
			With(ui.Advice("if you mean it: ./" + name))
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", ui.Errorf("program-not-found", notFound, "%q: command not found", name)
	}
	if lookup, ok := errors.AsType[*exec.Error](err); ok {
		err = lookup.Err
	}
	return "", ui.Errorf("program-not-executable", notExecutable, "%q can't be run: %w", name, err)
}
