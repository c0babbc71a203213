package broker_test

import (
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var (
	ofTable = broker.Vended{By: credential.Table, Name: "main.ml.churn"}
	ofGrant = broker.Vended{By: credential.AccessGrant, Name: "s3://acme-ml/churn/"}
)

func (w *world) vended(from broker.Vended) (*sts.Credentials, error) {
	w.t.Helper()
	return w.broker().Credentials(w.t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer", From: from})
}

func (w *world) mustVend(from broker.Vended) *sts.Credentials {
	w.t.Helper()
	got, err := w.vended(from)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, ui.HintOf(err))
	}
	return got
}

func TestVendedCredentialsAreCachedLikeARolesOwn(t *testing.T) {
	t.Parallel()
	for _, from := range []broker.Vended{ofTable, ofGrant} {
		w := newWorld(t)
		w.signIn("alice")
		asked := func() int { return w.server.Calls()[sandbox.UnityVend] + w.server.Calls()[sandbox.DataAccess] }
		first := w.mustVend(from)
		w.pass(44 * time.Minute)
		if again := w.mustVend(from); again.AccessKeyID != first.AccessKeyID || again.Reaches != first.Reaches || asked() != 1 {
			t.Errorf("%s: with 16 minutes left the cached ones are served", from)
		}
		w.pass(2 * time.Minute)
		if renewed := w.mustVend(from); renewed.AccessKeyID == first.AccessKeyID || asked() != 2 {
			t.Errorf("%s: with 14 minutes left they are vended anew", from)
		}
		last := w.issued()[len(w.issued())-1]
		if last.Activity != audit.Vend || last.Vended != from.String() || last.AccessKeyID == "" || last.Role != "ml-trainer" || last.Subject != "00u1alice7Kq" {
			t.Errorf("%s: recorded as %+v", from, last)
		}
		w.signIn("alice")
		if anew := w.mustVend(from); anew.AccessKeyID == first.AccessKeyID || asked() != 3 {
			t.Errorf("%s: a new sign-in forgets what was cached", from)
		}
	}
}

func TestManyAtOnceCostOneVending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	var all sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		all.Go(func() {
			if got, err := w.vended(ofTable); err == nil {
				keys[i] = got.AccessKeyID
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if key == "" || key != keys[0] {
			t.Errorf("got %q", keys)
		}
	}
	if calls := w.server.Calls(); calls[sandbox.UnityVend] != 1 || w.exchanged() != 1 {
		t.Errorf("one vending with one token: %v", calls)
	}
}

func TestAFailingVendorDoesNotEndWhatLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.mustVend(ofTable)
	w.pass(50 * time.Minute)
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.UnityVend, Status: 500, Body: "{}", Times: sandbox.Always})
	if again := w.mustVend(ofTable); again.AccessKeyID != first.AccessKeyID || len(w.notices) != 1 {
		t.Errorf("what lives is served, with a warning: %q", w.notices)
	}
	w.pass(11 * time.Minute)
	if _, err := w.vended(ofTable); ui.CodeOf(err) != ui.Failed {
		t.Errorf("what has ended is not: %v", err)
	}
}

// A token may be revoked in the workspace while it is cached here.
func TestARefusedWorkspaceTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.mustToken("ml-trainer")
	refusal := sandbox.Fault{Endpoint: sandbox.UnityVend, Error: "UNAUTHENTICATED", Message: "Invalid access token."}
	w.server.Inject(refusal)
	if _, err := w.vended(ofTable); ui.IDOf(err) != "workspace-token-refused" || w.exchanged() != 1 {
		t.Errorf("one that was made a moment ago is not made again: %v, %d exchanges", err, w.exchanged())
	}
	w.pass(5 * time.Minute)
	w.server.Inject(refusal)
	if w.mustVend(ofTable); w.exchanged() != 2 {
		t.Errorf("an older one is: %d exchanges", w.exchanged())
	}
}

func TestExternalAccessThatIsOffCostsNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.mustToken("ml-trainer")
	w.pass(5 * time.Minute)
	w.server.Set(func(b *sandbox.Behaviour) { b.ExternalAccessOff = true })
	if _, err := w.vended(ofTable); ui.IDOf(err) != "vending-external-access-off" || w.exchanged() != 1 {
		t.Errorf("%v, %d exchanges", err, w.exchanged())
	}
}

func TestWhatCantBeRecordedIsNotVended(t *testing.T) {
	t.Parallel()
	for _, from := range []broker.Vended{ofTable, ofGrant} {
		w := newWorld(t)
		w.signIn("alice")
		w.mustToken("ml-trainer")
		w.refuse = ui.Errorf("", ui.Failed, "the disk is full")
		if got, err := w.vended(from); err == nil || got != nil {
			t.Errorf("%s: %v, %v", from, got, err)
		}
		w.refuse = nil
		if w.mustVend(from) == nil {
			t.Error("none")
		}
	}
}
