package broker_test

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestTryAsksAnewAndStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	r := broker.Request{Identity: "acme", Role: "ml-trainer"}
	cached, err := w.broker().Credentials(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	key, expires, err := w.broker().Try(t.Context(), r)
	if err != nil || key == cached.AccessKeyID || !expires.After(w.clock()) || len(w.server.STSCalls()) != 2 {
		t.Errorf("got %q until %s, %v after %d calls", key, expires, err, len(w.server.STSCalls()))
	}
	if last := w.issued()[len(w.issued())-1]; last.AccessKeyID != key || last.Activity != audit.Assume {
		t.Errorf("what AWS issued is on the record: %+v", last)
	}
	if again, err := w.broker().Credentials(t.Context(), r); err != nil || again.AccessKeyID != cached.AccessKeyID {
		t.Errorf("what was cached is served on, got %v", err)
	}

	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "AccessDenied"})
	if _, _, err := w.broker().Try(t.Context(), r); ui.CodeOf(err) != ui.Refused {
		t.Errorf("a cached credential does not stand in for a refusal: %v", err)
	}
	if _, _, err := w.broker().Try(t.Context(), broker.Request{Identity: "acme", Role: "nonesuch"}); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("got %v", err)
	}
}

func TestTryWorkspaceAsksWhoOneIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	r := broker.Request{Identity: "acme", Role: "ml-trainer"}
	w.mustToken("ml-trainer")
	me, err := w.broker().TryWorkspace(t.Context(), r)
	if err != nil || me.UserName != "alice@example.com" || w.exchanged() != 2 {
		t.Errorf("got %+v, %v after %d exchanges", me, err, w.exchanged())
	}
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.Me, Error: "PERMISSION_DENIED"})
	if _, err := w.broker().TryWorkspace(t.Context(), r); ui.CodeOf(err) != ui.Refused {
		t.Errorf("got %v", err)
	}
}

func TestASessionOfTokenLifeIsNotRenewedByTrying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	b := w.broker()
	w.pass(time.Hour - b.TokenLife(time.Hour) - time.Second)
	r := broker.Request{Identity: "acme", Role: "ml-trainer"}
	if _, _, err := b.Try(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := b.TryWorkspace(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n := w.server.Calls()[sandbox.TokenRefreshToken]; n != 0 {
		t.Errorf("the session was renewed %d times", n)
	}
}
