package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

// centerUser drives Identity Center's OpenID Connect service as a client does.
type centerUser struct {
	t      *testing.T
	s      *Server
	id     string
	secret string
}

// postJSON posts an object to Identity Center.
func postJSON(t *testing.T, address string, members map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	a, err := do(t, request(t, http.MethodPost, address, "application/json", string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const centerCallback = "http://127.0.0.1/callback"

// registered registers a client for all grants.
func registered(t *testing.T, s *Server) *centerUser {
	t.Helper()
	a := postJSON(t, s.SSOOIDCURL()+"/client/register", map[string]any{
		"clientName": "dbxaccess", "clientType": "public", "scopes": []string{scopeAccounts}, "issuerUrl": s.StartURL(),
		"grantTypes": []string{grantDevice, grantRefresh, grantCode}, "redirectUris": []string{centerCallback},
	})
	if a.status != http.StatusOK {
		t.Fatalf("registering: %s", a.body)
	}
	return &centerUser{t, s, a.text("clientId"), a.text("clientSecret")}
}

func (u *centerUser) post(path string, pairs ...string) answer {
	u.t.Helper()
	members := map[string]any{"clientId": u.id, "clientSecret": u.secret}
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i]] = pairs[i+1]
	}
	return postJSON(u.t, u.s.SSOOIDCURL()+path, members)
}

func (u *centerUser) device() answer {
	u.t.Helper()
	return u.post("/device_authorization", "startUrl", u.s.StartURL())
}

func (u *centerUser) poll(code string) answer {
	u.t.Helper()
	return u.post("/token", "grantType", grantDevice, "deviceCode", code)
}

func (u *centerUser) refresh(token string) answer {
	u.t.Helper()
	return u.post("/token", "grantType", grantRefresh, "refreshToken", token)
}

// signIn signs a user in and returns the tokens.
func (u *centerUser) signIn(user string) answer {
	u.t.Helper()
	d := u.device()
	if err := u.s.Approve(d.text("userCode"), user); err != nil {
		u.t.Fatal(err)
	}
	a := u.poll(d.text("deviceCode"))
	if a.status != http.StatusOK {
		u.t.Fatalf("signing in: %s", a.body)
	}
	return a
}

// wantCenterError checks an error as the SDK reads it, and as OAuth has it.
func wantCenterError(t *testing.T, a answer, code, oauth string, status int) {
	t.Helper()
	if a.status != status || a.header.Get("X-Amzn-ErrorType") != code || a.text("error") != oauth {
		t.Errorf("status %d, %s: %s; want %s", a.status, a.header.Get("X-Amzn-ErrorType"), a.body, code)
	}
}

func TestSigningInAtIdentityCenter(t *testing.T) {
	s, c := start(t)
	u := registered(t, s)
	d := u.device()
	if d.text("verificationUri") != s.VerificationURL("") || d.text("verificationUriComplete") != s.VerificationURL(d.text("userCode")) ||
		d.fields["expiresIn"] != 600.0 || d.fields["interval"] != 1.0 {
		t.Errorf("answer %s", d.body)
	}
	if code, err := s.WaitForUserCode(t.Context()); err != nil || code != d.text("userCode") {
		t.Errorf("waiting: %q, %v", code, err)
	}
	wantCenterError(t, u.poll(d.text("deviceCode")), "AuthorizationPendingException", "authorization_pending", 400)
	wantCenterError(t, u.poll(d.text("deviceCode")), "SlowDownException", "slow_down", 400)
	c.advance(10 * time.Second)
	if err := approveByForm(t, d.text("verificationUri"), d.text("userCode"), "alice"); err != nil {
		t.Fatal(err)
	}
	a := u.poll(d.text("deviceCode"))
	if a.status != http.StatusOK || a.text("tokenType") != "Bearer" || a.fields["expiresIn"] != 3600.0 || a.text("refreshToken") == "" {
		t.Fatalf("tokens: %d %s", a.status, a.body)
	}
	for _, secret := range []string{u.secret, d.text("deviceCode"), a.text("accessToken"), a.text("refreshToken")} {
		if !slices.Contains(s.Secrets(), secret) {
			t.Errorf("%.12s… is not among the secrets", secret)
		}
	}
	got := s.Calls()
	if got[harness.SSORegister] != 1 || got[harness.SSODevice] != 1 || got[SSOToken] != 3 || got[harness.SSOTokenDeviceCode] != 3 || got[harness.SSOSlowDowns] != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestADeviceCodeOfIdentityCenterIsDecidedOnce(t *testing.T) {
	s := startWith(t, Options{Now: newClock().Now})
	u := registered(t, s)
	d := u.device()
	if err := s.Deny(d.text("userCode")); err != nil {
		t.Fatal(err)
	}
	wantCenterError(t, u.poll(d.text("deviceCode")), "AccessDeniedException", "access_denied", 400)
	d = u.device()
	if err := person.Walk(t.Context(), d.text("verificationUriComplete"), says("bob", "deny"), "denied"); err != nil {
		t.Fatal(err)
	}
	wantCenterError(t, u.poll(d.text("deviceCode")), "AccessDeniedException", "access_denied", 400)
	s.Set(func(b *Behaviour) { b.DeviceCodeLifetime = 0 })
	wantCenterError(t, u.poll(u.device().text("deviceCode")), "ExpiredTokenException", "expired_token", 400)
	s.Set(func(b *Behaviour) { b.DeviceCodeLifetime, b.AutoApprove = time.Minute, "alice" })
	code := u.device().text("deviceCode")
	if a := u.poll(code); a.status != http.StatusOK {
		t.Errorf("approved at once: %s", a.body)
	}
	if len(s.Unexpected()) > 0 {
		t.Errorf("unexpected: %q", s.Unexpected())
	}
	wantCenterError(t, u.poll(code), "InvalidGrantException", "invalid_grant", 400)
	wantCenterError(t, registered(t, s).poll(code), "InvalidGrantException", "invalid_grant", 400)
	// The codes of one service are nothing to the other.
	a := post(t, s.Issuer()+"/token", "client_id", s.ClientID(), "grant_type", grantDevice, "device_code", code)
	if a.text("error") != errInvalidGrant || len(s.Unexpected()) != 3 {
		t.Errorf("at the provider: %s, unexpected %q", a.body, s.Unexpected())
	}
}

func TestARegistrationExpires(t *testing.T) {
	s, c := start(t)
	u := registered(t, s)
	tokens := u.signIn("alice")
	c.advance(90 * 24 * time.Hour)
	for _, a := range []answer{u.device(), u.refresh(tokens.text("refreshToken"))} {
		wantCenterError(t, a, "InvalidClientException", "invalid_client", 401)
	}
}

func TestRefreshTokensOfIdentityCenterRotate(t *testing.T) {
	s, c := start(t)
	u := registered(t, s)
	first := u.signIn("alice").text("refreshToken")
	second := u.refresh(first)
	if second.status != http.StatusOK || second.text("refreshToken") == first {
		t.Fatalf("refresh: %s", second.body)
	}
	s.Set(func(b *Behaviour) { b.RefreshGrace = time.Minute })
	if again := u.refresh(first); again.text("refreshToken") != second.text("refreshToken") {
		t.Errorf("within the grace: %s", again.body)
	}
	c.advance(time.Minute)
	wantCenterError(t, u.refresh(first), "InvalidGrantException", "invalid_grant", 400)
	wantCenterError(t, u.refresh(second.text("refreshToken")), "InvalidGrantException", "invalid_grant", 400)
	if s.Calls()[SSOReuses] != 1 {
		t.Errorf("counted %v", s.Calls())
	}
	wantPortalError(t, portal(t, s, "/assignment/accounts", second.text("accessToken")), "UnauthorizedException", 401)
	s.Set(func(b *Behaviour) { b.KeepRefreshToken = true })
	kept := u.signIn("alice").text("refreshToken")
	if a := u.refresh(kept); a.text("refreshToken") != kept {
		t.Errorf("kept: %s", a.body)
	}
	// The session ends, and no access token outlives it.
	c.advance(7*time.Hour + 30*time.Minute)
	if a := u.refresh(kept); a.fields["expiresIn"] != 1800.0 {
		t.Errorf("near the end: %s", a.body)
	}
	c.advance(30 * time.Minute)
	wantCenterError(t, u.refresh(kept), "InvalidGrantException", "invalid_grant", 400)
}

func TestClientsThatRegisterForLessGetLess(t *testing.T) {
	s := startWith(t, Options{})
	a := postJSON(t, s.SSOOIDCURL()+"/client/register", map[string]any{"clientName": "x", "clientType": "public"})
	u := &centerUser{t, s, a.text("clientId"), a.text("clientSecret")}
	if a := u.signIn("alice"); a.text("refreshToken") != "" {
		t.Errorf("without the scope: %s", a.body)
	}
	a = u.post("/token", "grantType", grantCode, "code", "x")
	wantCenterError(t, a, "UnauthorizedClientException", "unauthorized_client", 400)
}
