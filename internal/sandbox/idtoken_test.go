package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

type testClaims struct {
	Subject  string   `json:"sub"`
	Email    string   `json:"email"`
	Username string   `json:"preferred_username"`
	Name     string   `json:"name"`
	Nonce    string   `json:"nonce"`
	Groups   []string `json:"groups"`
}

// verified checks a token as an independent client does, from the issuer's URL alone.
func verified(t *testing.T, s *Server, c *clock, token string) testClaims {
	t.Helper()
	claims, err := verify(t, s, c, token)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func verify(t *testing.T, s *Server, c *clock, token string) (claims testClaims, err error) {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	provider, err := oidc.NewProvider(ctx, s.Issuer())
	if err != nil {
		return claims, err
	}
	verifier := provider.VerifierContext(ctx, &oidc.Config{ClientID: s.ClientID(), Now: c.Now})
	parsed, err := verifier.Verify(ctx, token)
	if err != nil {
		return claims, err
	}
	return claims, parsed.Claims(&claims)
}

func TestClaimsFollowTheScopes(t *testing.T) {
	s, c := start(t)
	s.Set(func(b *Behaviour) { b.AutoApprove = "bob" })
	for scope, want := range map[string]testClaims{
		"openid":         {Subject: "00u2bob5Tz"},
		"openid email":   {Subject: "00u2bob5Tz", Email: "bob@example.com"},
		"openid profile": {Subject: "00u2bob5Tz", Username: "bob", Name: "Bob Okafor"},
		"openid groups":  {Subject: "00u2bob5Tz", Groups: []string{"analysts"}},
	} {
		begun := post(t, s.Origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", scope)
		tokens := poll(t, s, begun.text("device_code"))
		got := verified(t, s, c, tokens.text("id_token"))
		if got.Subject != want.Subject || got.Email != want.Email || got.Username != want.Username ||
			got.Name != want.Name || strings.Join(got.Groups, " ") != strings.Join(want.Groups, " ") {
			t.Errorf("%s: got %+v, want %+v", scope, got, want)
		}
		if tokens.text("refresh_token") != "" {
			t.Errorf("%s: a refresh token without offline_access", scope)
		}
	}
}

func TestTokensCanBeForged(t *testing.T) {
	s, c := start(t)
	for setting, want := range map[string]string{
		`"algorithm": "none"`:             "",
		`"algorithm": "HS256"`:            "",
		`"id_token_lifetime": "-1m"`:      "expired",
		`"claims": {"aud": "other"}`:      "audience",
		`"claims": {"iss": "http://x/"}`:  "issued by a different provider",
		`"claims": {"nbf": 9999999999}`:   "before the nbf",
		`"skew": "-24h"`:                  "expired",
		`"id_token_lifetime": "720h"`:     "fine",
		`"claims": {"sub": "\u001b[31m"}`: "fine",
	} {
		s.Set(func(b *Behaviour) { *b = DefaultBehaviour() })
		if err := s.Configure(`{"auto_approve": "alice", ` + setting + `}`); err != nil {
			t.Fatal(err)
		}
		_, err := verify(t, s, c, deviceLogin(t, s).text("id_token"))
		if want == "fine" {
			if err != nil {
				t.Errorf("%s: %v", setting, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", setting, err, want)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	keys, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	c := newClock()
	s := startWith(t, Options{Keys: keys, Now: c.Now})
	old, err := s.Mint(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RotateKeys(true); err != nil {
		t.Fatal(err)
	}
	recent, err := s.Mint(map[string]any{"sub": "00u2bob5Tz", "iat": nil})
	if err != nil {
		t.Fatal(err)
	}
	verified(t, s, c, old)
	if claims := verified(t, s, c, recent); claims.Subject != "00u2bob5Tz" {
		t.Errorf("claims %+v", claims)
	}
	if err := s.RotateKeys(false); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{old, recent} {
		if _, err := verify(t, s, c, token); err == nil {
			t.Error("a token of a forgotten key is accepted")
		}
	}
}

func TestBothFormsOfDiscovery(t *testing.T) {
	s, _ := start(t)
	a := get(t, s.Issuer()+"/.well-known/openid-configuration")
	b := get(t, s.Origin()+"/.well-known/oauth-authorization-server/oidc")
	if a.body != b.body || a.text("issuer") != s.Issuer() || a.text("device_authorization_endpoint") == "" {
		t.Errorf("%s\n%s", a.body, b.body)
	}
	if calls := s.Calls(); calls[harness.Discovery] != 1 || calls[harness.Metadata] != 1 {
		t.Errorf("calls %v", calls)
	}
}

func TestAnUnknownAlgorithmIsTheSandboxsOwnFault(t *testing.T) {
	s := startWith(t, Options{})
	s.Set(func(b *Behaviour) { b.AutoApprove, b.Algorithm = "alice", "ES999" })
	if a := poll(t, s, beginDevice(t, s).text("device_code")); a.status != http.StatusInternalServerError {
		t.Errorf("%d %s", a.status, a.body)
	}
	if u := s.Unexpected(); len(u) != 1 || !strings.Contains(u[0], "ES999") {
		t.Errorf("recorded %q", u)
	}
}

func TestTheClocksSkewIsFeltInTokens(t *testing.T) {
	s, c := start(t)
	s.Set(func(b *Behaviour) { b.AutoApprove, b.Skew = "alice", 10*time.Minute })
	claims := claimsOf(t, deviceLogin(t, s).text("id_token"))
	if want := float64(c.Now().Add(10 * time.Minute).Unix()); claims["iat"] != want {
		t.Errorf("iat %v, want %v", claims["iat"], want)
	}
}
