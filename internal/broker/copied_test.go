package broker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What is copied into an environment is never renewed: aws-vault 122 and 469 are of jobs that got a cached credential near
// its end.
func TestWhatIsCopiedHasMostOfItsLifeLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	request := broker.Request{Identity: "acme", Role: "ml-trainer"}
	copied := request
	copied.Copied = true
	ask := func(r broker.Request) (left time.Duration) {
		t.Helper()
		keys, err := w.broker().Credentials(t.Context(), r)
		if err != nil {
			t.Fatalf("%v\n%s", err, ui.HintOf(err))
		}
		return keys.Expires.Sub(w.clock()).Round(time.Minute)
	}
	if left := ask(copied); left != time.Hour || w.assumed() != 1 {
		t.Errorf("new: %s left, %d assumed", left, w.assumed())
	}
	w.pass(14 * time.Minute)
	if left := ask(copied); left != 46*time.Minute || w.assumed() != 1 {
		t.Errorf("more than three quarters: %s left, %d assumed", left, w.assumed())
	}
	w.pass(2 * time.Minute)
	if left := ask(request); left != 44*time.Minute || w.assumed() != 1 {
		t.Errorf("an SDK, which asks again in time: %s left, %d assumed", left, w.assumed())
	}
	short := copied
	short.For = 40 * time.Minute
	if left := ask(short); left != 44*time.Minute || w.assumed() != 1 {
		t.Errorf("less was asked for: %s left, %d assumed", left, w.assumed())
	}
	short.For = 50 * time.Minute
	if left := ask(short); left != time.Hour || w.assumed() != 2 {
		t.Errorf("more was asked for: %s left, %d assumed", left, w.assumed())
	}
	w.pass(20 * time.Minute)
	if left := ask(copied); left != time.Hour || w.assumed() != 3 {
		t.Errorf("less than three quarters: %s left, %d assumed", left, w.assumed())
	}
	short.For = time.Hour // as the role has it: what asking takes does not count
	if left := ask(short); left != time.Hour {
		t.Errorf("all: %s left", left)
	}
	short.For = 2 * time.Hour
	_, err := w.broker().Credentials(t.Context(), short)
	if ui.IDOf(err) != "life-too-short" || ui.CodeOf(err) != ui.Failed || !strings.Contains(ui.HintOf(err), "duration") {
		t.Errorf("more than there is: %v\n%s", err, ui.HintOf(err))
	}
}

// A workspace's token ends with the ID token it was made from, which is renewed first.
func TestACopiedWorkspaceTokenHasMostOfItsLifeLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	request := broker.Request{Identity: "acme", Role: "ml-trainer", Copied: true}
	for _, passed := range []time.Duration{0, 20 * time.Minute, 20 * time.Minute} {
		w.pass(passed)
		token, err := w.broker().WorkspaceToken(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if left := token.Expires.Sub(w.clock()).Round(time.Minute); left < 45*time.Minute {
			t.Errorf("after %s: %s left", passed, left)
		}
	}
	request.For = 3 * time.Hour
	if _, err := w.broker().WorkspaceToken(t.Context(), request); ui.IDOf(err) != "life-too-short" || !strings.Contains(ui.HintOf(err), "--no-databricks") {
		t.Errorf("more than there is: %v\n%s", err, ui.HintOf(err))
	}
}
