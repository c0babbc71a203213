package broker_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/store"
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
	if link, _, err := w.broker().ConsoleLink(t.Context(), request, broker.ConsoleTarget{}, w.server.SigninURL()); !link.IsZero() || !errors.Is(err, errNoRecord) {
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

// Who signs in is recorded, and what that gives them: without both, nobody is signed in, and who was still is.
func TestASignInThatCanNotBeRecordedIsNotStored(t *testing.T) {
	t.Parallel()
	for _, activity := range []audit.Activity{audit.SignIn, audit.Entitle} {
		w := newWorld(t)
		w.refuse, w.refused = errNoRecord, activity
		if err := w.trySignIn("alice"); !errors.Is(err, errNoRecord) {
			t.Errorf("%s: %v", activity, err)
		}
		if _, err := w.get("ml-trainer"); !errors.Is(err, login.ErrNotSignedIn) {
			t.Errorf("%s: stored all the same: %v", activity, err)
		}
		w.refuse = nil
		w.signIn("alice")
		w.refuse = errNoRecord
		if err := w.trySignIn("bob"); !errors.Is(err, errNoRecord) {
			t.Errorf("%s: %v", activity, err)
		}
		w.refuse = nil
		w.must("ml-trainer")
		if last := w.records[len(w.records)-1]; last.Subject != "00u1alice7Kq" {
			t.Errorf("%s: of %s", activity, last.Subject)
		}
	}
}

// A renewal that takes a role away is stored also where it can't be recorded, or the sign-in would be lost. So what the role gave before is
// forgotten by that call, as the next one sees no change, and would serve it until its end.
func TestARenewalThatCanNotBeRecordedTakesTheRoleAway(t *testing.T) {
	t.Parallel()
	for _, activity := range []audit.Activity{audit.Renew, audit.Entitle, ""} {
		w := newWorld(t)
		w.signIn("alice")
		w.server.Set(func(behaviour *sandbox.Behaviour) {
			behaviour.Claims, behaviour.CredentialLifetime = map[string]any{"groups": []string{"analysts"}}, 6*time.Hour
		})
		w.must("ml-trainer")
		w.pass(61 * time.Minute) // past the ID token's life
		w.refuse, w.refused = errNoRecord, activity
		scoped := broker.Request{Identity: "acme", Role: "ml-trainer", Scope: []string{"churn"}}
		for range 2 {
			if got, err := w.broker().Credentials(t.Context(), scoped); got != nil || activity != "" && err == nil {
				t.Errorf("%q: %v, %v", activity, got, err)
			}
		}
		w.refuse = nil
		if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
			t.Errorf("%q: %v", activity, err)
		}
		key := broker.Request{Identity: "acme", Role: "ml-trainer"}.Key(w.mapPath)
		if left, err := w.keyring.Get(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %d bytes of it are left: %v", activity, len(left), err)
		}
	}
}

// A cached credential says whether the map has it served only where that is recorded, as what answers before main has no map.
func TestWhatTheMapSaysOfTheUnrecordedStandsInTheItem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	for i, policy := range []string{"", "audit: {on_failure: deny}\n", "audit: {on_failure: allow}\n"} {
		w.writeMap(w.server.Map() + policy)
		w.must("ml-trainer")
		request := broker.Request{Identity: "acme", Role: "ml-trainer"}
		data, err := w.keyring.Get(t.Context(), request.Key(w.mapPath))
		if err != nil {
			t.Fatal(err)
		}
		it := credential.Decode(request.Key(w.mapPath), data)
		if it == nil || it.Terms["ml-trainer"].Recorded != (i == 1) {
			t.Errorf("%q: %+v", policy, it)
		}
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
	if _, _, err := w.broker().ConsoleLink(t.Context(), request, broker.ConsoleTarget{}, w.server.SigninURL()); err != nil {
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
		if r.Activity == audit.Entitle && (r.MapDigest == "" || !slices.Contains(r.Grants, audit.Grant{Role: "ml-trainer", Group: "ml-scientists"})) {
			t.Errorf("which groups give which roles, by which map: %+v", r)
		}
		if r.Activity == audit.Assume && r.Refused == nil && (r.MapDigest == "" || r.Group != "ml-scientists") {
			t.Errorf("by which map, through which group: %+v", r)
		}
		if issued := r.Activity == audit.Assume || r.Activity == audit.Exchange; issued && r.Refused == nil && r.RequestID == "" {
			t.Errorf("by which answer: %+v", r)
		}
		if ofAWS := r.AccessKeyID != ""; ofAWS != (r.SessionTokenUtilization > 0) {
			t.Errorf("how full the session token is: %+v", r)
		}
	}
	want := []entry{
		{audit.SignIn, false, ""}, {audit.Entitle, false, ""},
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
			_, _, err := w.broker().ConsoleLink(t.Context(), request, broker.ConsoleTarget{}, w.server.SigninURL())
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

// Which roles somebody has is told when that changes, and where it can't be told then, by the call that can.
func TestAChangeOfRolesIsToldOnceItCanBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.Claims = map[string]any{"groups": []string{"analysts"}} })
	w.pass(61 * time.Minute)
	w.refuse, w.refused = errNoRecord, audit.Entitle
	if _, err := w.get("ml-trainer"); !errors.Is(err, errNoRecord) {
		t.Errorf("got %v", err)
	}
	w.refuse, w.records = nil, nil
	for range 2 {
		if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
			t.Errorf("got %v", err)
		}
	}
	told := slices.DeleteFunc(w.records, func(r audit.Record) bool { return r.Activity != audit.Entitle })
	if len(told) != 1 || slices.ContainsFunc(told[0].Grants, func(g audit.Grant) bool { return g.Role == "ml-trainer" }) {
		t.Errorf("told: %+v", told)
	}
}
