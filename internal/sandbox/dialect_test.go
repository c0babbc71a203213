package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// speaking starts a sandbox whose clock stands still, set by words. What it finds unexpected is the test's business.
func speaking(t *testing.T, words string) (*Server, *clock) {
	t.Helper()
	c := newClock()
	s := startWith(t, Options{Now: c.Now})
	if err := s.Configure(words); err != nil {
		t.Fatal(err)
	}
	return s, c
}

// scopesOf is what a client of the dialect asks for.
func scopesOf(s *Server) string {
	var scopes []string
	for _, scope := range knownScopes() {
		if slices.Contains(s.dialect().scopesTaken(), scope) {
			scopes = append(scopes, scope)
		}
	}
	return strings.Join(scopes, " ")
}

func (s *Server) testDevice(t *testing.T) answer {
	t.Helper()
	a := post(t, s.origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", scopesOf(s))
	if a.status != http.StatusOK {
		t.Fatalf("device request: %d %s", a.status, a.body)
	}
	return a
}

// withSecret appends the secret that the dialect's client has, if any.
func (s *Server) withSecret(pairs ...string) []string {
	if secret := s.secret(); secret != "" {
		pairs = append(pairs, "client_secret", secret)
	}
	return pairs
}

func (s *Server) testPoll(t *testing.T, deviceCode string) answer {
	t.Helper()
	return poll(t, s, deviceCode, s.withSecret()...)
}

// testLogin signs alice in.
func (s *Server) testLogin(t *testing.T) answer {
	t.Helper()
	s.Set(func(b *Behaviour) { b.AutoApprove = "alice" })
	a := s.testPoll(t, s.testDevice(t).text("device_code"))
	if a.status != http.StatusOK {
		t.Fatalf("redeeming a device code: %d %s", a.status, a.body)
	}
	return a
}

func (s *Server) testRefresh(t *testing.T, token string, more ...string) answer {
	t.Helper()
	return refreshWith(t, s, token, s.withSecret(more...)...)
}

// wantFields compares which fields an answer has: "name" must be there, "!name" must not.
func wantFields(t *testing.T, what string, fields map[string]any, want string) {
	t.Helper()
	for _, name := range strings.Fields(want) {
		_, there := fields[strings.TrimPrefix(name, "!")]
		if there == strings.HasPrefix(name, "!") {
			t.Errorf("%s: %s, but it has %q", what, name, slices.Sorted(maps.Keys(fields)))
		}
	}
}

func TestDialectsAreSpokenByWordAndFromTheStart(t *testing.T) {
	for d := range dialects() {
		b := DefaultBehaviour()
		if err := b.Apply("dialect=" + string(d)); err != nil || b.Dialect != d {
			t.Errorf("%s: %q, %v", d, b.Dialect, err)
		}
		s := startWith(t, Options{Dialect: d})
		s.Set(func(started *Behaviour) {
			if started.Dialect != d || started.GroupsNeedScope != b.GroupsNeedScope || started.RefreshGrace != b.RefreshGrace {
				t.Errorf("%s from the start: %+v", d, started)
			}
		})
	}
	b := DefaultBehaviour()
	if err := b.Apply("dialect=klingon"); err == nil {
		t.Error("an unknown dialect was taken")
	}
	if _, err := Start(t.Context(), Options{Dialect: "klingon"}); err == nil {
		t.Error("a sandbox started in an unknown dialect")
	}
	// What one dialect set is gone in the next; what else was set stays, and later words win.
	if err := b.Apply("auto-approve=bob dialect=ping dialect=okta refresh-grace=1s"); err != nil {
		t.Fatal(err)
	}
	if b.OmitIDToken || !b.GroupsNeedScope || b.RefreshGrace != time.Second || b.AutoApprove != "bob" {
		t.Errorf("%+v", b)
	}
	if err := b.Apply("dialect=generic"); err != nil || b.GroupsNeedScope || b.RefreshGrace != 0 {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestDiscoveryByDialect(t *testing.T) {
	const iss, code = "authorization_response_iss_parameter_supported", "code_challenge_methods_supported"
	always := "issuer authorization_endpoint token_endpoint device_authorization_endpoint jwks_uri scopes_supported "
	for dialect, want := range map[Dialect]struct{ fields, scopes string }{
		Generic:  {iss + " revocation_endpoint " + code, "openid profile email groups offline_access"},
		Okta:     {"!" + iss + " revocation_endpoint " + code, "openid profile email address phone offline_access groups"},
		Entra:    {"!" + iss + " !revocation_endpoint !grant_types_supported !" + code + " cloud_instance_name", "openid profile email offline_access"},
		Keycloak: {iss + " revocation_endpoint " + code, "openid offline_access profile email address phone roles web-origins microprofile-jwt acr basic"},
		Auth0: {"!" + iss + " revocation_endpoint " + code,
			"openid profile offline_access name given_name family_name nickname email email_verified picture created_at identities phone address"},
		Google: {"!" + iss + " revocation_endpoint " + code, "openid email profile"},
		Ping:   {"!" + iss + " revocation_endpoint " + code, "openid profile email address phone"},
		Dex:    {"!" + iss + " !revocation_endpoint " + code, "openid email groups profile offline_access"},
	} {
		s, _ := speaking(t, "dialect="+string(dialect))
		document := get(t, s.Issuer()+"/.well-known/openid-configuration")
		wantFields(t, string(dialect), document.fields, always+want.fields)
		if got := strings.Trim(fmt.Sprint(document.fields["scopes_supported"]), "[]"); got != want.scopes {
			t.Errorf("%s: scopes %s", dialect, got)
		}
	}
}

func TestDeviceAnswersByDialect(t *testing.T) {
	for dialect, want := range map[Dialect]string{
		Generic: "verification_uri verification_uri_complete", Okta: "verification_uri verification_uri_complete",
		Entra:  "verification_uri !verification_uri_complete message",
		Google: "verification_url !verification_uri !verification_uri_complete",
		Auth0:  "verification_uri verification_uri_complete", Keycloak: "verification_uri verification_uri_complete",
		Ping: "verification_uri verification_uri_complete", Dex: "verification_uri verification_uri_complete",
	} {
		s, _ := speaking(t, "dialect="+string(dialect))
		a := s.testDevice(t)
		wantFields(t, string(dialect), a.fields, want+" device_code user_code expires_in interval")
		code := a.text("user_code")
		if plain := dialect == Okta || dialect == Entra; plain == strings.Contains(code, "-") {
			t.Errorf("%s: user code %s", dialect, code)
		}
		if message := a.text("message"); message != "" && !strings.Contains(message, code) {
			t.Errorf("%s: message %s", dialect, message)
		}
		// Whatever its form, people approve it.
		if err := ApproveByForm(t.Context(), nil, s.VerificationURL(""), code, "alice"); err != nil {
			t.Errorf("%s: %v", dialect, err)
		}
		if a := s.testPoll(t, a.text("device_code")); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", dialect, a.status, a.body)
		}
	}
}

func TestPollAnswersByDialect(t *testing.T) {
	for dialect, want := range map[Dialect]map[string]string{
		Generic: {"pending": "400 authorization_pending", "fast": "400 slow_down", "denied": "400 access_denied",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 invalid_grant"},
		Okta: {"pending": "400 authorization_pending", "fast": "400 slow_down", "denied": "400 access_denied",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 invalid_grant"},
		Entra: {"pending": "400 authorization_pending", "fast": "400 authorization_pending", "denied": "400 authorization_declined",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 bad_verification_code"},
		Keycloak: {"pending": "400 authorization_pending", "fast": "400 slow_down", "denied": "400 access_denied",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 invalid_grant"},
		Auth0: {"pending": "403 authorization_pending", "fast": "429 slow_down", "denied": "403 access_denied",
			"expired": "403 expired_token", "later": "403 invalid_grant", "unknown": "403 invalid_grant"},
		Google: {"pending": "428 authorization_pending", "fast": "403 slow_down", "denied": "403 access_denied",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 invalid_grant"},
		Ping: {"pending": "403 authorization_pending", "fast": "400 slow_down", "denied": "400 access_denied",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 invalid_grant"},
		Dex: {"pending": "401 authorization_pending", "fast": "400 slow_down", "denied": "401 authorization_pending",
			"expired": "400 expired_token", "later": "400 expired_token", "unknown": "400 invalid_request"},
	} {
		s, c := speaking(t, "dialect="+string(dialect))
		first, second := s.testDevice(t), s.testDevice(t)
		check := func(when, deviceCode string) {
			t.Helper()
			a := s.testPoll(t, deviceCode)
			if got := fmt.Sprint(a.status, " ", a.text("error")); got != want[when] {
				t.Errorf("%s, %s: %s %s", dialect, when, got, a.text("error_description"))
			}
		}
		check("pending", first.text("device_code"))
		check("fast", first.text("device_code"))
		if err := s.Deny(first.text("user_code")); err != nil {
			t.Fatal(err)
		}
		c.advance(time.Minute)
		check("denied", first.text("device_code"))
		c.advance(10 * time.Minute)
		check("expired", second.text("device_code"))
		check("later", second.text("device_code"))
		check("unknown", "no such code")
	}
}

func TestAClientThatDoesNotProveItsChallengeByDialect(t *testing.T) {
	s, c := speaking(t, "dialect=keycloak demand-pkce auto-approve=alice")
	begin := func(more ...string) answer {
		return post(t, s.origin()+deviceAuthorizationPath, append([]string{"client_id", s.ClientID(), "scope", scopesOf(s)}, more...)...)
	}
	if a := begin(); a.text("error") != errInvalidRequest || a.text("error_description") != "Missing parameter: code_challenge_method" {
		t.Errorf("without a challenge: %d %s", a.status, a.body)
	}
	code := begin("code_challenge", testChallenge, "code_challenge_method", "S256").text("device_code")
	if a := poll(t, s, code); a.text("error_description") != "PKCE code verifier not specified" {
		t.Errorf("without a verifier: %d %s", a.status, a.body)
	}
	c.advance(time.Minute)
	if a := poll(t, s, code, "code_verifier", strings.Repeat("x", 43)); a.text("error_description") != "PKCE verification failed: Code mismatch" {
		t.Errorf("with another verifier: %d %s", a.status, a.body)
	}
	c.advance(time.Minute)
	if a := poll(t, s, code, "code_verifier", testVerifier); a.status != http.StatusOK {
		t.Errorf("with the verifier: %d %s", a.status, a.body)
	}
}

func TestTheAudienceIsDemandedWhereItIsSet(t *testing.T) {
	s, _ := speaking(t, "dialect=auth0 audience=api://acme")
	for audience, want := range map[string]int{"": http.StatusForbidden, "api://other": http.StatusForbidden, "api://acme": http.StatusOK} {
		a := post(t, s.origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", "openid", "audience", audience)
		if a.status != want {
			t.Errorf("%q: %d %s", audience, a.status, a.body)
		}
	}
	if len(s.Unexpected()) != 2 {
		t.Errorf("recorded %q", s.Unexpected())
	}
}
