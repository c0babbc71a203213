package use

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// granted are a role's credentials.
type granted struct {
	role      string
	request   broker.Request // with its identity
	profile   string         // of the role
	workspace string         // of the token, by its name in the access map

	tokenProfile string        // of that workspace; "" where it is the role's
	further      []serve.Place // the role's other workspaces, whose tokens are fetched when they are asked for

	region string
	keys   *sts.Credentials  // nil without any
	token  *databricks.Token // nil without one

	ends, warnAt time.Time // see cli.SessionEnd

	noCopies bool // the map's policy has env: deny for the role's data
}

// grant gets the credentials of a role (see cli.PickRole), and the token of its workspace: both or nothing. A person at a terminal is
// asked for a reason where it takes one.
func grant(ctx context.Context, env *cli.Env, r broker.Request, named []string, withDatabricks bool) (*granted, error) {
	return cli.WithReason(ctx, env, r, func(r broker.Request) (*granted, error) { return grantOnce(ctx, env, r, named, withDatabricks) })
}

func grantOnce(ctx context.Context, env *cli.Env, r broker.Request, named []string, withDatabricks bool) (*granted, error) {
	if err := checkFor(r.For); err != nil {
		return nil, err
	}
	r.Copied = r.Ahead == 0 // else they are renewed
	b, r, err := cli.PickRole(ctx, env, r, named)
	if err != nil {
		return nil, err
	}
	if r, err = b.Resolve(ctx, r); err != nil {
		return nil, err
	}
	// Unlike the warm path of credential-process, this needs the map, for the role's region and workspace.
	view, err := b.View()
	if err != nil {
		return nil, err
	}
	g := &granted{role: r.Role, request: r, profile: view.ProfileName(r.Identity, r.Role)}
	role, err := view.Map.Effective(r.Role)
	switch {
	case err != nil:
		if _, why := b.Credentials(ctx, r); why != nil { // which says more
			err = why
		}
	case r.Workspace != "" && !withDatabricks:
		err = ui.Errorf("workspace-without-databricks", ui.Usage, "--workspace %s names a workspace, and --no-databricks does without any", ui.Clean(r.Workspace)).
			With(ui.Advice("leave one of them out"))
	case r.Workspace != "" && !slices.Contains(role.Workspaces(), r.Workspace):
		_, err = b.WorkspaceToken(ctx, r) // which says more
	case !role.AtAWS && role.Workspace != "" && r.From == (broker.Vended{}):
		err = withoutAWS(r, withDatabricks)
	default:
		err = g.addAWS(ctx, env, b, r, role.Region)
	}
	if err != nil {
		return nil, err
	}
	if data, err := view.Map.Sensitive(r.Role, nil); err == nil { // all of it: --scope narrows no token
		g.noCopies = data.Handling.Env == accessmap.Deny
	}
	cli.WarnOfEndOf(ctx, env, b, r.Identity)
	cli.WarnOfGrantEnd(ctx, env, b, r)
	g.ends, g.warnAt = cli.SessionEnd(ctx, b, r.Identity)
	workspace, ok := role.In(r.Workspace)
	if !ok || !withDatabricks || !workspace.Login.Serves(view.Map.Identities[r.Identity].Method()) {
		return g, nil
	}
	token, err := b.WorkspaceToken(ctx, r)
	if token != nil && err != nil {
		warnNotRenewed(env, "the Databricks token", token.Expires, err)
		err = nil
	}
	if err != nil && !role.AtAWS {
		return nil, err
	}
	if err != nil {
		return nil, ui.Errorf("", ui.CodeOf(err), "%w", err).With(ui.Advice("to do without the workspace: add --no-databricks"))
	}
	g.token = token
	g.takePlaces(view.Workplaces(view.Map.Identities[r.Identity], role), workspace.Name)
	return g, nil
}

// takePlaces notes which of the role's workspaces the token is for, and the others that give one.
func (g *granted) takePlaces(all []access.Workplace, meant string) {
	g.workspace = meant
	for _, w := range all {
		switch {
		case w.Workspace == meant:
			g.tokenProfile = w.Profile
		case w.GivesToken:
			g.further = append(g.further, serve.Place{
				Host: w.Host, AccountID: w.Account, WorkspaceID: w.WorkspaceID, Profile: w.Profile, Name: w.Workspace,
			})
		}
	}
}

// withoutAWS refuses what a role of Databricks alone can't be asked for.
func withoutAWS(r broker.Request, withDatabricks bool) error {
	switch {
	case !withDatabricks:
		return ui.Errorf("nothing-to-pass", ui.Usage, "the role %s is for Databricks alone: without its workspace nothing is left", r.Role).
			With(ui.Advice("leave --no-databricks out"))
	case len(r.Scope) > 0:
		return ui.Errorf("scope-without-aws", ui.Usage, "--scope narrows AWS credentials, and the role %s is for Databricks alone", r.Role).
			With(ui.Advice("leave --scope out"))
	}
	return nil
}

// addAWS adds the role's AWS keys.
func (g *granted) addAWS(ctx context.Context, env *cli.Env, b *broker.Broker, r broker.Request, region string) error {
	keys, err := b.Credentials(ctx, r)
	if keys == nil {
		return err
	}
	if err != nil {
		warnNotRenewed(env, "the AWS credentials", keys.Expires, err)
	}
	g.keys, g.region = keys, region
	return nil
}

// vended: the AWS keys are not the role's own.
func (g *granted) vended() bool { return g.request.From != (broker.Vended{}) }

// variables are the credentials themselves, for a program's environment.
func (g *granted) variables() (all []shellenv.Variable) {
	if g.keys != nil {
		all = awsVariables(g.keys, g.region)
		if g.vended() {
			all = ofVended(all, g.keys.Reaches, g.keys.AccessPoint)
		}
	}
	if g.token != nil {
		all = append(all, databricksVariables(g.token)...)
	}
	return all
}

// life is when something ends, with the words for it.
type life struct {
	what, verb string
	ends       time.Time
}

func (g *granted) lives() (all []life) {
	if g.keys != nil {
		all = append(all, life{"AWS keys", "expire", g.keys.Expires})
	}
	if g.token != nil {
		all = append(all, life{"the Databricks token", "expires", g.token.Expires})
	}
	return all
}

// end is when the credentials end for good, as far as that is known: copies with the first of them, others with the session.
func (g *granted) end(copied bool) time.Time {
	if !copied {
		return g.ends
	}
	first := func(a, b life) int { return a.ends.Compare(b.ends) }
	return slices.MinFunc(g.lives(), first).ends
}

// warnNotRenewed warns that credentials live, but could not be renewed ahead of time.
func warnNotRenewed(env *cli.Env, what string, ends time.Time, why error) {
	env.Console.Warn(ui.Warning{
		ID: "credentials-not-renewed", Fix: ui.FixOf(why),
		What: fmt.Sprintf("%s can't be renewed, and end in %s: %v", what, ui.Remaining(ends, env.Now()), why),
	})
}

// awsVariables give AWS's programs their keys; those without a value would override them and are unset.
func awsVariables(keys *sts.Credentials, region string) []shellenv.Variable {
	return []shellenv.Variable{
		{Name: "AWS_ACCESS_KEY_ID", Value: keys.AccessKeyID},
		{Name: "AWS_SECRET_ACCESS_KEY", Value: keys.SecretAccessKey.Reveal()},
		{Name: "AWS_SESSION_TOKEN", Value: keys.SessionToken.Reveal()},
		{Name: "AWS_CREDENTIAL_EXPIRATION", Value: keys.Expires.UTC().Format(time.RFC3339)},
		// SDKs build endpoints from it: the keys of one account must not stand beside the number of another.
		{Name: "AWS_ACCOUNT_ID", Value: keys.AccountID},
		{Name: "AWS_REGION", Value: region},
		{Name: "AWS_DEFAULT_REGION", Value: region},
		// JavaScript's and .NET's SDKs prefer the profile to keys; the CLI fails where it does not exist.
		{Name: "AWS_PROFILE"},
		{Name: "AWS_DEFAULT_PROFILE"},
		// The old name of AWS_SESSION_TOKEN. botocore, and so the CLI, looks there first.
		{Name: "AWS_SECURITY_TOKEN"},
		// .NET's SDK 3 prefers it to keys (FallbackCredentialsFactory); pods of Kubernetes on AWS have it set.
		{Name: "AWS_WEB_IDENTITY_TOKEN_FILE"},
	}
}

// databricksVariables do the same for a workspace: each of Databricks' is set for the token, or unset. The auth type makes
// the SDKs ignore other credentials; MLflow knows none and prefers a user name and password to the token.
func databricksVariables(token *databricks.Token) []shellenv.Variable {
	_, hostname, _ := strings.Cut(token.Host, "://")
	set := map[string]string{
		"DATABRICKS_HOST": token.Host, "DATABRICKS_SERVER_HOSTNAME": hostname, "DATABRICKS_TOKEN": token.AccessToken.Reveal(), "DATABRICKS_AUTH_TYPE": "pat",
		"DATABRICKS_ACCOUNT_ID": token.AccountID, "DATABRICKS_WORKSPACE_ID": token.WorkspaceID,
	}
	return databricksVariablesOf(set)
}

// announceExpiry tells when the credentials expire, as nothing renews those in an environment: a person, or the log of a job
// that may run for longer.
func announceExpiry(env *cli.Env, g *granted) {
	var ends []string
	for _, l := range g.lives() {
		ends = append(ends, l.what+" "+l.verb+" in "+ui.Remaining(l.ends, env.Now()))
	}
	env.Console.Info("dbxaccess: %s: %s", g.role, strings.Join(ends, ", "))
	if g.vended() {
		announceVended(env, g.keys)
	}
}

func forFlag(cmd *cobra.Command, value *time.Duration) {
	cmd.Flags().DurationVar(value, "for", 0, "how `long` the credentials have to last, as in 50m; without it, three quarters of their life")
}

func checkFor(life time.Duration) error {
	if life < 0 || life > sts.MaxLife {
		return ui.Errorf("for-out-of-range", ui.Usage, "--for %s is no life of a credential: %s at most", life, sts.MaxLife).
			With(ui.Advice("as in: --for 50m"))
	}
	return nil
}

// warnOfShortLife warns where renewed credentials can't have as much left as a person wants; asking takes a moment.
func warnOfShortLife(env *cli.Env, g *granted, wanted time.Duration) {
	for _, l := range g.lives() {
		if left := l.ends.Sub(env.Now()).Round(time.Second); left+time.Minute < wanted {
			env.Console.Warn(ui.Warning{ID: "life-shorter", What: fmt.Sprintf(
				"--for asks for %s, and %s of %s can be had for %s at most now; they are renewed all the same", wanted, l.what, g.role, left)})
		}
	}
}
