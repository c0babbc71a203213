package broker_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// browserWorld is one whose workspace signs people in itself.
func browserWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.writeMap(strings.Replace(w.server.Map(), "login: federation", "login: browser", 1))
	return w
}

// signedIn is the sign-in with the identity.
func (w *world) signedIn() *access.SignIn {
	w.t.Helper()
	view, err := w.broker().View()
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := view.SignIn(w.t.Context(), view.Map.Identities["acme"])
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// signInAt signs a user in at the workspace, beside whoever is signed in.
func (w *world) signInAt(user string) (*login.Session, error) {
	w.t.Helper()
	w.server.Set(func(b *sandbox.Behaviour) { b.AutoApprove = user })
	s := w.signedIn()
	var walked sync.WaitGroup
	defer walked.Wait()
	return w.broker().SignInAt(w.t.Context(), s, s.Beside()[0], logintest.InBrowser(func(address string) {
		walked.Go(func() { _ = person.Walk(w.t.Context(), address, nil, "") }) // it ends on a page of ours, which tells how it went
	}))
}

func (w *world) mustSignInAt(user string) {
	w.t.Helper()
	if _, err := w.signInAt(user); err != nil {
		w.t.Fatalf("%v\n%s", err, ui.HintOf(err))
	}
}

func TestAWorkspaceWithASignInOfItsOwn(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	_, err := w.token("ml-trainer")
	if ui.CodeOf(err) != ui.LoginNeeded || !strings.Contains(ui.HintOf(err), "dbxaccess login --workspace prod") {
		t.Fatalf("nobody is signed in there: %v, %s", err, ui.HintOf(err))
	}
	w.mustSignInAt("alice")
	first, other := w.mustToken("ml-trainer"), w.mustToken("ml-reader")
	if first.Host != w.server.WorkspaceHost() || other.AccessToken.Reveal() != first.AccessToken.Reveal() || w.exchanged() != 0 {
		t.Errorf("one token for both roles, and no exchange: %+v, %d", first, w.exchanged())
	}
	w.pass(39 * time.Minute)
	if again := w.mustToken("ml-trainer"); again.AccessToken.Reveal() != first.AccessToken.Reveal() {
		t.Error("with 21 minutes left the cached one is served")
	}
	w.pass(2 * time.Minute)
	renewed := w.mustToken("ml-trainer")
	if left := renewed.Expires.Sub(w.clock()); renewed.AccessToken.Reveal() == first.AccessToken.Reveal() || left < 59*time.Minute {
		t.Errorf("with 19 minutes left it is renewed: %s left", left)
	}
	calls := w.server.Calls()
	if calls[sandbox.ExchangeRefreshToken] != 1 || calls[sandbox.TokenRefreshToken] != 0 || calls[sandbox.WorkspaceReuses] != 0 {
		t.Errorf("one refresh at the workspace, none at the provider: %v", calls)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	who := slices.IndexFunc(w.records, func(r audit.Record) bool { return r.Activity == audit.SignIn && r.Subject == "alice@example.com" })
	if who < 0 || w.records[who].Identity != "acme" || !strings.HasPrefix(w.records[who].Issuer, w.server.WorkspaceHost()) {
		t.Error("the record does not tell who signed in at the workspace")
	}
}

func TestManyAtOnceSpendOneRefreshTokenOfAWorkspace(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.onFiles()
	w.signIn("alice")
	w.mustSignInAt("alice")
	w.pass(55 * time.Minute)
	var all sync.WaitGroup
	tokens := make([]string, crowd)
	for i := range tokens {
		b := w.broker()
		all.Go(func() {
			token, err := b.WorkspaceToken(t.Context(), broker.Request{Identity: "acme", Role: []string{"ml-trainer", "ml-reader"}[i%2]})
			if err != nil {
				t.Error(err)
				return
			}
			tokens[i] = token.AccessToken.Reveal()
		})
	}
	all.Wait()
	slices.Sort(tokens)
	if calls := w.server.Calls(); len(slices.Compact(tokens)) != 1 || calls[sandbox.ExchangeRefreshToken] != 1 || calls[sandbox.WorkspaceReuses] != 0 {
		t.Errorf("one token, by one refresh: %v", calls)
	}
}

func TestTheWorkspaceKnowsSomebodyElse(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	_, err := w.signInAt("bob")
	if ui.IDOf(err) != "workspace-other-person" || ui.CodeOf(err) != ui.Refused ||
		!strings.Contains(err.Error(), "bob@example.com") || !strings.Contains(err.Error(), "alice@example.com") {
		t.Errorf("got %v", err)
	}
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("nothing was stored: %v", err)
	}
	if calls := w.server.Calls(); calls[sandbox.WorkspaceRevoke] != 1 {
		t.Errorf("what it gave is ended: %v", calls)
	}
}

// Another person at the same keyring gets nothing of what the one before had at workspaces.
func TestAnotherPersonSignsInBesideAWorkspace(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	w.mustSignInAt("alice")
	w.mustToken("ml-reader")
	w.signIn("bob")
	if _, err := w.token("ml-reader"); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("got %v", err)
	}
	if calls := w.server.Calls(); calls[sandbox.WorkspaceRevoke] != 1 {
		t.Errorf("the former person's sign-in there is ended: %v", calls)
	}
	w.mustSignInAt("bob")
	w.mustToken("ml-reader")
	w.signIn("bob") // the same person again
	w.mustToken("ml-reader")
	if calls := w.server.Calls(); calls[sandbox.ExchangeCode] != 2 {
		t.Errorf("a new sign-in of the same person leaves that at the workspace: %v", calls)
	}
}

func TestASessionAtAWorkspaceThatIsOver(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	w.mustSignInAt("alice")
	first := w.mustToken("ml-trainer")
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.ExchangeRefreshToken, Error: "invalid_request", Times: 1})
	w.pass(45 * time.Minute)
	if token := w.mustToken("ml-trainer"); token.AccessToken.Reveal() != first.AccessToken.Reveal() {
		t.Error("the living token is served")
	}
	w.pass(16 * time.Minute)
	for range 3 {
		if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded || !strings.Contains(ui.HintOf(err), "dbxaccess login --workspace prod") {
			t.Errorf("got %v", err)
		}
	}
	if calls := w.server.Calls(); calls[sandbox.ExchangeRefreshToken] != 1 {
		t.Errorf("what was refused is not sent again: %v", calls)
	}
	w.mustSignInAt("alice")
	w.mustToken("ml-trainer")
}

func TestARoleThatIsLostIsLostAtTheWorkspaceToo(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	w.mustSignInAt("alice")
	w.mustToken("ml-trainer")
	w.server.Set(func(b *sandbox.Behaviour) { b.Claims = map[string]any{"groups": []string{"analysts"}} })
	w.pass(61 * time.Minute)
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("got %v", err)
	}
	w.mustToken("ml-reader")
}

func TestAMapThatHasPeopleSignInAtTheWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	traded := w.mustToken("ml-trainer")
	w.writeMap(strings.Replace(w.server.Map(), "login: federation", "login: browser", 1))
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("a token that was traded is not served in its place: %v", err)
	}
	w.mustSignInAt("alice")
	own := w.mustToken("ml-trainer")
	w.writeMap(w.server.Map() + "\n")
	if back := w.mustToken("ml-trainer"); back.AccessToken.Reveal() == own.AccessToken.Reveal() || traded.AccessToken.Reveal() == own.AccessToken.Reveal() {
		t.Error("nor the other way round")
	}
}

func TestSigningOutEndsTheSignInsAtWorkspaces(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	w.mustSignInAt("alice")
	w.mustToken("ml-trainer")
	s := w.signedIn()
	out, err := w.broker().SignOut(t.Context(), s.Provider)
	if err != nil || len(out.Beside) != 1 || !out.Beside[0].Revoked || out.Beside[0].At.Name != "prod" {
		t.Fatalf("%+v, %v", out, err)
	}
	if keys, err := w.keyring.Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("left: %v, %v", keys, err)
	}
	w.signIn("alice")
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("got %v", err)
	}
}

// A sign-in there that takes the place of another takes its tokens with it, also those under way.
func TestSigningInAgainAtAWorkspace(t *testing.T) {
	t.Parallel()
	w := browserWorld(t)
	w.signIn("alice")
	w.mustSignInAt("alice")
	first := w.mustToken("ml-trainer")
	w.mustSignInAt("alice")
	if second := w.mustToken("ml-trainer"); second.AccessToken.Reveal() == first.AccessToken.Reveal() {
		t.Error("the former sign-in's token is served")
	}
}
