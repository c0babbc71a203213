package workspacecmd

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
	"github.com/dbxaccess/dbxaccess/internal/workspace/live"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// asked is what plan, apply and drift are told.
type asked struct {
	request broker.Request
	roles   []string // one, or none
	file    string   // of the map, "" for the one in use
	output  string
	prune   bool
	yes     bool
}

// flags are those that the three have, besides -o.
func (a *asked) flags(env *cli.Env, cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.file, "map", "", "what has to stand by this `file` instead of the map in use, which still says who you are")
	cli.IdentityFlag(env, cmd, &a.request.Identity)
	cli.WorkspaceFlag(env, cmd, &a.request.Workspace)
}

// again are the role and the options by which a command is about the same workspace and map.
func (a asked) again(role string) []string {
	return append([]string{role}, cli.Given([][2]string{{"identity", a.request.Identity}, {"workspace", a.request.Workspace}, {"map", a.file}})...)
}

func (a asked) pruning() string {
	if a.prune {
		return " --prune"
	}
	return ""
}

// subject is what was planned: where, and as whom.
type subject struct {
	Workspace string `json:"workspace"`
	Host      string `json:"host"`
	AccountID string `json:"account_id,omitempty"` // of an account console
	Role      string `json:"role"`                 // with whose token it was read
	UserName  string `json:"user_name,omitempty"`  // who that is in the workspace
}

// planned is a plan, and what it was made of.
type planned struct {
	subject

	live   *live.Live
	wanted *plan.Wanted
	rest   string // the command that shows what is left to do
	*plan.Plan
}

// read makes the plan.
func read(ctx context.Context, env *cli.Env, a asked) (*planned, error) {
	b, r, err := cli.PickRole(ctx, env, a.request, a.roles)
	if err != nil {
		return nil, err
	}
	token, err := b.WorkspaceToken(ctx, r)
	if err != nil {
		return nil, err
	}
	m, name, err := a.place(env, r, token)
	if err != nil {
		return nil, err
	}
	p := &planned{subject: subject{Workspace: name, Host: token.Host, Role: r.Role}}
	if p.wanted, err = plan.Of(m, name, env.Now()); err != nil {
		return nil, err
	}
	p.wanted.Again = a.again(r.Role)
	p.rest = "dbxaccess workspace plan " + strings.Join(p.wanted.Again, " ") + a.pruning()
	client, err := workspace.New(env.HTTP(0), token, workspace.Options{Account: true, Renew: renewing(env, b, r, token)})
	if err != nil {
		return nil, err
	}
	var me *databricks.Principal
	if token.AtConsole() {
		p.AccountID = token.AccountID
	} else if me, err = client.Me(ctx); err != nil {
		return nil, err
	} else {
		p.UserName = me.UserName
	}
	p.live = live.New(client, me)
	next, end := telling(env)
	standing, err := p.live.Read(ctx, p.wanted, next)
	end()
	if err != nil {
		return nil, err
	}
	p.Plan = plan.Compare(p.wanted, standing, a.prune)
	return p, nil
}

// renewing gives the token in use until it is about to end: each one that the broker serves is recorded.
func renewing(env *cli.Env, b *broker.Broker, r broker.Request, token *databricks.Token) func(context.Context) (*databricks.Token, error) {
	return func(ctx context.Context) (*databricks.Token, error) {
		if env.Now().Before(token.Expires.Add(-time.Minute)) {
			return token, nil
		}
		next, err := b.WorkspaceToken(ctx, r)
		if err == nil {
			token = next
		}
		return token, err
	}
}

// telling has a person see what is read, where that takes long.
func telling(env *cli.Env) (next func(what string), end func()) {
	done := func() {}
	return func(what string) {
		done()
		done = env.Console.Progress("reading " + plan.Clean(what))
	}, func() { done() }
}

// place is the map that says what has to stand, and the name of the workspace that the token is for.
func (a asked) place(env *cli.Env, r broker.Request, token *databricks.Token) (*accessmap.Map, string, error) {
	m, _, err := env.Map()
	if err != nil {
		return nil, "", err
	}
	e, err := m.Effective(r.Role)
	if err != nil {
		return nil, "", err
	}
	at, _ := e.In(r.Workspace)
	if a.file == "" {
		return m, at.Name, nil
	}
	if m, _, err = source.Load(a.file); err != nil {
		return nil, "", err
	}
	if w := m.Workspaces[at.Name]; w == nil || w.Host != token.Host || w.AccountID != token.AccountID || w.WorkspaceID != token.WorkspaceID {
		return nil, "", ui.Errorf("workspace-not-in-map", ui.Failed, "%s has no workspace %s at %s, which role %s of the map in use works in", ui.Clean(a.file), at.Name, ui.Clean(token.Host), r.Role).
			With(ui.Advice("name a workspace that both maps have: --workspace NAME"))
	}
	return m, at.Name, nil
}
