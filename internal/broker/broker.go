// Package broker is the one place that decides: serve the cached credential, renew it, or say that a login is needed.
//
// In comes a role of the access map; out come AWS credentials, or a Databricks workspace's token, that the signed-in
// person may have by that map. The warm path for AWS is one read from the keyring and one stat of the map. Everything
// that is issued or refused is recorded (Parts.Recorder), whether fresh or cached, before it is stored or handed out,
// so that every use can be traced to a verified person. The broker must never serve a credential for a role that the
// map or the person's groups no longer give, never prompt, and never let two processes renew the same thing at once.
package broker

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Parts are what a broker joins.
type Parts struct {
	MapPath    string                                          // the file that LoadMap reads; its stat tells whether it changed
	LoadMap    func() (*accessmap.Map, source.Stamp, error)    // parsed on demand: the warm path never needs it
	Naming     access.Naming                                   // of profiles, by the person's settings
	Store      *store.Store                                    // the keyring
	Sessions   login.Source                                    // who is signed in
	STS        *sts.Client                                     // where AWS credentials come from
	Ambient    func(context.Context) (*sts.Credentials, error) // what AWS gives this machine, for identities that use it
	Databricks *databricks.Client                              // where workspace tokens come from
	Recorder   audit.Recorder                                  // where records go
	Log        *slog.Logger                                    // tells each step at debug level, never a secret
	Failures   failure.Memory                                  // what failed lately, in any process
	Now        func() time.Time                                // wall clock
	Agent      string                                          // the coding agent that asks, see package agent; "" for none
	LookUp     bool                                            // an agent was seen on this machine: see credential.Terms
	Overruled  string                                          // the one that a person has confirmed not to be, see audit.Record; "" for none
	Leases     lease.Ledger                                    // what agents hold
	Door       string                                          // the command that asks, for the account of leases
	Holder     func() lease.Holder                             // the program that it asks for, for the same
	Reason     string                                          // of requests that say none of their own: see credential.Request; may be ""
	Run        string                                          // of requests that name none of their own: see credential.RunOf; may be ""
	Console    ui.Console                                      // what tells the person
}

// Broker decides about credentials. It must not be copied.
type Broker struct {
	parts Parts
	view  func() (*access.View, error)
}

// New makes a broker of its parts, all of which must be given.
func New(p Parts) *Broker {
	return &Broker{parts: p, view: sync.OnceValues(func() (*access.View, error) {
		began := time.Now()
		m, stamp, err := p.LoadMap()
		if err != nil {
			return nil, err
		}
		p.Log.Debug("access map read", "path", p.MapPath, "modified", stamp.ModTime, "bytes", stamp.Size, "roles", len(m.Roles), "took", time.Since(began))
		return &access.View{Map: m, Stamp: stamp, Naming: p.Naming.Of(m), Load: p.Sessions.Load, Now: p.Now}, nil
	})}
}

// View returns the access map with who is signed in by it. The map is parsed at most once.
func (b *Broker) View() (*access.View, error) { return b.view() }

// TokenHere reports whether a workload's token is on this machine, as far as that can be told without asking its
// source.
func (b *Broker) TokenHere(p login.Provider) bool { return b.parts.Sessions.Fingerprint(p, nil) != "" }

// Resolve completes a request with the identity through which its role is meant, where none is named (see
// access.View.ForRole), and with the run: who goes on with it in another process asks for the same.
func (b *Broker) Resolve(ctx context.Context, r Request) (Request, error) {
	r.Run = cmp.Or(r.Run, b.parts.Run)
	resolved, err := b.resolve(ctx, r)
	if err != nil {
		b.recordRefused(ctx, b.recordOf(audit.Assume, b.asks(r), audit.Who{}, Binding{}), err)
	}
	return resolved, err
}

// ForHost is the request that a workspace's host stands for: see access.View.ForHost.
func (b *Broker) ForHost(ctx context.Context, p access.Place) (r Request, err error) {
	view, err := b.view()
	if err != nil {
		return r, err
	}
	if r.Identity, r.Role, r.Workspace, err = view.ForHost(ctx, p); err != nil {
		b.recordRefused(ctx, b.recordOf(audit.Exchange, b.asks(r), audit.Who{}, Binding{Host: p.Host, AccountID: p.AccountID, WorkspaceID: p.WorkspaceID}), err)
	}
	return r, err
}

func (b *Broker) resolve(ctx context.Context, r Request) (Request, error) {
	if r.Identity != "" {
		return r, nil
	}
	view, err := b.view()
	if err != nil {
		return r, err
	}
	identity, err := view.ForRole(ctx, r.Role)
	if err != nil {
		return r, err
	}
	r.Identity = identity.Name
	return r, nil
}

// Credentials returns AWS credentials for a role, or vended to it where the request says so: cached ones that are fresh enough, else new ones. Errors carry exit
// codes: login needed, no such role, refused by AWS, keyring unavailable. Where renewing is impossible but the cached
// ones still live, they are served and Notice says so.
func (b *Broker) Credentials(ctx context.Context, r Request) (*sts.Credentials, error) {
	if err := CheckRequest(r); err != nil {
		return nil, err
	}
	r = b.asks(r)
	it, err := b.serve(ctx, r, b.kindOf(r))
	if it == nil {
		return nil, err
	}
	return it.Credentials, err
}

// WorkspaceToken returns a token for the role's Databricks workspace, as Credentials does for AWS. A role without a
// workspace, or one whose workspace has another login than federation, is an error. Scope and From mean nothing here. The token
// is shared by all roles through which the same person, or the same service principal, works at one host with the same
// scopes.
func (b *Broker) WorkspaceToken(ctx context.Context, r Request) (*databricks.Token, error) {
	return b.token(ctx, b.asks(r))
}

// token is WorkspaceToken for whom a request says that it is.
func (b *Broker) token(ctx context.Context, r Request) (*databricks.Token, error) {
	r.From = Vended{}
	it, err := b.serve(ctx, r, b.workspace())
	if it == nil {
		return nil, err
	}
	return it.Token, err
}

const (
	// lockWait bounds waiting for another process that renews the same credential.
	lockWait = 30 * time.Second
	// lockWaitAlive bounds it where a living credential can be served instead.
	lockWaitAlive = 2 * time.Second
	// lookAgain is how often a process that waits looks whether the other one has failed.
	lookAgain = 500 * time.Millisecond
	// credentialsWait bounds one request: the AWS SDK for Go gives its helper a minute. A refresh token is not spent in
	// the last seconds, as being killed between the provider's answer and the keyring would cost a sign-in.
	credentialsWait = 50 * time.Second
)

// serve answers a request for a kind of credential, by whom it says.
func (b *Broker) serve(ctx context.Context, r Request, k kind) (*item, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	c := call{Broker: b, request: r, kind: k}
	it, err := c.find(ctx)
	if it != nil {
		it, err = c.handOut(it, err)
	}
	if err == nil {
		if err = c.lastsLongEnough(it); err != nil {
			it = nil
		}
	}
	if it == nil {
		c.recordRefused(ctx, c.decided(b.recordOf(k.activity(), c.request, c.asker, Binding{})), err)
	}
	return it, err
}

// asks is a request with who asks, for which run, and what for.
func (b *Broker) asks(r Request) Request {
	r.Agent, r.Reason, r.Run = b.parts.Agent, cmp.Or(r.Reason, b.parts.Reason), cmp.Or(r.Run, b.parts.Run)
	return r
}

// call is one request on its way to an answer.
type call struct {
	*Broker
	request Request // with its identity once that is found
	kind    kind
	key     string    // of the credential in the keyring
	asker   audit.Who // as far as it is known, for the record of a refusal

	entitlement *entitlement // what the map gives, for the record; nil until that is known
}

// find is the line from a request to a credential: the cached one if it is fresh, else a new one.
func (c *call) find(ctx context.Context) (it *item, err error) {
	if c.request, err = c.resolve(ctx, c.request); err != nil {
		return nil, err
	}
	if err := c.agentAllowed(); err != nil {
		return nil, err
	}
	if c.key, err = c.kind.key(c.request); err != nil {
		return nil, err
	}
	cached, err := c.cached(ctx, c.key)
	if err != nil {
		return nil, err
	}
	c.logCached(ctx, cached)
	if c.servable(cached) || c.confirmed(ctx, cached) {
		return c.serveCached(ctx, cached)
	}
	return c.renew(ctx, cached)
}

// servable reports whether a cached credential can be handed out as it is: fresh, and right for the role by the map as
// it stands.
func (c *call) servable(cached *item) bool {
	file, err := source.StampOf(c.parts.MapPath)
	return err == nil && cached != nil && cached.Servable(c.request, file, c.parts.Now()) && c.sameJob(cached)
}

// logCached tells what the keyring had.
func (c *call) logCached(ctx context.Context, cached *item) {
	log, now := c.parts.Log, c.parts.Now()
	switch {
	case !log.Enabled(ctx, slog.LevelDebug):
	case cached == nil:
		log.Debug("not cached", "role", c.request.Role, "identity", c.request.Identity, "item", c.key)
	default:
		log.Debug("cached", "role", c.request.Role, "identity", c.request.Identity, "item", c.key, "age", now.Sub(cached.IssuedAt),
			"left", cached.End(c.request.Role).Sub(now), "fresh", cached.Fresh(c.request, now), "map_unchanged", c.unchanged(cached))
	}
}

// unchanged reports whether the map is still the one by which the credential was last found right, and whether a
// workload's surroundings are still those of the job that got it.
func (b *Broker) unchanged(cached *item) bool {
	stamp, err := source.StampOf(b.parts.MapPath)
	return err == nil && cached.Map.Good(stamp, b.parts.Now()) && b.sameJob(cached)
}
