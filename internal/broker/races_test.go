package broker_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAStoppedHolderOfTheLockDoesNotStopOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inBubble(func(t *testing.T) {
		w.signIn("alice")
		first := w.must("ml-trainer")
		w.pass(50 * time.Minute)
		holder := w.broker()
		unlock, err := w.parts().Store.Lock(t.Context(), holder.LockName(broker.Request{Identity: "acme", Role: "ml-trainer"}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unlock() }()
		began := time.Now()
		if got := w.must("ml-trainer"); got.AccessKeyID != first.AccessKeyID || len(w.notices) != 1 {
			t.Errorf("the living credential is served, and said: %q", w.notices)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("took %s, though there was something to serve", took)
		}
		// A map that has changed meanwhile no longer confirms it.
		w.writeMap(strings.Replace(w.server.Map(), "write: [churn]", "write: []", 1))
		if _, err := w.get("ml-trainer"); !errors.Is(err, store.ErrLockTimeout) {
			t.Errorf("got %v", err)
		}
		if c, err := w.broker().Peek(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"}); c != nil || err != nil {
			t.Errorf("and it is not shown as cached: %+v, %v", c, err)
		}
	})
}

// What others wait for is served once it is there, though the lock is not: of a crowd each would otherwise have to wait for all others.
func TestWhatWasRenewedIsServedWithoutATurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.inBubble(func(t *testing.T) {
		w.signIn("alice")
		first := w.must("ml-trainer")
		keyring, key := w.parts().Store, w.broker().LockName(broker.Request{Identity: "acme", Role: "ml-trainer"})
		kept, err := keyring.Get(t.Context(), key)
		if err == nil {
			err = keyring.Delete(t.Context(), key)
		}
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := keyring.Lock(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unlock() }()
		began := time.Now()
		time.AfterFunc(3*time.Second, func() {
			if err := keyring.Set(t.Context(), key, kept, store.Meta{Expires: first.Expires}); err != nil {
				t.Error(err)
			}
		})
		if got := w.must("ml-trainer"); got.AccessKeyID != first.AccessKeyID || w.calls(sandbox.STS) != 1 {
			t.Errorf("served %s after %d requests, want %s", got.AccessKeyID, w.calls(sandbox.STS), first.AccessKeyID)
		}
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("that took %s", took)
		}
		// As long as nothing is there, the lock is waited for.
		if err := keyring.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := w.get("ml-trainer"); !errors.Is(err, store.ErrLockTimeout) {
			t.Errorf("got %v", err)
		}
	})
}

func TestASignInWhileRenewingIsNotMixedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	plain := w.client.Transport
	w.client.Transport = beforeAnswer{plain, func(r *http.Request) {
		if r.URL.Path == "/" { // STS
			w.client.Transport = plain
			w.signIn("bob")
		}
	}}
	if _, err := w.get("ml-reader"); ui.IDOf(err) != "signed-in-meanwhile" || !strings.Contains(err.Error(), "another sign-in") {
		t.Errorf("got %s: %v", ui.IDOf(err), err)
	}
	if c, err := w.broker().Peek(t.Context(), broker.Request{Identity: "acme", Role: "ml-reader"}); c != nil || err != nil {
		t.Errorf("alice's credential was kept in bob's session: %+v, %v", c, err)
	}
}

func TestATouchedMapDoesNotUndoASignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	w.writeMap(w.server.Map() + "# touched\n")
	p := w.parts()
	view, err := w.broker().View()
	if err != nil {
		t.Fatal(err)
	}
	p.Sessions = signingOut{p.Sessions, func() {
		if _, err := w.broker().SignOut(context.Background(), access.ProviderOf(view.Map, view.Map.Identities["acme"])); err != nil {
			t.Error(err)
		}
	}}
	if _, err := broker.New(p).Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"}); ui.IDOf(err) != "signed-out-meanwhile" || ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("got %s: %v", ui.IDOf(err), err)
	}
	if keys, err := w.parts().Store.Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("left in the keyring: %q, %v", keys, err)
	}
}

// signingOut signs out elsewhere just before the session is looked at under its lock.
type signingOut struct {
	login.Source
	elsewhere func()
}

func (s signingOut) While(ctx context.Context, p login.Provider, work func(*login.Session) error) error {
	s.elsewhere()
	return s.Source.While(ctx, p, work)
}

func TestASignOutWhileRenewingStaysOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	view, err := w.broker().View()
	if err != nil {
		t.Fatal(err)
	}
	// STS answers only after another process has signed out.
	w.client.Transport = beforeAnswer{w.client.Transport, func(r *http.Request) {
		if r.URL.String() == w.server.STSURL() || r.URL.Path == "/" {
			if _, err := w.broker().SignOut(context.Background(), access.ProviderOf(view.Map, view.Map.Identities["acme"])); err != nil {
				t.Error(err)
			}
		}
	}}
	if _, err := w.get("ml-trainer"); ui.IDOf(err) != "signed-out-meanwhile" || ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("got %s: %v", ui.IDOf(err), err)
	}
	keys, err := w.parts().Store.Keys(t.Context(), "")
	if err != nil || len(keys) != 0 {
		t.Errorf("left in the keyring: %q, %v", keys, err)
	}
}

// A token that AWS refuses is refreshed; by then the session may be another person's.
func TestASignInWhileATokenIsRefusedIsNotMixedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.IDTokenLifetime = 3 * time.Hour })
	w.signIn("alice")
	w.must("ml-reader")
	w.pass(110 * time.Minute) // of two hours: the cached credential lives, and is to be renewed
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "ExpiredTokenException"})
	plain := w.client.Transport
	w.client.Transport = beforeAnswer{plain, func(r *http.Request) {
		if r.URL.Path == "/" { // STS
			w.client.Transport = plain
			w.signIn("bob")
		}
	}}
	if c, err := w.get("ml-reader"); ui.IDOf(err) != "signed-in-meanwhile" || !strings.Contains(err.Error(), "another sign-in") {
		t.Errorf("got %+v, %v: what alice was given is not bob's", c, err)
	}
	if len(w.notices) != 0 {
		t.Errorf("nothing is served on: %q", w.notices)
	}
}

// While AWS makes a credential, another process may renew the session and find the group gone.
func TestAGroupThatIsLostWhileAWSIsAskedTakesTheRoleAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	view, err := w.broker().View()
	if err != nil {
		t.Fatal(err)
	}
	provider := access.ProviderOf(view.Map, view.Map.Identities["acme"])
	plain := w.client.Transport
	w.client.Transport = beforeAnswer{plain, func(r *http.Request) {
		if r.URL.Path != "/" { // STS
			return
		}
		w.client.Transport = plain
		w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.Claims = map[string]any{"groups": []string{"analysts"}} })
		other := w.broker()
		session, err := w.parts().Sessions.Load(w.t.Context(), provider)
		if err == nil {
			_, err = other.Renew(w.t.Context(), provider, session)
		}
		if err != nil {
			t.Error(err)
		}
	}}
	if c, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole || w.assumed() != 1 {
		t.Errorf("got %+v, %v after %d calls", c, err, w.assumed())
	}
	if keys, err := w.keyring.Keys(t.Context(), "role/"); err != nil || len(keys) != 0 {
		t.Errorf("cached: %q, %v", keys, err)
	}
}

// What the map no longer gives is not kept until it ends.
func TestALostRoleIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	w.must("ml-reader")
	w.writeMap(strings.Replace(w.server.Map(), "ml-scientists: [ml-trainer]", "ml-scientists: [ml-reader]", 1))
	if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("got %v", err)
	}
	if keys, err := w.keyring.Keys(t.Context(), "role/"); err != nil || len(keys) != 1 {
		t.Errorf("the other role's alone is left: %q, %v", keys, err)
	}
}

type beforeAnswer struct {
	http.RoundTripper
	do func(*http.Request)
}

func (b beforeAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	b.do(r)
	return resp, err
}

// A process that is killed as soon as it has stored a session that lost a role leaves nothing of that role to be served.
func TestAKillWhileAGroupIsLostLeavesNothingOfIt(t *testing.T) {
	t.Parallel()
	for stored := 1; ; stored++ {
		w := newWorld(t)
		w.signIn("alice")
		w.server.Set(func(behaviour *sandbox.Behaviour) {
			behaviour.Claims, behaviour.CredentialLifetime = map[string]any{"groups": []string{"analysts"}}, 6*time.Hour
		})
		w.must("ml-trainer")
		w.pass(61 * time.Minute) // past the ID token's life
		left := stored
		w.storing = func() {
			if left--; left == 0 {
				runtime.Goexit() // nothing comes after but what the system does too: locks are let go
			}
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = w.broker().Credentials(w.t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer", Scope: []string{"churn"}})
		}()
		<-ended
		w.storing = nil
		for _, scope := range [][]string{{"churn"}, nil} { // nothing is cached for the first, which so looks at the session
			c, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer", Scope: scope})
			if ui.CodeOf(err) != ui.NoSuchRole {
				t.Errorf("killed once a session was stored for time %d: for %q %+v, %v", stored, scope, c, err)
			}
		}
		if left > 0 {
			if stored < 3 {
				t.Errorf("a session was stored %d times", stored-1)
			}
			return
		}
	}
}
