package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// verified reads an ID token of the provider as an independent client does.
func verified(t *testing.T, s *Server, c *clock, token string) map[string]any {
	t.Helper()
	claims, err := verify(t, c, s.Issuer(), s.ClientID(), token)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// verify reads a token as a stranger would, from the issuer's URL alone: discovery, keys, signature, issuer, audience, times.
func verify(t *testing.T, c *clock, issuer, audience, token string) (claims map[string]any, err error) {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	parsed, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: audience, Now: c.Now}).Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	return claims, parsed.Claims(&claims)
}

func TestClaimsFollowTheScopes(t *testing.T) {
	s, c := start(t)
	s.Set(func(b *Behaviour) { b.AutoApprove = "bob" })
	for scope, want := range map[string]string{
		"openid":         "00u2bob5Tz <nil> <nil> <nil> <nil>",
		"openid email":   "00u2bob5Tz bob@example.com <nil> <nil> <nil>",
		"openid profile": "00u2bob5Tz <nil> bob Bob Okafor <nil>",
		"openid groups":  "00u2bob5Tz <nil> <nil> <nil> [analysts]",
	} {
		begun := post(t, s.Origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", scope)
		tokens := poll(t, s, begun.text("device_code"))
		c := verified(t, s, c, tokens.text("id_token"))
		if got := fmt.Sprint(c["sub"], " ", c["email"], " ", c["preferred_username"], " ", c["name"], " ", c["groups"]); got != want {
			t.Errorf("%s: got %s, want %s", scope, got, want)
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
		_, err := verify(t, c, s.Issuer(), s.ClientID(), deviceLogin(t, s).text("id_token"))
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
	old := mint(t, s, nil)
	if err := s.Issuers.Provider.Rotate(true); err != nil {
		t.Fatal(err)
	}
	recent := mint(t, s, map[string]any{"sub": "00u2bob5Tz", "iat": nil})
	verified(t, s, c, old)
	if claims := verified(t, s, c, recent); claims["sub"] != "00u2bob5Tz" {
		t.Errorf("claims %+v", claims)
	}
	if err := s.Issuers.Provider.Rotate(false); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{old, recent} {
		if _, err := verify(t, c, s.Issuer(), s.ClientID(), token); err == nil {
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
