package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRefreshesByDialect(t *testing.T) {
	for dialect, want := range map[Dialect]struct {
		fields string // of a refresh's answer
		reuse  string // what the replaced token gets
	}{
		Generic:  {"id_token refresh_token", "400 invalid_grant"},
		Okta:     {"id_token refresh_token", "200"}, // within the grace
		Entra:    {"id_token refresh_token ext_expires_in", "200"},
		Keycloak: {"id_token refresh_token refresh_expires_in session_state not-before-policy", "200"},
		Auth0:    {"id_token refresh_token", "403 invalid_grant"},
		Google:   {"id_token !refresh_token", "200"},
		Ping:     {"!id_token refresh_token", "400 invalid_grant"},
		Dex:      {"id_token refresh_token", "400 invalid_request"},
	} {
		s, _ := speaking(t, "dialect="+string(dialect))
		first := s.testLogin(t).text("refresh_token")
		a := s.testRefresh(t, first)
		wantFields(t, string(dialect), a.fields, want.fields+" access_token token_type expires_in")
		again := s.testRefresh(t, first)
		if got := strings.TrimSpace(fmt.Sprint(again.status, " ", again.text("error"))); got != want.reuse {
			t.Errorf("%s, the replaced token: %s", dialect, got)
		}
		// Where the reuse was a theft, it has ended the session.
		if second := a.text("refresh_token"); second != "" && (s.testRefresh(t, second).status == http.StatusOK) != (want.reuse == "200") {
			t.Errorf("%s: the reuse of the first token decided otherwise about the second", dialect)
		}
		if unknown := s.testRefresh(t, "never issued"); unknown.status < 400 || unknown.text("error") == "" {
			t.Errorf("%s, an unknown token: %d %s", dialect, unknown.status, unknown.body)
		}
	}
}

func TestOktasGraceEnds(t *testing.T) {
	s, c := speaking(t, "dialect=okta")
	first := s.testLogin(t).text("refresh_token")
	s.testRefresh(t, first)
	c.advance(time.Minute)
	a := s.testRefresh(t, first)
	wantError(t, a, errInvalidGrant)
	if a.text("error_description") != "The refresh token is invalid or expired." {
		t.Error(a.body)
	}
}

func TestOktasGroupsVanishUnlessTheScopeIsSentAgain(t *testing.T) {
	s, _ := speaking(t, "dialect=okta")
	token := s.testLogin(t).text("refresh_token")
	without := s.testRefresh(t, token)
	with := s.testRefresh(t, without.text("refresh_token"), "scope", scopesOf(s))
	if claimsOf(t, without.text("id_token"))["groups"] != nil || claimsOf(t, with.text("id_token"))["groups"] == nil {
		t.Errorf("%s\n%s", without.body, with.body)
	}
}

func TestKeycloakMayIssueNoNewRefreshToken(t *testing.T) {
	s, _ := speaking(t, "dialect=keycloak keep-refresh-token")
	a := s.testRefresh(t, s.testLogin(t).text("refresh_token"))
	wantFields(t, "keycloak", a.fields, "id_token !refresh_token !refresh_expires_in")
}

func TestScopesAreSpeltByDialect(t *testing.T) {
	s, _ := speaking(t, "dialect=google")
	tokens := s.testLogin(t)
	const spelt = "openid https://www.googleapis.com/auth/userinfo.profile https://www.googleapis.com/auth/userinfo.email"
	if tokens.text("scope") != spelt {
		t.Errorf("Google's scopes: %s", tokens.text("scope"))
	}
	// A client that asks for what it was told was granted is understood.
	if a := s.testRefresh(t, tokens.text("refresh_token"), "scope", spelt); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if err := s.Configure("dialect=entra"); err != nil {
		t.Fatal(err)
	}
	if scope := s.testLogin(t).text("scope"); scope != "openid profile email" {
		t.Errorf("Entra ID's scopes: %s", scope)
	}
}

func TestClaimsByDialect(t *testing.T) {
	for dialect, want := range map[Dialect]struct {
		fields string
		groups string // the claim, and what is in it
		name   string // preferred_username
	}{
		Generic:  {"email_verified", "groups [ml-scientists analysts]", "alice"},
		Okta:     {"email_verified ver amr idp jti", "groups [ml-scientists analysts]", "alice@example.com"},
		Entra:    {"!email_verified oid tid ver uti !_claim_names !hasgroups", "groups [ml-scientists analysts]", "alice@example.com"},
		Keycloak: {"email_verified azp typ sid realm_access", "groups [/ml/scientists /analysts]", "alice"},
		Auth0:    {"email_verified nickname sid !groups !preferred_username", Auth0GroupsClaim + " [ml-scientists analysts]", "<nil>"},
		Google:   {"email_verified hd azp given_name family_name !preferred_username", "groups <nil>", "<nil>"},
		Ping:     {"email_verified pi.sri", "groups [ml-scientists analysts]", "alice"},
		Dex:      {"email_verified", "groups [ml-scientists analysts]", "alice"},
	} {
		s, c := speaking(t, "dialect="+string(dialect))
		token := s.testLogin(t).text("id_token")
		verified(t, s, c, token)
		claims := claimsOf(t, token)
		wantFields(t, string(dialect), claims, want.fields+" iss sub aud exp iat email name")
		claim, _, _ := strings.Cut(want.groups, " ")
		if got := fmt.Sprint(claim, " ", claims[claim]); got != want.groups {
			t.Errorf("%s: %s", dialect, got)
		}
		if got := fmt.Sprint(claims["preferred_username"]); got != want.name {
			t.Errorf("%s: preferred_username %s", dialect, got)
		}
		if tenant, ok := claims["tid"].(string); ok && !strings.HasSuffix(s.Issuer(), "/"+tenant) {
			t.Errorf("%s: tenant %s of the issuer %s", dialect, tenant, s.Issuer())
		}
		// Somebody without groups has no claim of them.
		s.Set(func(b *Behaviour) { b.AutoApprove = "carol" })
		carol := s.testPoll(t, s.testDevice(t).text("device_code"))
		wantFields(t, string(dialect)+", carol", claimsOf(t, carol.text("id_token")), "!groups !"+Auth0GroupsClaim)
	}
}

func TestRolesOfTheApplication(t *testing.T) {
	s, _ := speaking(t, "dialect=entra")
	if got := fmt.Sprint(claimsOf(t, s.testLogin(t).text("id_token"))["roles"]); got != "[ml-trainer]" {
		t.Errorf("Entra ID's roles: %s", got)
	}
	if err := s.Configure("dialect=keycloak"); err != nil {
		t.Fatal(err)
	}
	access := claimsOf(t, s.testLogin(t).text("id_token"))["realm_access"]
	if got := fmt.Sprint(access); !strings.Contains(got, "ml-trainer") {
		t.Errorf("Keycloak's roles: %s", got)
	}
}

func TestTooManyGroupsBecomeAReference(t *testing.T) {
	for n, want := range map[int]string{
		1:   "groups !_claim_names",
		200: "groups !_claim_names !_claim_sources",
		201: "!groups _claim_names _claim_sources",
	} {
		s, _ := speaking(t, fmt.Sprintf("dialect=entra user-groups=%d", n))
		claims := claimsOf(t, s.testLogin(t).text("id_token"))
		wantFields(t, fmt.Sprint(n), claims, want)
		if groups, ok := claims["groups"].([]any); ok && (len(groups) != n || groups[0] != "ml-scientists") {
			t.Errorf("%d groups: %v", n, groups)
		}
		if n > 200 && !strings.HasPrefix(fmt.Sprint(claims["_claim_names"], claims["_claim_sources"]),
			"map[groups:src1] map[src1:map[endpoint:https://graph.windows.net/") {
			t.Errorf("%v %v", claims["_claim_names"], claims["_claim_sources"])
		}
	}
	// Elsewhere nothing is left out.
	s, _ := speaking(t, "user-groups=201")
	if groups, _ := claimsOf(t, s.testLogin(t).text("id_token"))["groups"].([]any); len(groups) != 201 {
		t.Errorf("%d groups", len(groups))
	}
}

func TestClaimsThatAreSetStandOverTheDialects(t *testing.T) {
	s, _ := speaking(t, "dialect=entra claim.groups= claim.hasgroups=true claim.tid=\"another\"")
	claims := claimsOf(t, s.testLogin(t).text("id_token"))
	if claims["groups"] != nil || claims["hasgroups"] != true || claims["tid"] != "another" {
		t.Errorf("%v", claims)
	}
}

func TestGooglesClientsProveThemselvesAtTheTokenEndpoint(t *testing.T) {
	s, c := speaking(t, "dialect=google auto-approve=alice")
	code := s.testDevice(t).text("device_code")
	if a := poll(t, s, code); a.status != http.StatusBadRequest || a.text("error_description") != "client_secret is missing." {
		t.Errorf("without: %d %s", a.status, a.body)
	}
	if a := poll(t, s, code, "client_secret", "GOCSPX-other"); a.status != http.StatusUnauthorized || a.text("error") != errInvalidClient {
		t.Errorf("with another: %d %s", a.status, a.body)
	}
	if a := poll(t, s, code, "client_secret", GoogleClientSecret); a.status != http.StatusOK {
		t.Errorf("with it: %d %s", a.status, a.body)
	}
	if err := s.Configure("client-secret=changed"); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	if a := poll(t, s, s.testDevice(t).text("device_code"), "client_secret", "changed"); a.status != http.StatusOK {
		t.Errorf("with the one that was set: %d %s", a.status, a.body)
	}
	if scope := post(t, s.origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", "openid offline_access"); scope.text("error") != errInvalidScope {
		t.Errorf("offline_access: %d %s", scope.status, scope.body)
	}
}
