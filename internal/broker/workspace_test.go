package broker_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func (w *world) token(role string) (*databricks.Token, error) {
	w.t.Helper()
	return w.broker().WorkspaceToken(w.t.Context(), broker.Request{Identity: "acme", Role: role})
}

func (w *world) mustToken(role string) *databricks.Token {
	w.t.Helper()
	token, err := w.token(role)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, ui.HintOf(err))
	}
	return token
}

func (w *world) exchanged() int { return len(w.server.ExchangeCalls()) }

func TestAWorkspaceTokenIsSharedByTheRolesOfOnePersonAtOneHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.mustToken("ml-trainer")
	if first.Host != w.server.WorkspaceHost() || first.AccessToken.IsZero() {
		t.Errorf("got %+v", first)
	}
	w.signIn("alice") // a new sign-in forgets what was cached
	second, other := w.mustToken("ml-trainer"), w.mustToken("ml-reader")
	if second.AccessToken.Reveal() == first.AccessToken.Reveal() || other.AccessToken.Reveal() != second.AccessToken.Reveal() || w.exchanged() != 2 {
		t.Errorf("one exchange for each sign-in, whatever the role: %d", w.exchanged())
	}
	last := w.issued()[len(w.issued())-1]
	if last.Host != first.Host || last.RoleARN != "" || last.AccessKeyID != "" || last.Role != "ml-reader" || last.Activity != audit.Serve || last.Subject != "00u1alice7Kq" {
		t.Errorf("it passes the seam as what it is: %+v", last)
	}
}

// A token is shared where its scopes are the same, and a wider one is never given to a narrower role.
func TestATokenIsNotSharedWithARoleOfOtherScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	wide := w.mustToken("ml-trainer")
	w.writeMap(strings.NewReplacer("  ml-reader:\n", "  ml-reader:\n    scopes: [\"sql:restricted-query\"]\n",
		"  ml-trainer:\n", "  ml-trainer:\n    scopes: [all-apis]\n").Replace(w.server.Map()))
	narrow := w.mustToken("ml-reader")
	calls := w.server.ExchangeCalls()
	if narrow.AccessToken.Reveal() == wide.AccessToken.Reveal() || len(calls) != 2 || calls[0].Scope != "all-apis" || calls[1].Scope != "sql:restricted-query" {
		t.Errorf("%+v", calls)
	}
	if again := w.mustToken("ml-trainer"); again.AccessToken.Reveal() != wide.AccessToken.Reveal() || w.exchanged() != 2 {
		t.Error("the other role keeps its own")
	}
	w.server.Set(func(b *sandbox.Behaviour) { b.NoScopedTokens = true })
	w.pass(50 * time.Minute)
	if token, err := w.token("ml-reader"); ui.IDOf(err) != "workspace-scopes-wider" {
		t.Errorf("a workspace that passes over scopes: %+v, %v", token, err)
	}
}

func TestWorkspaceTokensAreRenewedBeforeTheSDKsAskInVain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.mustToken("ml-trainer") // lives for the ID token's hour
	w.pass(39 * time.Minute)
	if again := w.mustToken("ml-trainer"); again.AccessToken.Reveal() != first.AccessToken.Reveal() {
		t.Error("with 21 minutes left the cached one is served")
	}
	w.pass(2 * time.Minute)
	renewed := w.mustToken("ml-trainer")
	if renewed.AccessToken.Reveal() == first.AccessToken.Reveal() || w.exchanged() != 2 {
		t.Error("with 19 minutes left it is renewed")
	}
	if left := renewed.Expires.Sub(w.clock()); left < 59*time.Minute {
		t.Errorf("from an ID token with its life before it: %s left", left)
	}
	if calls := w.server.Calls(); calls[sandbox.TokenRefreshToken] != 1 {
		t.Errorf("one refresh: %v", calls)
	}
}

func TestManyAtOnceCostOneExchange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	var all sync.WaitGroup
	tokens := make([]string, 8)
	for i := range tokens {
		b := w.broker()
		all.Go(func() {
			token, err := b.WorkspaceToken(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"})
			if err != nil {
				t.Error(err)
				return
			}
			tokens[i] = token.AccessToken.Reveal()
		})
	}
	all.Wait()
	for _, token := range tokens {
		if token == "" || token != tokens[0] || w.exchanged() != 1 {
			t.Fatalf("%d exchanges", w.exchanged())
		}
	}
}

func TestAWorkspaceThatIsDownServesTheLivingToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.mustToken("ml-trainer")
	w.pass(50 * time.Minute)
	_ = w.server.Close()
	if again := w.mustToken("ml-trainer"); again.AccessToken.Reveal() != first.AccessToken.Reveal() || len(w.notices) != 1 {
		t.Errorf("and it is said: %q", w.notices)
	}
	w.pass(11 * time.Minute)
	if token, err := w.token("ml-trainer"); err == nil {
		t.Errorf("got %+v", token)
	}
}

func TestATokenRefusedByTheWorkspaceIsRefreshedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.Exchange, Error: "invalid_grant", Message: "expired by my clock"})
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.Refused || w.server.Calls()[sandbox.TokenRefreshToken] != 0 {
		t.Errorf("what is refused within a minute of being made, a refresh does not help: %v", err)
	}
	w.pass(2 * time.Minute)
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.Exchange, Error: "invalid_grant", Message: "expired by my clock"})
	w.mustToken("ml-trainer")
	if calls := w.server.Calls(); calls[sandbox.TokenRefreshToken] != 1 {
		t.Errorf("%v", calls)
	}
	w.pass(50 * time.Minute)
	w.server.Set(func(b *sandbox.Behaviour) { b.FederationAudience = "somebody-else" })
	_, err := w.token("ml-trainer")
	if ui.CodeOf(err) != ui.Refused {
		t.Fatalf("got %v", err)
	}
	for _, presented := range []string{w.server.Issuer(), w.server.ClientID(), "00u1alice7Kq"} {
		if !strings.Contains(err.Error()+ui.HintOf(err), presented) {
			t.Errorf("%q is not in the refusal: %v\n%s", presented, err, ui.HintOf(err))
		}
	}
}

func TestARefusalIsToldThoughTheSessionCannotBeRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.pass(2 * time.Minute)
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.Token, Error: "invalid_grant", Times: sandbox.Always},
		sandbox.Fault{Endpoint: sandbox.Exchange, Error: "invalid_grant", Message: "no policy", Times: sandbox.Always})
	_, err := w.token("ml-trainer")
	if ui.CodeOf(err) != ui.Refused || !strings.Contains(err.Error(), "no policy") || !strings.Contains(ui.HintOf(err), w.server.Issuer()) ||
		!strings.HasSuffix(ui.HintOf(err), "dbxaccess login --identity acme") {
		t.Errorf("while the ID token lives, the refusal is the news: %v\n%s", err, ui.HintOf(err))
	}
	w.pass(58 * time.Minute)
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("at its end, signing in is: %v", err)
	}
}

func TestASharedTokenIsServedToRolesThatThePersonMayTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("bob") // an analyst
	w.mustToken("ml-reader")
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("got %v", err)
	}
	exchanged := w.exchanged()
	w.mustToken("ml-reader")
	if w.exchanged() != exchanged {
		t.Error("a refused role has cost another role its token")
	}
	w.signIn("alice")
	w.mustToken("ml-reader")
	w.mustToken("ml-trainer")
	// The map changes, and with it who may take the second role: what was found of it before no longer counts.
	w.writeMap(strings.Replace(w.server.Map(), "ml-scientists: [ml-trainer]", "ml-scientists: [ml-reader]", 1))
	w.mustToken("ml-reader")
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("after the map changed: %v", err)
	}
}

func TestAServicePrincipalAndThePersonHaveTheirOwnTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.writeMap(strings.Replace(w.server.Map(), "    inherits: [ml-reader]\n",
		"    inherits: [ml-reader]\n    service_principal: "+sandbox.ServicePrincipal+"\n", 1))
	w.signIn("alice")
	person, batch := w.mustToken("ml-reader"), w.mustToken("ml-trainer")
	if person.AccessToken.Reveal() == batch.AccessToken.Reveal() {
		t.Error("they share one")
	}
	calls := w.server.ExchangeCalls()
	if len(calls) != 2 || calls[0].ClientID != "" || calls[1].ClientID != sandbox.ServicePrincipal {
		t.Errorf("%+v", calls)
	}
	for role, want := range map[string]string{"ml-reader": "alice@example.com", "ml-trainer": sandbox.ServicePrincipal} {
		me, err := w.parts().Databricks.Me(t.Context(), w.mustToken(role))
		if err != nil || me.UserName != want {
			t.Errorf("%s works as %+v, %v", role, me, err)
		}
	}
	if w.exchanged() != 2 {
		t.Errorf("%d exchanges", w.exchanged())
	}
	if w.issued()[0].ServicePrincipal != "" || w.issued()[1].ServicePrincipal != sandbox.ServicePrincipal || w.issued()[1].Subject != "00u1alice7Kq" {
		t.Errorf("the record names both: %+v", w.issued()[:2])
	}
}

func TestTheTokenOfAnAccountIsAskedForAtItsConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.writeMap(strings.Replace(w.server.Map(), "    login: federation\n", "    account_id: "+sandbox.DatabricksAccount+"\n", 1))
	w.signIn("alice")
	if token := w.mustToken("ml-reader"); token.AccountID != sandbox.DatabricksAccount {
		t.Errorf("%+v", token)
	}
	if calls := w.server.ExchangeCalls(); len(calls) != 1 || calls[0].AccountID != sandbox.DatabricksAccount {
		t.Errorf("%+v", calls)
	}
	if token := w.mustToken("ml-trainer"); token.AccountID != sandbox.DatabricksAccount || w.exchanged() != 1 {
		t.Errorf("from the cache: %+v", token)
	}
	host := w.server.WorkspaceHost()
	if _, err := w.forHost(host, strings.ToUpper(sandbox.DatabricksAccount)); err != nil {
		t.Error(err)
	}
	if _, err := w.forHost(host, "another"); ui.CodeOf(err) != ui.Failed || !strings.Contains(err.Error(), "in the account another") {
		t.Errorf("got %v", err)
	}
}

func TestALostGroupTakesTheWorkspaceAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.mustToken("ml-trainer")
	w.writeMap(strings.Replace(w.server.Map(), "ml-scientists: [ml-trainer]", "ml-scientists: [ml-reader]", 1))
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("by the map: %v", err)
	}
	w.writeMap(w.server.Map())
	w.mustToken("ml-trainer")
	w.server.Set(func(b *sandbox.Behaviour) { b.Claims = map[string]any{"groups": []string{"analysts"}} })
	w.pass(50 * time.Minute)
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("by the provider: %v", err)
	}
}

func TestRolesWithoutAWorkspaceThatServesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.writeMap(strings.Replace(w.server.Map(), "    workspace: prod\n", "", 1))
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.Failed || !strings.Contains(err.Error(), "no Databricks workspace") {
		t.Errorf("got %v", err)
	}
	w.writeMap(strings.Replace(w.server.Map(), "host: "+w.server.WorkspaceHost(), "host: https://evil.example", 1))
	if _, err := w.token("ml-trainer"); ui.CodeOf(err) != ui.Refused || w.exchanged() != 0 {
		t.Errorf("no ID token goes to a host that is not Databricks': %v", err)
	}
}

func TestTheHostAloneFindsTheRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	host := w.server.WorkspaceHost()
	find := func(host string) (broker.Request, error) { return w.forHost(host, "") }
	if _, err := find(host); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("nobody is signed in: %v", err)
	}
	w.signIn("alice")
	if r, err := find(host); err != nil || r.Identity != "acme" || r.Role != "ml-reader" {
		t.Errorf("several roles of one principal are as good as one: %+v, %v", r, err)
	}
	if _, err := find("https://other.cloud.databricks.com"); ui.CodeOf(err) != ui.Failed || !strings.Contains(ui.HintOf(err), host) {
		t.Errorf("an unknown host: %v", err)
	}
	w.writeMap(strings.Replace(w.server.Map(), "    inherits: [ml-reader]\n",
		"    inherits: [ml-reader]\n    service_principal: 01234567-89ab-cdef-0123-456789abcdef\n", 1))
	_, err := find(host)
	if ui.CodeOf(err) != ui.Failed || !strings.Contains(err.Error(), "ml-reader (identity acme), ml-trainer (identity acme)") {
		t.Errorf("two principals: %v", err)
	}
	w.signIn("carol")
	if _, err := find(host); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("a person without roles: %v", err)
	}
}
