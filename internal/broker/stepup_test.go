package broker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func (w *world) behave(change func(*sandbox.Behaviour)) {
	w.t.Helper()
	w.server.Set(change)
}

// What is cached ends with the time for which the sign-in is recent enough, and so does the token; other roles go on.
func TestASignInThatIsTooOldGivesNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given("[ml-trainer]", "max_auth_age: 1h")
	w.behave(func(b *sandbox.Behaviour) { b.AuthAge = 20 * time.Minute })
	w.signIn("alice")
	ends := w.clock().Add(40 * time.Minute).UTC().Truncate(time.Second)
	first, token := w.must("ml-trainer"), w.mustToken("ml-trainer")
	if d := first.Expires.Sub(ends); d < -2*time.Second || d > 2*time.Second || !token.Expires.Equal(first.Expires) {
		t.Errorf("handed out until %s and %s, and the sign-in is recent enough until %s", first.Expires, token.Expires, ends)
	}
	if d := w.lastSTS().Duration; d < 39*time.Minute || d > 41*time.Minute {
		t.Errorf("AWS was asked for %s", d)
	}
	w.must("ml-reader")
	w.pass(39 * time.Minute)
	if again := w.must("ml-trainer"); again.AccessKeyID != first.AccessKeyID || w.assumed() != 2 {
		t.Errorf("nothing longer can be had: %d calls", w.assumed())
	}
	w.pass(2 * time.Minute)
	for name, get := range map[string]func() error{
		"keys":    func() error { _, err := w.get("ml-trainer"); return err },
		"a token": func() error { _, err := w.token("ml-trainer"); return err },
	} {
		err := get()
		if ui.IDOf(err) != "step-up-needed" || ui.CodeOf(err) != ui.LoginNeeded || !strings.Contains(err.Error(), "1h 1m ago") ||
			!strings.Contains(ui.HintOf(err), "dbxaccess login --for ml-trainer") {
			t.Errorf("%s: %v\n%s", name, err, ui.HintOf(err))
		}
	}
	if w.assumed() != 2 || len(w.notices) > 0 {
		t.Errorf("%d calls, told: %q", w.assumed(), w.notices)
	}
	w.must("ml-reader")
	if last := w.records[len(w.records)-1]; last.Refused != nil {
		t.Errorf("other roles are as they were: %+v", last)
	}
	// Nobody was asked to prove anything when the token was renewed, whatever the provider says.
	w.behave(func(b *sandbox.Behaviour) { b.AuthTimeMoves = true })
	w.pass(time.Hour)
	w.must("ml-reader")
	if _, err := w.get("ml-trainer"); ui.IDOf(err) != "step-up-needed" {
		t.Errorf("after a renewal: %v", err)
	}
	w.behave(func(b *sandbox.Behaviour) { b.AuthAge = 0 })
	w.signIn("alice")
	w.must("ml-trainer")
}

func TestWhatTheProviderSaysOfASignIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy string
		claims map[string]any
		want   string // part of the sentence; "" where the role is given
		setup  bool   // it is said how the provider comes to tell it
	}{
		"no time":          {"max_auth_age: 1h", map[string]any{"auth_time": nil}, "does not say when that was: its ID token has no auth_time", true},
		"a class":          {"acr: [phr, phrh]", map[string]any{"acr": "phrh"}, "", false},
		"another class":    {"acr: [phr, phrh]", map[string]any{"acr": "pwd"}, "has the authentication context pwd (acr)", false},
		"no class":         {"acr: [phr]", nil, "names no authentication context (acr)", true},
		"a method":         {"amr: [hwk]", map[string]any{"amr": []string{"pin", "hwk"}}, "", false},
		"another method":   {"amr: [hwk]", map[string]any{"amr": []string{"pwd"}}, "was by pwd (amr)", false},
		"one of the lists": {"amr: [hwk, swk]", map[string]any{"amr": []string{"swk"}}, "", false},
		"all at once":      {"max_auth_age: 1h, acr: [phr], amr: [hwk]", map[string]any{"acr": "phr", "amr": []string{"hwk"}}, "", false},
		"all but one":      {"max_auth_age: 1h, acr: [phr], amr: [hwk]", map[string]any{"acr": "phr"}, "does not say by which methods it was (amr)", true},
	} {
		w := newWorld(t)
		w.given("[ml-trainer]", c.policy)
		w.behave(func(b *sandbox.Behaviour) { b.Claims = c.claims })
		w.signIn("alice")
		_, err := w.get("ml-trainer")
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if ui.IDOf(err) != "step-up-needed" || !strings.Contains(err.Error(), c.want) || strings.Contains(ui.HintOf(err), "have the provider put") != c.setup {
			t.Errorf("%s: %v\n%s", name, err, ui.HintOf(err))
		}
	}
}

// A renewal may say less of the sign-in than it did: then what was cached by it goes.
func TestARenewalThatProvesLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given("[ml-trainer]", "acr: [phr]")
	w.behave(func(b *sandbox.Behaviour) {
		b.Claims = map[string]any{"acr": "phr"}
		b.CredentialLifetime = 12 * time.Hour
	})
	w.signIn("alice")
	w.must("ml-trainer")
	w.behave(func(b *sandbox.Behaviour) { b.Claims = map[string]any{"acr": "pwd"} })
	w.pass(61 * time.Minute)
	w.must("ml-trainer") // cached, by the sign-in
	w.must("ml-reader")  // renews the session
	if _, err := w.get("ml-trainer"); ui.IDOf(err) != "step-up-needed" {
		t.Errorf("got %v", err)
	}
}

func TestAReasonIsAskedForAndRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given("[ml-trainer]", "reason: required")
	w.signIn("alice")
	get := func(reason string) (keyID string, err error) {
		c, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer", Reason: reason})
		if err != nil {
			return "", err
		}
		return c.AccessKeyID, nil
	}
	if _, err := get(""); ui.IDOf(err) != "reason-required" || ui.CodeOf(err) != ui.Refused || !strings.Contains(ui.HintOf(err), "--reason") || w.assumed() != 0 {
		t.Errorf("got %v, %s", err, ui.HintOf(err))
	}
	first, err := get("ticket 1")
	if err != nil || w.records[len(w.records)-1].Reason != "ticket 1" {
		t.Fatalf("%v, %+v", err, w.records[len(w.records)-1])
	}
	again, err := get("")
	if err != nil || again != first || w.assumed() != 1 || w.records[len(w.records)-1].Reason != "ticket 1" {
		t.Errorf("served on for its reason: %v, %d calls, %+v", err, w.assumed(), w.records[len(w.records)-1])
	}
	w.given("[ml-trainer]", "reason: required, max_duration: 12h") // the stamp is another, the item is not
	if again, err = get(""); err != nil || again != first {
		t.Errorf("by a newer map: %v", err)
	}
	if other, err := get("ticket 2"); err != nil || other == first || w.assumed() != 2 {
		t.Errorf("for another reason it is issued anew: %v, %d calls", err, w.assumed())
	}
	w.pass(59 * time.Minute)
	if _, err := get(""); err != nil || w.assumed() != 2 {
		t.Errorf("without a reason no other can be had, so all of it is served: %v, %d calls", err, w.assumed())
	}
	w.pass(2 * time.Minute)
	if _, err := get(""); ui.IDOf(err) != "reason-required" {
		t.Errorf("and no longer: %v", err)
	}
	parts := w.parts()
	parts.Reason = "from the environment"
	if _, err := broker.New(parts).WorkspaceToken(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"}); err != nil || w.records[len(w.records)-1].Reason != parts.Reason {
		t.Errorf("%v, %+v", err, w.records[len(w.records)-1])
	}
	// Where none is asked for, one is recorded all the same, and keeps nothing from being served.
	if _, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-reader", Reason: "curious"}); err != nil || w.records[len(w.records)-1].Reason != "curious" {
		t.Errorf("%v, %+v", err, w.records[len(w.records)-1])
	}
	calls := w.assumed()
	if _, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-reader", Reason: "thorough"}); err != nil || w.assumed() != calls || w.records[len(w.records)-1].Reason != "thorough" {
		t.Errorf("%v, %+v", err, w.records[len(w.records)-1])
	}
}

func TestWhatAReasonMayBe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ticket 4711": "ticket 4711", "  two\nlines\x07 ": "two lines", strings.Repeat("ä", 256): strings.Repeat("ä", 256),
		"": "", " \t": "", strings.Repeat("x", 257): "",
	} {
		got, err := broker.Reason(text)
		if got != want || (err != nil) != (want == "") || err != nil && ui.CodeOf(err) != ui.Usage {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
