package broker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/credential"
)

// forRun gets credentials as a program of a run does, whose environment names it.
func (w *world) forRun(run string) string {
	w.t.Helper()
	parts := w.parts()
	parts.Run = run
	c, err := broker.New(parts).Credentials(w.t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"})
	if err != nil {
		w.t.Fatal(err)
	}
	return c.AccessKeyID
}

func TestARunHasItsOwnCredentialsAndRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	none, first, second := w.forRun(""), w.forRun("churn-7"), w.forRun("churn-8")
	if none == first || first == second || none == second {
		t.Errorf("shared: %s, %s, %s", none, first, second)
	}
	if again := w.forRun("churn-7"); again != first {
		t.Errorf("not cached: %s, then %s", first, again)
	}
	want := []struct {
		activity  audit.Activity
		run, name string
	}{
		{audit.Assume, "", "alice@example.com"}, {audit.Assume, "churn-7", "alice@example.com,churn-7"},
		{audit.Assume, "churn-8", "alice@example.com,churn-8"}, {audit.Serve, "churn-7", "alice@example.com,churn-7"},
	}
	for i, r := range w.issued() {
		if i >= len(want) || r.Activity != want[i].activity || r.Run != want[i].run || r.SessionName != want[i].name {
			t.Errorf("%d: %s of run %q as %q", i, r.Activity, r.Run, r.SessionName)
		}
	}
	parts := w.parts()
	parts.Run = "churn-9"
	if r, err := broker.New(parts).Resolve(t.Context(), broker.Request{Role: "ml-trainer"}); err != nil || r.Run != "churn-9" {
		t.Errorf("what goes on in another process is of run %q, %v", r.Run, err)
	}
}

// A sweep of many runs must not fill the keyring with what nobody asks for again.
func TestItemsOfRunsThatHaveEndedGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.forRun("")
	const early = 12
	for i := range early {
		w.forRun(fmt.Sprint("early-", i))
	}
	if n := w.items(); n != 1+early {
		t.Fatalf("%d items", n)
	}
	w.pass(2 * time.Hour)
	for i := range 3 {
		w.forRun(fmt.Sprint("late-", i))
	}
	if n := w.items(); n != 1+3 { // one without a run, which is asked for again as ever
		t.Errorf("%d items are left", n)
	}
	w.keyring.SetNote("items of runs", []byte("[damaged"))
	w.forRun("last")
	if n := w.items(); n != 1+4 {
		t.Errorf("%d items", n)
	}
}

// items counts the cached AWS credentials.
func (w *world) items() int {
	w.t.Helper()
	keys, err := w.keyring.Keys(w.t.Context(), credential.RolePrefix)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(keys)
}
