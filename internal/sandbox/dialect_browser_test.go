package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// onHost is a redirect by another name of this machine.
func onHost(t *testing.T, redirect, host string) string {
	t.Helper()
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = host + ":" + u.Port()
	return u.String()
}

func TestWalkingTheBrowserFlowByDialect(t *testing.T) {
	for dialect, iss := range map[Dialect]bool{
		Generic: true, Keycloak: true, Okta: false, Entra: false, Auth0: false, Google: false, Ping: false, Dex: false,
	} {
		s, c := speaking(t, "dialect="+string(dialect))
		redirect, got := listenForRedirect(t)
		if dialect == Entra {
			redirect = onHost(t, redirect, "localhost")
		}
		address := authorizeURL(s, redirect, func(v url.Values) { v.Set("scope", scopesOf(s)) })
		callback, err := WalkAuthorize(t.Context(), address, "alice")
		if err != nil {
			t.Errorf("%s: %v", dialect, err)
			continue
		}
		answered := <-got
		if !strings.HasPrefix(callback, redirect+"?") || !strings.Contains(callback, "code="+answered.Get("code")) {
			t.Errorf("%s: the walk ended at %s", dialect, callback)
		}
		if answered.Get("state") != "st" || (answered.Get("iss") != "") != iss {
			t.Errorf("%s: the redirect carried %v", dialect, answered)
		}
		tokens := post(t, s.origin()+tokenPath, s.withSecret("client_id", s.ClientID(), "grant_type", grantCode,
			"code", answered.Get("code"), "redirect_uri", redirect, "code_verifier", testVerifier)...)
		if claims := verified(t, s, c, tokens.text("id_token")); claims.Nonce != "no" {
			t.Errorf("%s: claims %+v", dialect, claims)
		}
		// The ID tokens of refreshes carry none (OpenID Connect Core 12.2), but Dex's.
		if renewed := s.testRefresh(t, tokens.text("refresh_token")).text("id_token"); renewed != "" {
			if nonce := claimsOf(t, renewed)["nonce"]; (nonce == "no") != (dialect == Dex) {
				t.Errorf("%s: a refresh's nonce is %v", dialect, nonce)
			}
		}
		if u := s.Unexpected(); len(u) != 0 {
			t.Errorf("%s: recorded %q", dialect, u)
		}
	}
}

func TestDenyingInTheBrowserByDialect(t *testing.T) {
	for dialect := range dialects() {
		s, _ := speaking(t, "dialect="+string(dialect))
		redirect, got := listenForRedirect(t)
		if dialect == Entra {
			redirect = onHost(t, redirect, "localhost")
		}
		address := authorizeURL(s, redirect, func(v url.Values) { v.Set("scope", scopesOf(s)) })
		if _, err := WalkDeny(t.Context(), address, "alice"); err != nil {
			t.Errorf("%s: %v", dialect, err)
			continue
		}
		if answered := <-got; answered.Get("error") != errAccessDenied || answered.Get("state") != "st" || answered.Has("code") {
			t.Errorf("%s: the redirect carried %v", dialect, answered)
		}
	}
}

func TestRefusalsComeBackByTheBrowser(t *testing.T) {
	for _, c := range []struct {
		dialect Dialect
		refusal Refusal
		host    string
		code    string
		text    string
	}{
		{Okta, RefuseUser, "127.0.0.1", "access_denied", "User is not assigned to the client application."},
		{Entra, RefuseUser, "localhost", "access_denied", "AADSTS50105: "},
		{Entra, RefusePolicy, "localhost", "access_denied", "AADSTS53003: "},
		{Google, RefusePolicy, "127.0.0.1", "admin_policy_enforced", ""},
		{Generic, RefuseUser, "127.0.0.1", "access_denied", "the user is not assigned"},
	} {
		s, _ := speaking(t, "dialect="+string(c.dialect)+" refusal="+string(c.refusal))
		redirect, got := listenForRedirect(t)
		address := authorizeURL(s, onHost(t, redirect, c.host), func(v url.Values) { v.Set("scope", scopesOf(s)) })
		if _, err := WalkAuthorize(t.Context(), address, "alice"); err != nil {
			t.Errorf("%s, %s: %v", c.dialect, c.refusal, err)
			continue
		}
		answered := <-got
		if answered.Get("error") != c.code || !strings.HasPrefix(answered.Get("error_description"), c.text) || answered.Has("code") {
			t.Errorf("%s, %s: the redirect carried %v", c.dialect, c.refusal, answered)
		}
	}
}

func TestRedirectsAreHeldToWhatIsRegistered(t *testing.T) {
	for words, redirects := range map[string]map[string]bool{
		"": {"http://127.0.0.1:1/cb": true, "http://localhost:2/": true, "http://[::1]:3/cb": false, "https://127.0.0.1:1/cb": false},
		"dialect=entra redirect-uri=http://localhost/cb": {
			"http://localhost:1/cb": true, "http://localhost:2/cb": true, "http://127.0.0.1:1/cb": false, "http://localhost:1/": false,
		},
		"dialect=entra redirect-uri=http://localhost:8400/cb": {"http://localhost:1/cb": true},
		"dialect=okta redirect-uri=http://127.0.0.1/cb": {
			"http://127.0.0.1:1/cb": true, "http://localhost:1/cb": false, "http://127.0.0.1:1/cb/": false,
		},
		"dialect=auth0 redirect-uri=http://127.0.0.1:8400/cb": {"http://127.0.0.1:8400/cb": true, "http://127.0.0.1:8401/cb": false},
	} {
		s, _ := speaking(t, words+" auto-approve=alice")
		for redirect, good := range redirects {
			a := get(t, authorizeURL(s, redirect, func(v url.Values) { v.Set("scope", scopesOf(s)) }))
			if (a.status == http.StatusSeeOther) != good {
				t.Errorf("%q, %s: %d", words, redirect, a.status)
			}
			// A page, and nowhere to go: else the provider would send codes wherever it is told to.
			if location := a.header.Get("Location"); !good && location != "" {
				t.Errorf("%q, %s: sent to %s", words, redirect, location)
			}
		}
	}
}

func TestTheAuthorizationPageNamesWhatIsWrong(t *testing.T) {
	for words, want := range map[string]string{
		"dialect=entra refusal=unknown-client":               "AADSTS700016",
		"dialect=okta refusal=unknown-client":                "Invalid value for &#39;client_id&#39; parameter.",
		"dialect=entra":                                      "AADSTS50011",
		"dialect=google redirect-uri=http://127.0.0.1/other": "redirect_uri_mismatch",
	} {
		s, _ := speaking(t, words)
		a := get(t, authorizeURL(s, "http://127.0.0.1:1/cb", nil))
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", words, a.status, a.body)
		}
	}
}

func TestAWalkThatNeverComesBackIsAnError(t *testing.T) {
	s, _ := speaking(t, "refusal=unknown-client")
	redirect, _ := listenForRedirect(t)
	for _, address := range []string{authorizeURL(s, redirect, nil), "http://\x7f", s.origin() + "/favicon.ico"} {
		if callback, err := WalkAuthorize(t.Context(), address, "alice"); err == nil {
			t.Errorf("%s led to %s", address, callback)
		}
	}
	// A client that listens no longer is met by the browser, not by the provider.
	s.Set(func(b *Behaviour) { b.Refusal = "" })
	if _, err := WalkAuthorize(t.Context(), authorizeURL(s, "http://127.0.0.1:1/cb", nil), "alice"); err == nil {
		t.Error("nobody listened, and the walk ended well")
	}
}

func TestTheAudienceIsDemandedInTheBrowserToo(t *testing.T) {
	s, _ := speaking(t, "dialect=auth0 audience=api://acme auto-approve=alice")
	for audience, want := range map[string]string{"": "error=invalid_request", "api://acme": "code="} {
		a := get(t, authorizeURL(s, "http://127.0.0.1:1/cb", func(v url.Values) {
			v.Set("scope", scopesOf(s))
			v.Set("audience", audience)
		}))
		if location := a.header.Get("Location"); !strings.Contains(location, want) {
			t.Errorf("%q: %s", audience, location)
		}
	}
}
