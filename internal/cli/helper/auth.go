package helper

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewAuth is `auth`.
func NewAuth(env *cli.Env) *cobra.Command {
	return cli.Group("auth", "Answer Databricks clients",
		`What the Databricks SDKs and Terraform run through databricks_cli_path of a profile in ~/.databrickscfg.`, newAuthToken(env))
}

type tokenOptions struct {
	profile   string
	host      string
	accountID string
}

func newAuthToken(env *cli.Env) *cobra.Command {
	var o tokenOptions
	cmd := &cobra.Command{
		Use:   "token --profile PROFILE | --host HOST",
		Short: "Print a workspace token for a Databricks client (databricks_cli_path)",
		Long: `Prints one JSON object with a token for the workspace of a profile, as the Databricks SDKs expect it of the
program that databricks_cli_path names. It never asks anything: if a login is needed, it says so on stderr and exits
with 4. The token comes from the keyring while enough of its life is left, also with --force-refresh.`,
		Example: `  dbxaccess auth token --profile dbx-ml-trainer
  dbxaccess auth token --host https://dbc-1234.cloud.databricks.com`,
		// Clients pass flags that later versions of the contract add: an unknown one must not fail the request.
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
		Args:               cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			token, err := workspaceToken(cmd.Context(), env, o)
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
	cmd.Flags().StringVar(&o.profile, "profile", "", "section of ~/.databrickscfg")
	cmd.Flags().StringVar(&o.host, "host", "", "address of the workspace, where no profile is given")
	cmd.Flags().StringVar(&o.accountID, "account-id", "", "Databricks account, where the host is the account console")
	cmd.Flags().Bool("force-refresh", false, "accepted for compatibility: every token printed has enough life left")
	return cmd
}

func workspaceToken(ctx context.Context, env *cli.Env, o tokenOptions) (*databricks.Token, error) {
	if o.profile == "" && o.host == "" {
		return nil, ui.Errorf("profile-and-host-missing", ui.Usage, "neither --profile nor --host is given").
			With(ui.Command("dbxaccess auth token --profile PROFILE"))
	}
	b, err := env.Broker(ctx)
	if err != nil {
		return nil, err
	}
	r, err := requestOf(ctx, env, b, o)
	if err != nil {
		return nil, err
	}
	return b.WorkspaceToken(ctx, r)
}

// requestOf finds the role that a client means: by the profile's name if dbxaccess gave it, else by its host.
func requestOf(ctx context.Context, env *cli.Env, b *broker.Broker, o tokenOptions) (broker.Request, error) {
	view, err := b.View()
	if err != nil {
		return broker.Request{}, err
	}
	if o.profile == "" {
		host, err := databricks.NormalizeHost(o.host)
		if err != nil {
			return broker.Request{}, err
		}
		return b.ForHost(ctx, host, o.accountID)
	}
	file, err := env.DatabricksFile()
	if err != nil {
		return broker.Request{}, err
	}
	entry, err := file.Find(o.profile)
	if err != nil {
		return broker.Request{}, err
	}
	if entry == nil {
		return broker.Request{}, noProfile(view, file.Path, o.profile)
	}
	host, err := databricks.NormalizeHost(entry.Host)
	if err != nil {
		return broker.Request{}, ui.Errorf("profile-host-wrong", ui.Failed, "the profile %s: %w", ui.Clean(o.profile), err).
			With(ui.Advice("correct its host in " + file.Path + ", or run dbxaccess profiles sync"))
	}
	if other, err := databricks.NormalizeHost(o.host); err == nil && other != host {
		return broker.Request{}, ui.Errorf("profile-host-differs", ui.Failed,
			"the profile %s has the host %s, but --host is %s", ui.Clean(o.profile), host, other).
			With(ui.Advice("give either --profile or --host"))
	}
	if other, err := databricks.NormalizeHost(env.Getenv("DATABRICKS_HOST")); err == nil && other != host {
		// For the SDKs the environment overrides the profile: they would send the token there.
		return broker.Request{}, ui.Errorf("databricks-host-set", ui.Failed,
			"the client would send the token of the profile %s, made for %s, to DATABRICKS_HOST %s", ui.Clean(o.profile), host, other).
			With(ui.Command("unset DATABRICKS_HOST"))
	}
	identity, role, ours := view.RoleOfProfile(o.profile)
	if !ours {
		return b.ForHost(ctx, host, o.accountID)
	}
	workspace, err := workspaceOfRole(view, role)
	if err != nil {
		return broker.Request{}, err
	}
	if workspace.Host != host { // a token must only go to the host it was issued for
		return broker.Request{}, ui.Errorf("profile-out-of-date", ui.Failed,
			"the profile %s has the host %s, but the access map has %s for its role %s", ui.Clean(o.profile), host, ui.OrDash(workspace.Host), role).
			With(ui.Command("dbxaccess profiles sync"))
	}
	if o.accountID != "" && workspace.AccountID != "" && !strings.EqualFold(o.accountID, workspace.AccountID) {
		return broker.Request{}, ui.Errorf("account-differs", ui.Failed,
			"the profile %s belongs to the account %s, but --account-id is %s", ui.Clean(o.profile), workspace.AccountID, ui.Clean(o.accountID)).
			With(ui.Advice("leave --account-id out"))
	}
	return broker.Request{Identity: identity, Role: role}, nil
}

// workspaceOfRole is the workspace of a role of the map, the zero one if it has none.
func workspaceOfRole(view *access.View, role string) (accessmap.Workspace, error) {
	effective, err := view.Map.Effective(role)
	if err != nil || effective.Workspace == "" {
		return accessmap.Workspace{}, err
	}
	return *view.Map.Workspaces[effective.Workspace], nil
}

// noProfile is the error for a profile that is not in the file.
func noProfile(view *access.View, path, profile string) error {
	fix := ui.Advice("dbxaccess profiles show lists those of dbxaccess")
	if _, role, ours := view.RoleOfProfile(profile); ours {
		fix = ui.Command("dbxaccess profiles sync")
		if workspace, err := workspaceOfRole(view, role); err == nil && workspace.Host == "" {
			fix = ui.Advice("the role " + role + " has no Databricks workspace in the access map")
		}
	}
	return ui.Errorf("profile-missing", ui.Failed, "%s has no profile %s", ui.Clean(path), ui.Clean(profile)).With(fix)
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
