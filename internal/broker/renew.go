package broker

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// freshToken is the age up to which refreshing an ID token can't be what it takes for it to be accepted.
const freshToken = time.Minute

// renew is the cold line: lock, look again, decide what the sign-in gives, ask, record, store. The credential's lock is
// held throughout, so that however many processes ask, one works.
func (c *call) renew(ctx context.Context, cached *item) (*item, error) {
	unlock, renewed, err := c.lock(ctx, cached)
	if err != nil {
		return c.serveAlive(ctx, cached, err)
	}
	if renewed != nil {
		return c.serveCached(ctx, renewed)
	}
	defer func() { _ = unlock() }()

	if cached, err = c.cached(ctx, c.key); err != nil {
		return nil, err
	}
	if c.servable(cached) { // another process renewed it while this one waited
		return c.serveCached(ctx, cached)
	}
	o, err := c.order(ctx)
	if err != nil {
		return c.withoutOrder(ctx, cached, err)
	}
	if job := c.jobOf(o.signIn); !o.made(cached, job) {
		cached = nil // as good as absent
	}
	if right := cached.Accepted(o.role.Role, o.terms, o.stamp); right != nil && right.Fresh(c.request, c.parts.Now()) && right.ReasonFits(c.request) {
		// The map changed and the role did not, or another role shares it.
		if err := c.keep(ctx, o, right); err != nil {
			return nil, err
		}
		return c.serveCached(ctx, right)
	}
	if err := o.reasonGiven(); err != nil {
		return nil, err
	}
	if err := c.inVain(ctx); err != nil {
		return c.serveAlive(ctx, cached, err)
	}
	taken, err := c.lease(ctx, o)
	if err != nil {
		return c.serveAlive(ctx, cached, err)
	}
	fresh, o, err := c.ask(ctx, o)
	c.learn(err)
	if err != nil {
		taken.Dropped(ctx)
		return c.serveAlive(ctx, cached, err)
	}
	if err := c.keep(ctx, o, fresh); err != nil {
		taken.Dropped(ctx)
		return nil, err
	}
	if err := c.leased(ctx, taken, fresh); err != nil {
		return nil, err
	}
	return fresh, nil
}

// lock takes a credential's lock: not for long where a living one can be served instead, and not at all where renewing it turns out
// to be in vain, now or by what the holder learns meanwhile. A fresh one, which needs no request, waits for the lock only. renewed is
// what another process has put into the cache meanwhile, and then there is no lock: in a crowd, all would have to wait for their turn
// to see it.
func (c *call) lock(ctx context.Context, cached *item) (unlock func() error, renewed *item, err error) {
	wait := lockWait
	if cached != nil && cached.Alive(c.request.Role, c.parts.Now()) && c.unchanged(cached) {
		wait = lockWaitAlive
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	defer c.parts.Console.Progress("waiting for another dbxaccess that renews the same")()
	for turns := 1; ; turns++ {
		if cached == nil || !cached.Fresh(c.request, c.parts.Now()) {
			if err := c.inVain(ctx); err != nil {
				return nil, nil, err
			}
		}
		turn, stop := context.WithTimeout(ctx, lookAgain)
		unlock, err := c.parts.Store.Lock(turn, c.key)
		stop()
		if errors.Is(err, store.ErrNoLock) { // as on a read-only disk: nothing will be stored, which keep tells
			c.parts.Log.Debug("going on without a lock", "error", err)
			return func() error { return nil }, nil, nil
		}
		if ctx.Err() != nil || !errors.Is(err, store.ErrLockTimeout) {
			return unlock, nil, err
		}
		if turns&(turns-1) != 0 { // after one, two, four and so on: reading a keyring may take a program
			continue
		}
		if renewed, err = c.cached(ctx, c.key); err == nil && c.servable(renewed) {
			return nil, renewed, nil
		}
	}
}

// inVain returns why asking is of no use now: a moment ago it failed, or the person's session is over.
func (c *call) inVain(ctx context.Context) error {
	if err := c.parts.Failures.Recall(c.key); err != nil {
		return err
	}
	view, err := c.view()
	if err != nil {
		return nil //nolint:nilerr // the order says it, as it does all that is not looked at here
	}
	identity, err := access.Identity(view.Map, c.request.Identity)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	p := access.ProviderOf(view.Map, identity)
	if !c.parts.Failures.Any(login.SessionKey(p)) { // which is seldom: the session need not be read
		return nil
	}
	session, err := c.parts.Sessions.Load(ctx, p)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	if standing := session.Standing(p, c.parts.Failures, c.parts.Now()); !standing.Over.IsZero() {
		return standing.Why
	}
	return nil
}

// learn keeps what the outcome of asking says about asking again. What AWS or a workspace refused may be fixed there at any
// time, and a session that is over is remembered with the session.
func (c *call) learn(err error) {
	switch {
	case err == nil:
		c.parts.Failures.Forget(c.key)
	case ui.CodeOf(err) == ui.Failed && !errors.Is(err, errOtherSignIn) && !errors.Is(err, store.ErrLockTimeout):
		c.parts.Failures.Remember(c.key, err)
	}
}

// withoutOrder answers where the map or the sign-in gives nothing.
func (c *call) withoutOrder(ctx context.Context, cached *item, cause error) (*item, error) {
	if ui.CodeOf(cause) == ui.NoSuchRole && cached != nil && cached.Credentials != nil { // a token is also that of other roles
		_ = c.parts.Store.Delete(ctx, c.key) // best effort: the binding check keeps it from being served anyway
	}
	if cached != nil && cached.Job != nil { // its token is asked for each time, from a source that may be down
		return c.serveAlive(ctx, cached, cause)
	}
	return nil, cause
}

// ask trades what the session proves for a credential, and records that. A proof that is refused is renewed once. The
// order that comes back is the one with the session that was used.
func (c *call) ask(ctx context.Context, o *order) (*item, *order, error) {
	life := o.session().IDTokenExpires.Sub(o.session().Refreshed)
	session, err := c.parts.Sessions.Lasting(ctx, o.signIn.Provider, o.session(), c.kind.tokenLife(o, life))
	if err != nil {
		return nil, o, err
	}
	if o, err = c.renewed(ctx, o, session); err != nil {
		return nil, o, err
	}
	it, err := c.kind.ask(ctx, o)
	// A token as fresh as this one would be refused again: what is missing is a trust, not a refresh.
	if c.kind.tokenRefused(err) && c.parts.Now().Sub(session.Refreshed) > freshToken {
		next, refreshErr := c.parts.Sessions.Renew(ctx, o.signIn.Provider, session)
		if refreshErr != nil {
			return nil, o, c.notRenewed(session, err, refreshErr)
		}
		if o, err = c.renewed(ctx, o, next); err != nil {
			return nil, o, err
		}
		it, err = c.kind.ask(ctx, o)
	}
	if err != nil {
		return nil, o, err
	}
	if it.Binding == (Binding{}) {
		it.Binding = o.binding
	}
	it.Map, it.IssuedAt, it.SessionName = o.stamp, c.parts.Now().UTC(), cmp.Or(it.SessionName, o.sessionName())
	it.Scope, it.Reason, it.Job = c.request.SortedScope(), c.request.Reason, c.jobOf(o.signIn)
	it = it.Accepted(o.role.Role, o.terms, o.stamp)
	r := c.recordOfItem(c.kind.activity(), c.request, it)
	o.tell(&r)
	return it, o, c.record(ctx, r)
}

// renewed is the order as the session places it that a renewal brought.
func (c *call) renewed(ctx context.Context, o *order, session *login.Session) (*order, error) {
	if session == o.session() {
		return o, nil
	}
	c.parts.Log.Debug("going on with the renewed session", "identity", o.signIn.Identity.Name, "token_expires", session.IDTokenExpires)
	if err := c.changedHere(ctx, o.signIn.Provider, o.session(), session); err != nil {
		return o, err
	}
	next, err := o.with(session)
	if err != nil {
		return o, err
	}
	if e := next.entitlement; !e.terms.Until.Equal(o.terms.Until) { // by other groups, which the session policy says too
		if next, err = c.kind.order(ctx, e); err != nil {
			return o, err
		}
	}
	return next, nil
}

// notRenewed is the error where an ID token was refused and could not be refreshed. At the token's end that is all
// there is to say, and a new sign-in helps; before, the refusal says what is wrong, and a new sign-in is the second
// best guess.
func (b *Broker) notRenewed(session *login.Session, refused, refreshErr error) error {
	switch {
	case ui.CodeOf(refreshErr) != ui.LoginNeeded:
		return refused
	case session.IDTokenExpires.Sub(b.parts.Now()) < freshToken:
		return refreshErr
	}
	return ui.Errorf(ui.IDOf(refused), ui.CodeOf(refused), "%s", refused).With(ui.FixOf(refused), ui.FixOf(refreshErr))
}

// serveAlive answers a failed renewal: with the cached credential while it lives and the cause is not a refusal, else
// with the error. Who keeps it (Request.Ahead) gets both, and tells the person in its own way.
func (c *call) serveAlive(ctx context.Context, cached *item, cause error) (*item, error) {
	code := ui.CodeOf(cause)
	final := code == ui.Refused || code == ui.NoSuchRole || errors.Is(cause, errOtherSignIn) || errors.Is(cause, login.ErrNotSignedIn)
	if cached == nil || !cached.Alive(c.request.Role, c.parts.Now()) || errors.Is(ctx.Err(), context.Canceled) || final {
		return nil, cause
	}
	// Waiting for the lock ended before the map was looked at: the credential is right only by an unchanged map.
	if !c.unchanged(cached) || !cached.ValidFor(c.request) {
		return nil, cause
	}
	if c.request.Ahead > 0 {
		it, err := c.serveCached(ctx, cached)
		return it, cmp.Or(err, cause)
	}
	left := cached.End(c.request.Role).Sub(c.parts.Now()).Truncate(time.Second)
	c.parts.Console.Warn(ui.Warning{ID: "credentials-not-renewed", What: "could not renew the credentials for " + c.request.Role +
		" (" + ui.Clean(cause.Error()) + "); using cached credentials, valid for " + left.String() + " more"})
	return c.serveCached(ctx, cached)
}

// keep stores an item if the session it was made from is still the one signed in: a logout that happened meanwhile must
// not be undone. Logout deletes the session under its lock, and role items after it. The credential was issued and
// is waited for: a keyring that is full or fails now is told, and the credential still served.
func (c *call) keep(ctx context.Context, o *order, it *item) error {
	var over error
	err := c.whileGiven(ctx, o, func(ended error) error {
		if over = ended; over != nil {
			return nil
		}
		data, err := it.Encode()
		if err != nil {
			return err
		}
		if err := c.parts.Store.Set(ctx, c.key, data, store.Meta{Expires: it.Expires, Label: "dbxaccess credentials"}); err != nil {
			return err
		}
		if it.Binding.Run != "" {
			c.forgetRuns(ctx, it.Expires)
		}
		return nil
	})
	if err != nil {
		c.parts.Console.Warn(ui.Warning{
			ID: "credentials-not-cached", What: "the credentials could not be cached and will be asked for again next time: " + ui.Clean(ui.Told(err)),
			Fix: ui.FixOf(err),
		})
	}
	return over
}
