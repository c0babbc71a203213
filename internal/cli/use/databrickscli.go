package use

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// databricksCLI is the command, as scripts that run it have it.
const databricksCLI = "databricks-cli"

// NewDatabricksCLI is `databricks-cli`.
func NewDatabricksCLI(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   databricksCLI + " [ARGS...]",
		Short: "Run the Databricks CLI under a role",
		Long: `Runs the databricks of your PATH, with all arguments as they are, and serves it the token of a role's workspace for as
long as it runs. The Databricks CLI asks no helper for tokens, so that the profiles of dbxaccess alone are not enough for it.

Which role is meant goes by the profile (-p, DATABRICKS_CONFIG_PROFILE, or what a bundle names), else the host (DATABRICKS_HOST,
or a bundle's), else the default profile of ~/.databrickscfg, else DBXACCESS_ROLE or default_role of your settings. What is none of
dbxaccess's is left to the Databricks CLI: a profile with a token of its own, credentials in the environment, auth login and
auth profiles. So is all of it in a program that dbxaccess exec runs.

You need not type it: dbxaccess shell-init has a function databricks for your shell. For programs that start databricks by
themselves, such as make or an IDE, --install-shim writes a program databricks into a directory, to be put first in PATH.`,
		Example: `  eval "$(dbxaccess shell-init bash)"; databricks -p dbx-ml-trainer clusters list
  dbxaccess databricks-cli -p dbx-ml-trainer bundle deploy
  dbxaccess databricks-cli --install-shim ~/.local/share/dbxaccess/bin`,
		DisableFlagParsing: true, // --help too is the Databricks CLI's
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "--debug") { // the Databricks CLI has it, too
				_ = cmd.Root().PersistentFlags().Set("debug", "true")
			}
			if len(args) > 1 && args[0] == "--debug" && args[1] == installShim {
				args = args[1:]
			}
			if len(args) > 0 && args[0] == installShim {
				if err := env.OnlyPerson(cmd.Context(), cmd.CommandPath()+" "+installShim); err != nil {
					return err
				}
				return writeShim(env, args[1:])
			}
			return runDatabricksCLI(cmd.Context(), env, args)
		},
	}
}

func runDatabricksCLI(ctx context.Context, env *cli.Env, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path, err := findDatabricks(env.Getenv("PATH"), self)
	if err != nil {
		return err
	}
	p := program{path: path, words: append([]string{"databricks"}, args...)}
	line := readClientLine(args)
	if !line.wantsToken(env.Getenv) {
		return p.run(env, nil)
	}
	env.HeldBy(os.Getpid(), p.name())
	b, r, profile, err := line.role(ctx, env)
	switch {
	case err != nil:
		return err
	case r.Role == "":
		return p.run(env, nil)
	case line.signsIn():
		return ui.Errorf("profile-signed-in-here", ui.Usage, "the profile %s is of dbxaccess, which signs in for it", ui.Clean(profile)).
			With(ui.Command("dbxaccess login"))
	}
	if r, err = b.Resolve(ctx, r); err != nil {
		return err
	}
	if profile == "" {
		view, err := b.View()
		if err != nil {
			return err
		}
		profile = view.ProfileName(r.Identity, r.Role)
	}
	r.Ahead = serve.AheadToken
	token, err := b.WorkspaceToken(ctx, r)
	if token == nil {
		return err
	}
	if err != nil {
		warnNotRenewed(env, "the Databricks token", token.Expires, err)
	}
	if line.is("auth", "token") { // of which the Databricks CLI has none where it did not sign in itself
		answer, err := token.HelperJSON(time.Local)
		if err == nil {
			_, err = env.Streams.Out.Write(append(answer, '\n'))
		}
		return err
	}
	g := &granted{request: r, profile: profile, workspace: r.Workspace, token: token}
	g.ends, g.warnAt = cli.SessionEnd(ctx, b, r.Identity)
	return runServed(ctx, env, handover{Asker: env.Asker(), Roles: []handedRole{hand(g)}, Profile: true}, p)
}
