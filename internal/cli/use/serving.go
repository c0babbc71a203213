package use

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// serving are servers of credentials with their private directory, while a program runs.
type serving struct {
	dir     *beside.Dir
	servers []*serve.Server
	stop    context.CancelFunc
	over    func() // takes the note away that an agent's program is served
}

// freshEvery is far below any age at which a file in /tmp counts as left behind.
const freshEvery = time.Hour

// startServing serves what was handed over, and returns what the program finds it by.
func startServing(ctx context.Context, env *cli.Env, h handover) (_ *serving, r reply, err error) {
	ctx, stop := context.WithCancel(ctx)
	s := &serving{stop: stop, over: func() {}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.over, err = leased(ctx, env, h); err != nil {
		s.over = func() {}
		return nil, r, err
	}
	told, err := newTeller(ctx, env, h.Notify)
	if err != nil {
		return nil, r, err
	}
	if s.dir, err = beside.NewDir(ctx, ""); err != nil {
		return nil, r, ui.Errorf("", ui.CodeOf(err), "making a directory for the program's own files: %w", err)
	}
	if settings, err := env.Settings(); err == nil && h.From == "" { // else it takes no sign-in of this machine
		if err := s.dir.Serves(beside.Served{Settings: settings.Dir, Program: h.Name, PID: h.Program}); err != nil {
			return nil, r, err
		}
	}
	go s.dir.KeepFresh(ctx, freshEvery)
	grants := make([]serve.Grant, len(h.Roles))
	for i, role := range h.Roles {
		grants[i] = keep(ctx, env, told, h, role)
	}
	if h.Lent {
		r.Socket = socketIn(s.dir)
		return s, r, s.onSocket(r.Socket, grants, told)
	}
	loopback, err := serve.Loopback(grants, told.refused)
	if err != nil {
		return nil, r, err
	}
	s.servers = append(s.servers, loopback)
	var sockets []string
	if h.several() {
		sockets = append(sockets, socketIn(s.dir))
	}
	if h.Socket != "" {
		sockets = append(sockets, h.Socket)
	}
	for _, path := range sockets {
		if err := s.onSocket(path, grants, told); err != nil {
			return nil, r, err
		}
	}
	f, err := writeFiles(s.dir, h, loopback.Endpoints())
	if err != nil {
		return nil, r, err
	}
	r.Variables = servedVariables(h, loopback.Endpoints(), f, env.Getenv)
	return s, r, nil
}

// onSocket serves on a Unix socket.
func (s *serving) onSocket(path string, grants []serve.Grant, told *teller) error {
	socket, err := serve.Socket(path, grants, told.refused)
	if err == nil {
		s.servers = append(s.servers, socket)
	}
	return err
}

// close ends them and removes what they have made.
func (s *serving) close() {
	s.stop()
	s.over()
	for _, server := range s.servers {
		_ = server.Close()
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
	program int  // that is served, for the record
	far     bool // another socket serves it to us, and decides who may have it
}

// count counts for the record that something is handed out from memory, and reports whether it may be. What is not counted and need
// not be is told by the record as handed to the program once.
func (k kept) count(again credential.Again) bool {
	if !k.far && !mayHave(k.env) {
		return false
	}
	record, err := k.env.RecordDir()
	if err == nil && again.Tally != "" && tally.Add(chain.ServedDir(record), again.Tally, k.env.Now(), k.program) == nil {
		return true
	}
	return !again.Must
}

// keep keeps a role's credentials at hand until ctx ends.
func keep(ctx context.Context, env *cli.Env, told *teller, all handover, h handedRole) serve.Grant {
	k := kept{env, told, h.Request, &sessionEnd{identity: h.Request.Identity}, all.Program, all.From != ""}
	k.ends.watch(ctx, env, told, h.WarnAt)
	keys := fetch(k, (*broker.Broker).Credentials, func(c *sts.Credentials) time.Time { return c.Expires })
	token := func(w handedToken) serve.Fetch[*databricks.Token] {
		k := k
		k.request.Workspace = w.Name
		return fetch(k, (*broker.Broker).WorkspaceToken, func(t *databricks.Token) time.Time { return t.Expires })
	}
	if all.From != "" {
		far := serve.Dial(all.From, env.Now)
		keys = far.Credentials(h.Request.Role, h.Request.Identity)
		token = func(w handedToken) serve.Fetch[*databricks.Token] { return far.Token(h.Request.Role, w.Place) }
	}
	g := serve.Grant{Role: h.Request.Role, Identity: h.Request.Identity, Profile: h.Profile, Region: h.Region, Run: h.Request.Run, NoCopies: h.NoCopies}
	if h.Keys != nil {
		g.AWS = serve.Keep[*sts.Credentials]{
			Fetch: keys, Ahead: serve.AheadAWS, Least: h.Least, Value: h.Keys.credentials(), Expires: h.Keys.Expires,
			Changed: told.changed("the AWS credentials", h.Request.Role), Now: env.Now,
			Count: func(c *sts.Credentials) bool { return k.count(c.Again) },
		}.Start(ctx)
	}
	for i, w := range h.Workspaces {
		what := "the Databricks token"
		if i > 0 {
			what += " for " + w.Name
		}
		g.Workspaces = append(g.Workspaces, serve.Workspace{
			Place: w.Place,
			Token: serve.Keep[*databricks.Token]{
				Fetch: token(w), Ahead: serve.AheadToken, Least: h.Least, Value: w.token(), Expires: w.Expires, Later: w.Expires.IsZero(),
				Changed: told.changed(what, h.Request.Role), Now: env.Now,
				Count: func(t *databricks.Token) bool { return k.count(t.Again) },
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
		r.Ahead = ahead
		got, err := ask(b, ctx, r)
		if ui.CodeOf(err) == ui.KeyringUnavailable {
			env.Remember(secret.String{}) // another passphrase, perhaps
		}
		if got == nil || err != nil && expires(got).Equal(last) {
			return nil, time.Time{}, err
		}
		last = expires(got) // it is newer than what is in memory, even if it could not be renewed ahead of time
		k.ends.note(ctx, env, b)
		return got, last, nil
	}
}
