package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// exchangeAt exchanges a JWT at a token endpoint, for a person; more pairs are added, or replace.
func exchangeAt(t *testing.T, address, token string, pairs ...string) answer {
	t.Helper()
	form := []string{
		"grant_type", grantExchange, "subject_token", token, "subject_token_type", tokenTypeJWT, "scope", scopeAllAPIs,
	}
	for i := 0; i < len(pairs); i += 2 {
		if at := slices.Index(form, pairs[i]); at >= 0 && at%2 == 0 {
			form = slices.Delete(form, at, at+2)
		}
		form = append(form, pairs[i], pairs[i+1])
	}
	return post(t, address, form...)
}

func TestATokenIsExchanged(t *testing.T) {
	s, c := start(t)
	for path, account := range map[string]string{
		exchangePath: "",
		strings.ReplaceAll(accountExchangePath, "{id}", DatabricksAccount): DatabricksAccount,
	} {
		a := exchangeAt(t, s.WorkspaceHost()+path, mint(t, s, map[string]any{"exp": c.Now().Add(90 * time.Second).Unix()}))
		token := a.text("access_token")
		if a.status != http.StatusOK || token == "" || a.text("token_type") != "Bearer" || a.text("scope") != "all-apis" ||
			a.fields["expires_in"] != 90.0 || len(a.fields) != 4 {
			t.Errorf("%d %v", a.status, a.fields)
		}
		if !slices.Contains(s.Secrets(), token) {
			t.Error("the token is not among the secrets")
		}
		calls := s.ExchangeCalls()
		got := calls[len(calls)-1]
		if got.Host != s.WorkspaceHost() || got.AccountID != account || got.ClientID != "" || got.Subject != "00u1alice7Kq" ||
			got.Issuer != s.Issuer() || !slices.Equal(got.Audience, []string{s.ClientID()}) || got.Error != "" ||
			!got.Time.Equal(c.Now()) {
			t.Errorf("recorded %+v", got)
		}
	}
	if n := s.Calls()[Exchange]; n != 2 {
		t.Errorf("%d exchanges counted", n)
	}
}

func TestWorkspaceTokensLive(t *testing.T) {
	s, c := start(t)
	token := mint(t, s, map[string]any{"exp": c.Now().Add(30 * time.Minute).Unix()})
	for life, want := range map[time.Duration]float64{0: 1800, 5 * time.Second: 5, 5 * time.Millisecond: 1} {
		s.Set(func(b *Behaviour) { b.WorkspaceTokenLifetime = life })
		if a := exchangeAt(t, s.WorkspaceHost()+exchangePath, token); a.fields["expires_in"] != want {
			t.Errorf("%s: %v, want %v", life, a.fields["expires_in"], want)
		}
	}
}

func TestExchangesAreRefused(t *testing.T) {
	const bob = "00u2bob5Tz"
	account := func(id string) string { return strings.ReplaceAll(accountExchangePath, "{id}", id) }
	for name, c := range map[string]struct {
		claims     map[string]any
		pairs      []string
		path       string
		audience   string // that policies demand
		code       string
		status     int
		unexpected int
	}{
		"expired":          {claims: map[string]any{"exp": 1000}, code: errInvalidGrant, status: 400},
		"issuer":           {claims: map[string]any{"iss": "https://other"}, code: errInvalidGrant, status: 400},
		"audience":         {claims: map[string]any{"aud": "other"}, code: errInvalidGrant, status: 400},
		"policy":           {audience: "databricks", code: errInvalidGrant, status: 400},
		"nobody":           {claims: map[string]any{"sub": "00u9"}, code: errInvalidGrant, status: 400},
		"no audience":      {claims: map[string]any{"aud": nil}, code: errInvalidGrant, status: 400},
		"odd audience":     {claims: map[string]any{"aud": 5}, code: errInvalidGrant, status: 400},
		"not a token":      {pairs: []string{"subject_token", "a.b.c"}, code: errInvalidGrant, status: 400},
		"account":          {path: account("other"), code: errInvalidRequest, status: 400},
		"principal":        {pairs: []string{"client_id", "other"}, code: errInvalidClient, status: 401},
		"not bob's":        {claims: map[string]any{"sub": bob}, pairs: []string{"client_id", ServicePrincipal}, code: errInvalidGrant, status: 400},
		"no token":         {pairs: []string{"subject_token", ""}, code: errInvalidRequest, status: 400, unexpected: 1},
		"access token":     {pairs: []string{"subject_token_type", "urn:x"}, code: errInvalidRequest, status: 400, unexpected: 1},
		"scope":            {pairs: []string{"scope", "sqll"}, code: errInvalidScope, status: 400},
		"secret":           {pairs: []string{"client_secret", "x"}, code: errInvalidRequest, status: 400, unexpected: 1},
		"grant of a login": {pairs: []string{"grant_type", grantDevice}, code: errUnsupportedGrant, status: 400, unexpected: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{})
			s.Set(func(b *Behaviour) { b.FederationAudience = c.audience })
			if c.path == "" {
				c.path = exchangePath
			}
			a := exchangeAt(t, s.WorkspaceHost()+c.path, mint(t, s, c.claims), c.pairs...)
			if a.status != c.status || a.text("error") != c.code || a.text("error_description") == "" {
				t.Errorf("%d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
			if calls := s.ExchangeCalls(); len(calls) != 1 || calls[0].Error != c.code {
				t.Errorf("recorded %+v", calls)
			}
			if u := s.Unexpected(); len(u) != c.unexpected {
				t.Errorf("unexpected: %q", u)
			}
		})
	}
}

func TestPoliciesNameWhomTheyAdmit(t *testing.T) {
	s := startWith(t, Options{Policies: []FederationPolicy{
		{ClientID: "job", Name: "nightly", Audiences: []string{"x", "databricks"}, Subject: "repo:acme/etl"},
		{ClientID: "job", Issuer: "https://elsewhere.example", Subject: "anybody"},
	}})
	at := s.WorkspaceHost() + exchangePath
	job := map[string]any{"sub": "repo:acme/etl", "aud": []string{"databricks", "y"}}
	if a := exchangeAt(t, at, mint(t, s, job), "client_id", "job"); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := exchangeAt(t, at, mint(t, s, nil)); a.text("error") != errInvalidGrant {
		t.Errorf("without an account-wide policy: %d %s", a.status, a.body)
	}
	other := map[string]any{"iss": "https://elsewhere.example", "sub": "anybody"}
	if a := exchangeAt(t, at, mint(t, s, other), "client_id", "job"); a.status != http.StatusOK {
		t.Errorf("the second policy: %d %s", a.status, a.body)
	}
}
