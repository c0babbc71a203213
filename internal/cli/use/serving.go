package use

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// serving is a server of credentials with its private directory, while a program runs.
type serving struct {
	dir    *beside.Dir
	server *serve.Server
	stop   context.CancelFunc
}

// startServing serves what was handed over, and returns the variables by which the program finds it.
func startServing(ctx context.Context, env *cli.Env, h handover) (_ *serving, variables []shellenv.Variable, err error) {
	ctx, stop := context.WithCancel(ctx)
	s := &serving{stop: stop}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = beside.NewDir(ctx, ""); err != nil {
		return nil, nil, err
	}
	told := &teller{env: env}
	grants := make([]serve.Grant, len(h.Roles))
	for i, role := range h.Roles {
		grants[i] = keep(ctx, env, told, role)
	}
	if s.server, err = serve.Loopback(grants, told.refused); err != nil {
		return nil, nil, err
	}
	variables, err = servedVariables(s.dir, h.Roles[0], s.server.Endpoints()[0], env.Getenv)
	return s, variables, err
}

// close ends it and removes what it has made.
func (s *serving) close() {
	s.stop()
	if s.server != nil {
		_ = s.server.Close()
	}
	if s.dir != nil {
		_ = s.dir.Remove()
	}
}

// kept is a role whose credentials are kept at hand.
type kept struct {
	env     *cli.Env
	told    *teller
	request broker.Request
	ends    *sessionEnd
}

// keep keeps a role's credentials at hand until ctx ends.
func keep(ctx context.Context, env *cli.Env, told *teller, h handedRole) serve.Grant {
	k := kept{env, told, h.Request, &sessionEnd{identity: h.Request.Identity}}
	k.ends.watch(ctx, env, told, h.WarnAt)
	g := serve.Grant{Role: h.Request.Role, Identity: h.Request.Identity, Profile: h.Profile, Region: h.Region}
	if h.Keys != nil {
		g.AWS = serve.Keep[*sts.Credentials]{
			Fetch: fetch(k, (*broker.Broker).Credentials, func(c *sts.Credentials) time.Time { return c.Expires }),
			Ahead: max(serve.AheadAWS, h.Request.Ahead), Value: h.Keys.credentials(), Expires: h.Keys.Expires,
			Changed: told.changed("the AWS credentials", h.Request.Role), Now: env.Now,
		}.Start(ctx)
	}
	for _, w := range h.Workspaces {
		g.Workspaces = append(g.Workspaces, serve.Workspace{
			Host: w.Host, AccountID: w.AccountID, WorkspaceID: w.WorkspaceID, Profile: h.Profile,
			Token: serve.Keep[*databricks.Token]{
				Fetch: fetch(k, (*broker.Broker).WorkspaceToken, func(t *databricks.Token) time.Time { return t.Expires }),
				Ahead: max(serve.AheadToken, h.Request.Ahead), Value: w.token(), Expires: w.Expires,
				Changed: told.changed("the Databricks token", h.Request.Role), Now: env.Now,
			}.Start(ctx),
		})
	}
	return g
}

// fetch asks a broker that is made for it alone: map, settings and keyring may have changed since the last time.
func fetch[T any](
	k kept, ask func(*broker.Broker, context.Context, broker.Request) (*T, error), expires func(*T) time.Time,
) serve.Fetch[*T] {
	var last time.Time // when what was fetched last ends
	return func(ctx context.Context, ahead time.Duration) (*T, time.Time, error) {
		env := k.env.Anew(k.told)
		b, err := env.Broker(ctx)
		if err != nil {
			return nil, time.Time{}, err
		}
		r := k.request
		r.Ahead = max(r.Ahead, ahead)
		got, err := ask(b, ctx, r)
		if got == nil || err != nil && expires(got).Equal(last) {
			return nil, time.Time{}, err
		}
		last = expires(got) // it is newer than what is in memory, even if it could not be renewed ahead of time
		k.ends.note(ctx, env, b)
		return got, last, nil
	}
}
