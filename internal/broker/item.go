package broker

import (
	"context"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What is cached, and by which rules it may be served: see package credential.
type (
	// Binding is what a cached credential was made for.
	Binding = credential.Binding
	// Request names what is wanted.
	Request = credential.Request
	item    = credential.Item
)

// lastsLongEnough returns an error if less is left of what was found than a person asked for, by more than asking takes.
func (c *call) lastsLongEnough(it *item) error {
	left := it.Expires.Sub(c.parts.Now()).Round(time.Second)
	if left+time.Minute >= c.request.For {
		return nil
	}
	what, fix := "the credentials", "or have the role's duration raised in the access map, which AWS takes up to its maximum session duration"
	if c.request.Agent != "" {
		fix = "or take dbxaccess exec without --static: what it serves is renewed"
	}
	if it.Token != nil {
		what, fix = "the workspace token", "it lives as long as the ID token that it is made from; or leave it out: add --no-databricks"
	}
	return ui.Errorf("life-too-short", ui.Failed, "%s for %s can be had for %s at most now, and --for asks for %s",
		what, c.request.Role, left, c.request.For).With(ui.Advice("ask for less", fix))
}

// cached reads an item; absent, damaged and unreadable ones are nil. If it is the keyring that can't be read, the session
// says so next.
func (b *Broker) cached(ctx context.Context, key string) (*item, error) {
	data, err := b.parts.Store.Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt), store.Unreadable(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return credential.Decode(key, data), nil
}

// Forget removes every cached credential that was issued from a provider's sign-in, whichever map and identity it was
// asked for by, and those that can't be read.
func (b *Broker) Forget(ctx context.Context, p login.Provider) error {
	keys, err := b.parts.Store.Keys(ctx, "")
	if err != nil {
		return err
	}
	return b.forget(ctx, keys, of(p))
}

// of tells what was issued from a provider's sign-in.
func of(p login.Provider) func(Binding) bool {
	return func(made Binding) bool { return made.Issuer == p.Issuer && made.ClientID == p.ClientID }
}

// forgetOut is Forget for a sign-out, which a keyring that can't list what it holds must not stop. A sign-in does not go on
// there: what is left could be served to the next person.
func (b *Broker) forgetOut(ctx context.Context, p login.Provider) error {
	keys, err := b.parts.Store.Keys(ctx, "")
	if err != nil {
		keys = b.knownKeys()
		b.parts.Console.Warn(ui.Warning{
			ID: "keyring-not-listed", What: "the keyring can't list what it holds, so only what the access map names is deleted: " + ui.Clean(ui.Told(err)),
			Why: "credentials of runs, narrowed with --scope, or vended for data, may be left; they end by themselves",
		})
	}
	return b.forget(ctx, keys, of(p))
}

// forget removes those of the keys whose binding is meant, and those that can't be read.
func (b *Broker) forget(ctx context.Context, keys []string, meant func(Binding) bool) error {
	var going []string
	readable := true
	for _, key := range keys {
		if !credential.IsKey(key) {
			continue
		}
		var it *item
		if readable {
			var err error
			it, err = b.cached(ctx, key)
			readable = err == nil
		}
		if it == nil || meant(it.Binding) {
			going = append(going, key)
		}
	}
	return b.deleteAll(ctx, going)
}

func (b *Broker) deleteAll(ctx context.Context, keys []string) error {
	var failed []error
	for _, key := range keys {
		if err := b.parts.Store.Delete(ctx, key); err != nil {
			failed = append(failed, err)
			if _, unavailable := errors.AsType[*store.UnavailableError](err); unavailable {
				break // the others would take as long to fail
			}
		}
	}
	return errors.Join(failed...)
}

// knownKeys are the keys that the credentials of the map's roles have, where they are not narrowed.
func (b *Broker) knownKeys() (keys []string) {
	view, err := b.view()
	if err != nil {
		return nil
	}
	add := func(k kind, r Request) {
		if key, err := k.key(r); err == nil {
			keys = append(keys, key)
		}
	}
	for identity := range view.Map.Identities {
		for role := range view.Map.Roles {
			r := Request{Identity: identity, Role: role}
			add(b.aws(), r)
			effective, err := view.Map.Effective(role)
			if err != nil {
				continue
			}
			for _, r.Workspace = range effective.Workspaces() {
				add(b.workspace(), r)
			}
		}
	}
	return keys
}
