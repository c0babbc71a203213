package broker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// given changes what the map gives ml-scientists, and how sensitive churn, which is ml-trainer's, is.
func (w *world) given(roles, policy string) {
	w.t.Helper()
	text := strings.NewReplacer("ml-scientists: [ml-trainer]", "ml-scientists: "+roles, "sensitivity: confidential", "sensitivity: restricted").Replace(w.server.Map())
	if policy != "" {
		text += "policy: {restricted: {" + policy + "}}\n"
	}
	w.writeMap(text)
}

// until is an entry that ends so long from now, and the end itself.
func (w *world) until(left time.Duration) (entry string, end time.Time) {
	end = w.clock().Add(left).UTC().Truncate(time.Second)
	return `{role: ml-trainer, until: "` + end.Format(time.RFC3339) + `", reason: audit}`, end
}

func (w *world) lastSTS() sandbox.STSCall {
	calls := w.server.STSCalls()
	return calls[len(calls)-1]
}

func TestNothingIsServedAfterTheEndOfAGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry, end := w.until(40 * time.Minute)
	w.given("["+entry+"]", "")
	w.signIn("alice")
	first := w.must("ml-trainer")
	call := w.lastSTS()
	if !first.Expires.Equal(end) || call.Duration < 39*time.Minute || call.Duration > 40*time.Minute || !strings.Contains(call.Policy, end.Format(time.RFC3339)) {
		t.Errorf("it ends %s and not %s: asked for %s with %s", first.Expires, end, call.Duration, call.Policy)
	}
	for _, left := range []time.Duration{20 * time.Minute, 5 * time.Minute, time.Second} {
		w.pass(end.Add(-left).Sub(w.clock()))
		if again := w.must("ml-trainer"); again.AccessKeyID != first.AccessKeyID || w.assumed() != 1 {
			t.Errorf("with %s left nothing longer can be had: %d calls", left, w.assumed())
		}
	}
	w.pass(time.Second)
	if _, err := w.get("ml-trainer"); ui.IDOf(err) != "grant-ended" || ui.CodeOf(err) != ui.NoSuchRole || !strings.Contains(err.Error(), "(audit)") || w.assumed() != 1 {
		t.Errorf("got %v after %d calls", err, w.assumed())
	}
	if last := w.records[len(w.records)-1]; last.Refused == nil || last.Subject != "00u1alice7Kq" {
		t.Errorf("the refusal is recorded: %+v", last)
	}
}

func TestCredentialsThatAreAskedForNearTheEndEndWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry, end := w.until(2 * time.Minute)
	w.given("["+entry+"]", "")
	w.signIn("alice")
	if c := w.must("ml-trainer"); !c.Expires.Equal(end) || w.lastSTS().Duration != 15*time.Minute {
		t.Errorf("it ends %s and not %s, asked for %s", c.Expires, end, w.lastSTS().Duration)
	}
	w.pass(time.Minute)
	w.must("ml-trainer")
	if w.assumed() != 1 {
		t.Errorf("%d calls: another one would end no later", w.assumed())
	}
	_ = w.server.Close() // what can't be renewed is served while it lives, and no longer
	w.pass(59 * time.Second)
	w.must("ml-trainer")
	w.pass(2 * time.Second)
	if _, err := w.get("ml-trainer"); ui.IDOf(err) != "grant-ended" {
		t.Errorf("got %v", err)
	}
}

// The end may come while AWS is asked.
func TestAGrantThatEndsWhileItIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry, _ := w.until(5 * time.Second)
	w.given("["+entry+"]", "")
	w.signIn("alice")
	w.client.Transport = beforeAnswer{w.client.Transport, func(*http.Request) { w.pass(10 * time.Second) }}
	if c, err := w.get("ml-trainer"); c != nil || ui.IDOf(err) != "grant-ended" || w.assumed() != 1 {
		t.Errorf("got %+v, %v after %d calls", c, err, w.assumed())
	}
}

// Groups come again with each renewal of the session, and with them another rule's end.
func TestOtherGroupsBringAnotherEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long, _ := w.until(10 * time.Hour)
	short, end := w.until(3 * time.Hour)
	text := strings.NewReplacer("ml-scientists: [ml-trainer]", "ml-scientists: ["+long+"]", "analysts: [ml-reader]", "analysts: ["+short+"]").Replace(w.server.Map())
	w.writeMap(text)
	w.signIn("alice")
	w.must("ml-trainer")
	w.server.Set(func(b *sandbox.Behaviour) { b.Claims = map[string]any{"groups": []string{"analysts"}} })
	w.pass(61 * time.Minute) // past the ID token's life
	w.must("ml-trainer")
	if call := w.lastSTS(); w.assumed() != 2 || !strings.Contains(call.Policy, end.Format(time.RFC3339)) {
		t.Errorf("%d calls, the last with %s", w.assumed(), call.Policy)
	}
}

// A workspace token is shared by roles, of which one may end.
func TestASharedTokenEndsForTheRoleThatEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry, end := w.until(20 * time.Minute)
	w.given("["+entry+"]", "")
	w.signIn("alice")
	ending, lasting := w.mustToken("ml-trainer"), w.mustToken("ml-reader")
	if !ending.Expires.Equal(end) || !lasting.Expires.After(end) || ending.AccessToken.Reveal() != lasting.AccessToken.Reveal() || w.exchanged() != 1 {
		t.Errorf("one token that ends at %s for the one and %s for the other, after %d exchanges", ending.Expires, lasting.Expires, w.exchanged())
	}
	w.pass(end.Sub(w.clock()))
	if _, err := w.token("ml-trainer"); ui.IDOf(err) != "grant-ended" {
		t.Errorf("got %v", err)
	}
	if again := w.mustToken("ml-reader"); again.AccessToken.Reveal() != lasting.AccessToken.Reveal() || w.exchanged() != 1 {
		t.Error("for the other role it lives on")
	}
}

func TestTheMapsPolicyBoundsTheLifeOfCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given("[ml-trainer]", "max_duration: 15m")
	w.signIn("alice")
	w.must("ml-trainer")
	if d := w.lastSTS().Duration; d != 15*time.Minute {
		t.Errorf("AWS was asked for %s", d)
	}
	issued := w.clock()
	token := w.mustToken("ml-trainer")
	if !token.Expires.Equal(issued.Add(15*time.Minute).UTC()) || !w.mustToken("ml-reader").Expires.After(token.Expires) || w.exchanged() != 1 {
		t.Errorf("a token that Databricks lets live longer is handed out until %s, after %d exchanges", token.Expires, w.exchanged())
	}
	w.pass(8 * time.Minute) // half of what it may live
	if again := w.mustToken("ml-trainer"); again.AccessToken.Reveal() == token.AccessToken.Reveal() || w.exchanged() != 2 {
		t.Errorf("it is renewed within its life: %d exchanges", w.exchanged())
	}
	w.given("[ml-trainer]", "max_duration: 12h")
	w.must("ml-trainer")
	if d := w.lastSTS().Duration; d != 0 || w.assumed() != 2 {
		t.Errorf("longer than usual is left to AWS, which was asked for %s", d)
	}
}

func TestAnAgentIsRefusedWhateverIsCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given("[ml-trainer]", "agents: deny, env: deny")
	w.signIn("alice")
	first := w.must("ml-trainer")
	w.mustToken("ml-trainer")
	parts := w.parts()
	parts.Agent = "claude-code"
	ctx, r := t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"}
	_, forKeys := broker.New(parts).Credentials(ctx, r)
	_, forToken := broker.New(parts).WorkspaceToken(ctx, r)
	_, _, forLink := broker.New(parts).ConsoleLink(ctx, r, broker.ConsoleTarget{}, "")
	for name, err := range map[string]error{"keys": forKeys, "a token": forToken, "a link": forLink} {
		if ui.IDOf(err) != "agents-denied" || ui.CodeOf(err) != ui.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if last := w.records[len(w.records)-1]; last.Activity != audit.Assume || ui.IDOf(last.Refused) != "agents-denied" {
		t.Errorf("the refusal is recorded: %+v", last)
	}
	for _, ahead := range []time.Duration{0, 20 * time.Minute} { // as for who keeps it at hand
		r.Ahead = ahead
		if c, err := broker.New(parts).Credentials(ctx, r); c != nil || ui.IDOf(err) != "agents-denied" {
			t.Errorf("%v, %v", c, err)
		}
	}
	r.Ahead, r.Copied = 0, true
	if _, err := w.broker().Credentials(ctx, r); ui.IDOf(err) != "env-denied" || ui.CodeOf(err) != ui.Refused {
		t.Errorf("copied: %v", err)
	}
	if _, err := w.broker().WorkspaceToken(ctx, r); ui.IDOf(err) != "env-denied" {
		t.Errorf("a token, copied: %v", err)
	}
	if again := w.must("ml-trainer"); again.AccessKeyID != first.AccessKeyID || w.assumed() != 1 || w.exchanged() != 1 {
		t.Error("the person's own is as it was")
	}
	// Narrowed to other data it is anybody's.
	r = broker.Request{Identity: "acme", Role: "ml-trainer", Scope: []string{"features"}, Copied: true}
	if _, err := broker.New(parts).Credentials(ctx, r); err != nil {
		t.Error(err)
	}
	// Where nothing can be asked either: a living credential is no way around a rule.
	_ = w.server.Close()
	w.pass(50 * time.Minute)
	if c, err := broker.New(parts).Credentials(ctx, broker.Request{Identity: "acme", Role: "ml-trainer"}); c != nil || ui.IDOf(err) != "agents-denied" {
		t.Errorf("got %v, %v", c, err)
	}
}
