package helper

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewAuth is `auth`.
func NewAuth(env *cli.Env) *cobra.Command {
	return cli.Group("auth", "Answer Databricks clients",
		`What the Databricks SDKs and Terraform run through databricks_cli_path of a profile in ~/.databrickscfg.`, newAuthToken(env))
}

func newAuthToken(env *cli.Env) *cobra.Command {
	var q question
	var socket string
	cmd := &cobra.Command{
		Use:   "token [PROFILE]",
		Short: "Print a workspace token for a Databricks client (databricks_cli_path)",
		Long: `Prints one JSON object with a token for the workspace of a profile, as the Databricks SDKs expect it of the
program that databricks_cli_path names. It never asks anything: if a login is needed, it says so on stderr and exits
with 4. The token comes from the keyring while enough of its life is left, also with --force-refresh.

Which profile is meant goes by the same order as in the Databricks CLI: PROFILE (or HOST) as an argument, --profile,
DATABRICKS_CONFIG_PROFILE, --host, DATABRICKS_HOST, and the default_profile of the config file. A profile that signs in
with anything but dbxaccess, such as a client secret, is another principal's and gets no token.

With --socket, or DBXACCESS_SOCKET, the token comes from the dbxaccess exec that serves that Unix socket, for one of
its workspaces, without keyring, access map and network: as in a container, or at the far end of an SSH connection.`,
		Example: `  dbxaccess auth token --profile dbx-ml-trainer
  dbxaccess auth token dbx-ml-trainer
  dbxaccess auth token --host https://dbc-1234.cloud.databricks.com`,
		// Clients pass flags that later versions of the contract add: an unknown one must not fail the request.
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
		Args:               cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := named(cmd, env.Args, args); err != nil {
				return err
			}
			asked, err := socketClient(env, cmd, socket)
			if err != nil {
				return err
			}
			var token *credential.Token
			if asked != nil {
				token, err = socketToken(cmd.Context(), env, asked, q, args)
			} else {
				token, err = workspaceToken(cmd.Context(), env, q, args)
			}
			if err != nil {
				return err
			}
			answer, err := token.HelperJSON(time.Local)
			if err != nil {
				return err
			}
			_, err = env.Streams.Out.Write(append(answer, '\n'))
			return err
		},
	}
	cmd.Flags().StringVarP(&q.profile, "profile", "p", "", "`section` of ~/.databrickscfg")
	cmd.Flags().StringVar(&q.host, "host", "", "`address` of the workspace, where no profile is given")
	cmd.Flags().StringVar(&q.accountID, "account-id", "", "Databricks `account`, where the host is the account console")
	cmd.Flags().StringVar(&q.workspaceID, "workspace-id", "", "`workspace`, where the host serves several")
	_ = cmd.RegisterFlagCompletionFunc("profile", env.CompleteProfiles)
	_ = cmd.RegisterFlagCompletionFunc("host", env.CompleteHosts)
	socketFlag(cmd, &socket)
	cli.AgentFlag(env, cmd)
	cmd.Flags().Bool("force-refresh", false, "accepted for compatibility: every token printed has enough life left")
	return cmd
}

// named refuses a command line whose profile or host is lost: empty, as from a variable that is not set, or behind a flag that
// is not known, which might take it for its value. The environment's would be answered in its place. line is the whole of it.
func named(cmd *cobra.Command, line, args []string) error {
	flags := cmd.Flags()
	empty := slices.Contains(args, "")
	for _, name := range []string{"profile", "host"} {
		empty = empty || flags.Changed(name) && flags.Lookup(name).Value.String() == ""
	}
	if empty {
		return ui.Errorf("profile-empty", ui.Usage, "a profile or host is given, and it is empty").
			With(ui.Command("dbxaccess auth token --profile PROFILE"))
	}
	if flags.Changed("profile") || flags.Changed("host") {
		return nil
	}
	flags.ParseErrorsAllowlist.UnknownFlags = false
	if err := flags.Parse(line); err != nil {
		return cli.WrongFlag(cmd, err)
	}
	return nil
}

func workspaceToken(ctx context.Context, env *cli.Env, q question, args []string) (*databricks.Token, error) {
	file, err := env.DatabricksFile()
	if err != nil {
		return nil, err
	}
	b, err := env.Broker(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	if !settings.Writes(profiles.ForDatabricks) {
		q.unwritten = settings.Profiles
	}
	asked, known := q.asked(env, settings, file, args)
	if known {
		if token, err := b.Remembered(ctx, asked); token != nil || err != nil {
			return token, err
		}
	}
	ours := func(profile string) (bool, error) {
		view, err := b.View()
		if err != nil {
			return false, err
		}
		_, _, _, ours := view.RoleOfProfile(profile)
		return ours, nil
	}
	if err := q.complete(env.Getenv, ours, file, args); err != nil {
		return nil, err
	}
	if q.profile == "" && q.host == "" {
		return nil, ui.Errorf("profile-and-host-missing", ui.Usage, "neither --profile nor --host is given").
			With(ui.Command("dbxaccess auth token --profile PROFILE"))
	}
	r, err := q.request(ctx, env.Getenv, b, file)
	if err != nil {
		return nil, err
	}
	if again, err := stamp.Of(file.Path); known && q.byName && err == nil && again.Equal(asked.Profiles) {
		b.Remember(asked, r)
	}
	return b.WorkspaceToken(ctx, r)
}

// asked is what the client asks, before any file is read; false where there is no file to be stamped.
func (q *question) asked(env *cli.Env, s *config.Settings, file profiles.Target, args []string) (credential.Question, bool) {
	asked := credential.Question{
		Program: env.Version.Build(), Prefix: s.ProfilePrefix, Words: slices.Concat([]string{s.ProfileName, q.profile, q.host, q.accountID, q.workspaceID}, args),
		Agent: env.Asker().Agent,
	}
	for _, name := range []string{profileVariable, hostVariable, accountVariable, workspaceVariable, "DATABRICKS_CLI_PATH"} {
		asked.Words = append(asked.Words, env.Getenv(name))
	}
	path, _, err := s.MapFile()
	if err == nil {
		asked.Map, err = stamp.Of(path)
	}
	if err == nil {
		asked.Profiles, err = stamp.Of(file.Path)
	}
	return asked, err == nil
}

// maxHelperWords bounds a helper's stderr in bytes: clients copy it into their own messages.
const maxHelperWords = 1000

// Briefly bounds and adapts a helper's messages for its client.
func Briefly(stderr io.Writer) io.Writer { return &briefly{w: stderr, left: maxHelperWords} }

// briefly passes on the first bytes of what is written. "not found" becomes "missing": the Databricks SDK for Java takes
// these two words for the shell's complaint that the helper is not installed.
// https://github.com/databricks/databricks-sdk-java/blob/main/databricks-sdk-java/src/main/java/com/databricks/sdk/core/CliTokenSource.java
type briefly struct {
	w    io.Writer
	left int
}

func (b *briefly) Write(p []byte) (int, error) {
	text := strings.ReplaceAll(string(p), "not found", "missing")
	if len(text) > b.left {
		text = strings.ToValidUTF8(text[:b.left], "")
	}
	b.left -= len(text)
	if text == "" {
		return len(p), nil
	}
	_, err := io.WriteString(b.w, text)
	return len(p), err
}
