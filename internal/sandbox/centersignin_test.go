package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// verifierOf is a PKCE verifier and its challenge.
func verifierOf(text string) (verifier, challenge string) {
	verifier = strings.Repeat(text, 43)
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizeURL is where a browser is sent.
func (u *centerUser) authorizeURL(challenge string, change func(url.Values)) string {
	query := url.Values{
		"response_type": {"code"}, "client_id": {u.id}, "redirect_uri": {"http://127.0.0.1:4711/callback"}, "state": {"s1"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "scopes": {scopeAccounts},
	}
	if change != nil {
		change(query)
	}
	return u.s.SSOOIDCURL() + "/authorize?" + query.Encode()
}

func TestSigningInAtIdentityCenterWithABrowser(t *testing.T) {
	s, _ := start(t)
	u := registered(t, s)
	verifier, challenge := verifierOf("v")
	page := get(t, u.authorizeURL(challenge, nil))
	if page.status != http.StatusOK || !strings.Contains(page.body, "Alice") {
		t.Fatalf("the page: %d %s", page.status, page.body)
	}
	s.Set(func(b *Behaviour) { b.AutoApprove = "alice" })
	back, err := url.Parse(get(t, u.authorizeURL(challenge, nil)).header.Get("Location"))
	if err != nil || back.Host != "127.0.0.1:4711" || back.Query().Get("state") != "s1" || back.Query().Has("iss") {
		t.Fatalf("back to %s, %v", back, err)
	}
	redeem := func(pairs ...string) answer {
		return u.post("/token", append([]string{"grantType", grantCode, "code", back.Query().Get("code")}, pairs...)...)
	}
	a := redeem("redirectUri", "http://127.0.0.1:4711/callback", "codeVerifier", verifier)
	if a.status != http.StatusOK || a.text("refreshToken") == "" {
		t.Fatalf("tokens: %s", a.body)
	}
	s.Set(func(b *Behaviour) { b.AutoApprove, b.AutoDeny = "", true })
	back, err = url.Parse(get(t, u.authorizeURL(challenge, nil)).header.Get("Location"))
	if err != nil || back.Query().Get("error") != errAccessDenied {
		t.Errorf("denied: back to %s, %v", back, err)
	}
	if s.Calls()[harness.SSOAuthorize] != 3 || s.Calls()[harness.SSOTokenAuthorizationCode] != 1 {
		t.Errorf("counted %v", s.Calls())
	}
}

func TestAuthorizationCodesOfIdentityCenterAreGuarded(t *testing.T) {
	s := startWith(t, Options{})
	s.Set(func(b *Behaviour) { b.AutoApprove = "alice" })
	u := registered(t, s)
	verifier, challenge := verifierOf("v")
	redeem := func(u *centerUser, code, redirect, verifier string) answer {
		return u.post("/token", "grantType", grantCode, "code", code, "redirectUri", redirect, "codeVerifier", verifier)
	}
	code := func() string {
		back, err := url.Parse(get(t, u.authorizeURL(challenge, nil)).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return back.Query().Get("code")
	}
	const redirect = "http://127.0.0.1:4711/callback"
	first := code()
	for name, a := range map[string]answer{
		"redirect": redeem(u, first, centerCallback, verifier),
		"verifier": redeem(u, first, redirect, strings.Repeat("w", 43)),
		"client":   redeem(registered(t, s), first, redirect, verifier),
		"code":     redeem(u, "x", redirect, verifier),
	} {
		if a.header.Get("X-Amzn-ErrorType") != "InvalidGrantException" {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	access := redeem(u, first, redirect, verifier).text("accessToken")
	if a := portal(t, s, "/assignment/accounts", access); a.status != http.StatusOK {
		t.Fatalf("the portal: %s", a.body)
	}
	wantCenterError(t, redeem(u, first, redirect, verifier), "InvalidGrantException", "invalid_grant", 400)
	wantPortalError(t, portal(t, s, "/assignment/accounts", access), "UnauthorizedException", 401)
	if len(s.Unexpected()) != 5 {
		t.Errorf("unexpected: %q", s.Unexpected())
	}
}
