package broker_test

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// Who keeps credentials at hand asks ahead of time: they are renewed earlier than for others, and while they live it is
// never an error that they can't be.
func TestRenewingAheadOfTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	request := broker.Request{Identity: "acme", Role: "ml-trainer"}
	ahead := request
	ahead.Ahead = 25 * time.Minute
	left := func(r broker.Request) time.Duration {
		t.Helper()
		keys, err := w.broker().Credentials(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return keys.Expires.Sub(w.clock()).Round(time.Minute)
	}
	if got := left(ahead); got != time.Hour {
		t.Errorf("new: %s left", got)
	}
	w.pass(34 * time.Minute)
	if got := left(ahead); got != 26*time.Minute || w.assumed() != 1 {
		t.Errorf("enough: %s left, %d assumed", got, w.assumed())
	}
	w.pass(2 * time.Minute)
	if got := left(request); got != 24*time.Minute || w.assumed() != 1 {
		t.Errorf("enough for others: %s left, %d assumed", got, w.assumed())
	}
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Status: 503, Times: 5})
	keys, err := w.broker().Credentials(t.Context(), ahead)
	if keys == nil || keys.Expires.Sub(w.clock()).Round(time.Minute) != 24*time.Minute || err == nil {
		t.Errorf("it can't be renewed: %v, %v", keys, err)
	}
	w.pass(2 * time.Minute)
	if got := left(ahead); got != time.Hour {
		t.Errorf("ahead of time: %s left", got)
	}
	// More than can ever be left is no reason to ask each time.
	ahead.Ahead = 10 * time.Hour
	assumed := w.assumed()
	w.pass(10 * time.Minute)
	if got := left(ahead); got != 50*time.Minute || w.assumed() != assumed {
		t.Errorf("most of the life: %s left, %d assumed, want %d", got, w.assumed(), assumed)
	}
	w.pass(6 * time.Minute)
	if got := left(ahead); got != time.Hour {
		t.Errorf("less than most of the life: %s left", got)
	}
	// A workspace's token alike.
	request.Ahead = 30 * time.Minute
	for range 4 {
		token, err := w.broker().WorkspaceToken(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if got := token.Expires.Sub(w.clock()); got < 29*time.Minute {
			t.Errorf("a token with %s left", got)
		}
		w.pass(10 * time.Minute)
	}
}

// Each run has credentials of its own, which CloudTrail tells apart, and shares its workspace's token.
func TestRunsAreToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	keys := map[string]string{}
	for _, run := range []string{"", "churn-7", "churn-8", "", "churn-7"} {
		request := broker.Request{Identity: "acme", Role: "ml-trainer", Run: run}
		got, err := w.broker().Credentials(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if keys[run] != "" && keys[run] != got.AccessKeyID {
			t.Errorf("the run %q has other keys the second time", run)
		}
		if keys[run] == "" {
			calls := w.server.STSCalls()
			want := "alice@example.com"
			if run != "" {
				want += "," + run
			}
			if name := calls[len(calls)-1].SessionName; name != want {
				t.Errorf("the run %q is called %q", run, name)
			}
		}
		keys[run] = got.AccessKeyID
		if _, err := w.broker().WorkspaceToken(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	if len(keys) != 3 || w.assumed() != 3 || len(w.server.ExchangeCalls()) != 1 {
		t.Errorf("%d keys, %d assumed, %d exchanged", len(keys), w.assumed(), len(w.server.ExchangeCalls()))
	}
}
