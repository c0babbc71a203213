package broker_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var errNoRecord = errors.New("the disk of the record is full")

func TestWhatCanNotBeRecordedIsNeitherStoredNorHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.refuse = errNoRecord
	request := broker.Request{Identity: "acme", Role: "ml-trainer"}
	if got, err := w.get("ml-trainer"); got != nil || !errors.Is(err, errNoRecord) {
		t.Errorf("credentials: %v, %v", got, err)
	}
	if got, err := w.token("ml-trainer"); got != nil || !errors.Is(err, errNoRecord) {
		t.Errorf("a token: %v, %v", got, err)
	}
	if link, _, err := w.broker().ConsoleLink(t.Context(), request, w.server.SigninURL()); !link.IsZero() || !errors.Is(err, errNoRecord) {
		t.Errorf("a link: %v", err)
	}
	if _, _, err := w.broker().Try(t.Context(), request); !errors.Is(err, errNoRecord) {
		t.Errorf("a try: %v", err)
	}
	w.refuse = nil
	if cached, err := w.broker().Peek(t.Context(), request); cached != nil || err != nil {
		t.Errorf("stored all the same: %v, %v", cached, err)
	}
	w.must("ml-trainer")
	w.refuse = errNoRecord
	if got, err := w.get("ml-trainer"); got != nil || !errors.Is(err, errNoRecord) {
		t.Errorf("from the cache: %v, %v", got, err)
	}
}

func TestEveryWayOutIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	w.must("ml-trainer")
	w.mustToken("ml-trainer")
	request := broker.Request{Identity: "acme", Role: "ml-trainer"}
	if _, _, err := w.broker().ConsoleLink(t.Context(), request, w.server.SigninURL()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.get("ml-admin"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Fatal(err)
	}
	w.pass(59*time.Minute + 30*time.Second) // the ID token is too old to be sent
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "AccessDenied"})
	if _, err := w.get("ml-reader"); ui.CodeOf(err) != ui.Refused {
		t.Fatal(err)
	}
	type entry struct {
		activity audit.Activity
		refused  bool
		role     string
	}
	var got []entry
	for _, r := range w.records {
		got = append(got, entry{r.Activity, r.Refused != nil, r.Role})
		if r.Subject != "00u1alice7Kq" || r.Identity != "acme" || r.Issuer == "" || r.ClientID == "" || r.Time.IsZero() {
			t.Errorf("it does not say who: %+v", r)
		}
		if ofAWS := r.AccessKeyID != ""; ofAWS != (r.SessionTokenUtilization > 0) {
			t.Errorf("how full the session token is: %+v", r)
		}
	}
	want := []entry{
		{audit.SignIn, false, ""},
		{audit.Assume, false, "ml-trainer"}, {audit.Serve, false, "ml-trainer"}, {audit.Exchange, false, "ml-trainer"},
		{audit.Serve, false, "ml-trainer"}, {audit.Console, false, "ml-trainer"},
		{audit.Assume, true, "ml-admin"}, {audit.Renew, false, ""}, {audit.Assume, true, "ml-reader"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

// A request for which no identity can be found is refused before it is known who asks; it is a refusal all the same.
func TestARefusalWithoutAnIdentityIsRecordedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.writeMap(strings.Replace(w.server.Map(), "identities:\n", "identities:\n  other: {issuer: https://other.example.com, client_id: x, groups: {g: [ml-reader]}}\n", 1))
	request := broker.Request{Role: "ml-trainer"}
	for name, ask := range map[string]func() error{
		"credentials": func() error { _, err := w.broker().Credentials(t.Context(), request); return err },
		"console": func() error {
			_, _, err := w.broker().ConsoleLink(t.Context(), request, w.server.SigninURL())
			return err
		},
		"resolve": func() error { _, err := w.broker().Resolve(t.Context(), request); return err },
		"host": func() error {
			_, err := w.broker().ForHost(t.Context(), access.Place{Host: w.server.WorkspaceHost()})
			return err
		},
	} {
		w.records = nil
		if err := ask(); ui.CodeOf(err) != ui.LoginNeeded {
			t.Errorf("%s: %v", name, err)
		}
		if len(w.records) != 1 || w.records[0].Refused == nil {
			t.Errorf("%s: %+v", name, w.records)
		}
	}
}
