package broker_test

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// asAgent gets credentials as a program of an agent's does.
func (w *world) asAgent(agent string, r broker.Request) (*sts.Credentials, error) {
	parts := w.parts()
	parts.Agent, parts.Door, parts.Holder = agent, "exec", func() lease.Holder { return lease.Holder{PID: 7, Program: "python3"} }
	r.Identity, r.Role = "acme", "ml-trainer"
	return broker.New(parts).Credentials(w.t.Context(), r)
}

func TestWhatIsIssuedToAnAgentIsALease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	if held, _ := w.leases().Held(); len(held) != 0 {
		t.Errorf("a person's: %+v", held)
	}
	for range 2 { // the second is served from the cache
		c, err := w.asAgent("codex", broker.Request{})
		if err != nil {
			t.Fatal(err)
		}
		held, _ := w.leases().Held()
		if len(held) != 1 || held[0].Agent != "codex" || held[0].Identity != "acme" || held[0].Role != "ml-trainer" || held[0].Door != "exec" ||
			held[0].PID != 7 || held[0].Count != 1 || !held[0].Until.Equal(c.Expires) {
			t.Errorf("%+v, and the credentials end at %s", held, c.Expires)
		}
	}
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "AccessDenied", Message: "no"})
	if _, err := w.asAgent("codex", broker.Request{Scope: []string{"churn"}}); ui.CodeOf(err) != ui.Refused {
		t.Errorf("refused by AWS: %v", err)
	}
	if held, _ := w.leases().Held(); len(held) != 1 {
		t.Errorf("what AWS refuses is no lease: %+v", held)
	}
}

// What is served for as long as the map lets agents have anything works for longer, which is what who revokes has to know.
func TestALeaseEndsWhenWhatWasIssuedDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	parts := w.parts()
	parts.Agent, parts.Holder = "codex", func() lease.Holder { return lease.Holder{} }
	token, err := broker.New(parts).WorkspaceToken(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"})
	if err != nil {
		t.Fatal(err)
	}
	if held, _ := w.leases().Held(); len(held) != 1 || !held[0].Until.After(token.Expires.Add(10*time.Minute)) {
		t.Errorf("%+v, and the token is served until %s", held, token.Expires)
	}
}

// Who revokes while something is being issued deletes what is cached before that is there. It is not handed out, and not left.
func TestRevokedWhileItIsIssued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.hearing = func(r audit.Record) {
		if r.Agent != "codex" || r.Activity != audit.Assume || r.Refused != nil {
			return
		}
		if _, err := w.leases().Revoke("codex"); err != nil {
			t.Error(err)
		}
		if err := w.broker().ForgetAgent(t.Context(), func(string) bool { return true }); err != nil {
			t.Error(err)
		}
	}
	before, err := w.keyring.Keys(t.Context(), "role/")
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.asAgent("codex", broker.Request{})
	if c != nil || ui.IDOf(err) != "agent-revoked" || ui.CodeOf(err) != ui.Refused {
		t.Errorf("handed out: %v, %v", c != nil, err)
	}
	if after, err := w.keyring.Keys(t.Context(), "role/"); err != nil || len(after) > len(before)+1 { // the person's own may be there
		t.Errorf("left in the keyring: %v, before %v, %v", after, before, err)
	}
	w.hearing = nil
	if _, err := w.asAgent("codex", broker.Request{}); ui.IDOf(err) != "agent-revoked" {
		t.Errorf("asked again: %v", err)
	}
	if _, err := w.leases().Allow("codex"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.asAgent("codex", broker.Request{}); err != nil {
		t.Errorf("allowed again: %v", err)
	}
}

// What is cached for an agent goes with its revocation, and nobody else's.
func TestForgettingAnAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	persons := w.must("ml-trainer")
	ids := map[string]string{}
	for _, agent := range []string{"codex", "cursor"} {
		c, err := w.asAgent(agent, broker.Request{})
		if err != nil {
			t.Fatal(err)
		}
		ids[agent] = c.AccessKeyID
	}
	if err := w.broker().ForgetAgent(t.Context(), func(agent string) bool { return agent == "codex" }); err != nil {
		t.Fatal(err)
	}
	if again := w.must("ml-trainer"); again.AccessKeyID != persons.AccessKeyID {
		t.Error("the person's is gone")
	}
	for agent, kept := range map[string]bool{"codex": false, "cursor": true} {
		c, err := w.asAgent(agent, broker.Request{})
		if err != nil || (c.AccessKeyID == ids[agent]) != kept {
			t.Errorf("%s: kept %v, %v", agent, c != nil && c.AccessKeyID == ids[agent], err)
		}
	}
}
