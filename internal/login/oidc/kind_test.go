package oidc

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAKindGivesAwayNoForeignPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, page string }{
		{"entra", "https://microsoft.com/devicelogin"}, {"google", "https://www.google.com/device"},
	} {
		p := testProvider()
		if _, err := oauth.CheckPage(p, c.page); err == nil {
			t.Errorf("%s is opened for a provider of no kind", c.page)
		}
		p.Kind = c.kind
		if _, err := oauth.CheckPage(p, c.page); err != nil {
			t.Errorf("%s: %v", c.kind, err)
		}
	}
}

func TestEveryKindSaysHowGroupsGetIn(t *testing.T) {
	t.Parallel()
	for kind, words := range map[string][]string{
		"okta": {"groups", "authorization server"}, "entra": {"app roles", "groups_claim: roles"}, "keycloak": {"Group Membership", "client cli", "slash"},
		"auth0": {"Action", "groups_claim"}, "google": {"claims", "hd"}, "ping": {"Group Names", "25"}, "dex": {"connector"},
		"zitadel": {"urn:zitadel:iam:org:project:roles"}, "lemonldap": {"scope value", "userinfo"}, "authelia": {"groups_from: userinfo", "claims_policy"},
		"hydra": {"consent app"}, "generic": {"groups_claim"},
	} {
		p := testProvider()
		p.Kind = kind
		hint := p.GroupsFix().String()
		for _, word := range words {
			if !strings.Contains(hint, word) {
				t.Errorf("%s: %q is not told by: %s", kind, word, hint)
			}
		}
		for _, text := range []string{hint, p.FillIn(p.Quirks().Redirects, redirect(p).String()).String()} {
			if text != ui.Clean(text) || strings.ContainsAny(text, "{}\n") || strings.HasSuffix(text, ".") {
				t.Errorf("%s: not fit for a hint: %q", kind, text)
			}
		}
	}
}

func TestEveryKindSaysWhereTheBrowserComesBackTo(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"okta": "http://127.0.0.1:8400/callback", "entra": "http://localhost/callback", "keycloak": "http://127.0.0.1/callback",
		"auth0": "http://127.0.0.1:8400/callback", "google": "Desktop app", "ping": "http://127.0.0.1:8400/callback",
		"zitadel": "http://127.0.0.1/callback", "lemonldap": "http://127.0.0.1:8400/callback", "authelia": "http://127.0.0.1:8400/callback",
		"hydra": "http://127.0.0.1/callback",
		"dex":   "http://127.0.0.1:8400/callback", "generic": "http://127.0.0.1:8400/callback",
	} {
		p := testProvider()
		p.Kind, p.RedirectPort = kind, 8400
		if hint := p.FillIn(p.Quirks().Redirects, redirect(p).String()).String(); !strings.Contains(hint, want) {
			t.Errorf("%s: %s", kind, hint)
		}
		p.RedirectPort = 0
		if hint := p.FillIn(p.Quirks().Redirects, redirect(p).String()).String(); strings.Contains(hint, ":0/") {
			t.Errorf("%s: %s", kind, hint)
		}
	}
}

func TestTheDeviceRequestFollowsTheKindAndTheMap(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"keycloak", "okta", "generic"} {
		var asked, polled url.Values
		i := logintest.NewIDP()
		i.Device = func(form url.Values) logintest.Reply {
			asked = form
			return deviceAnswer(map[string]any{"interval": 0})
		}
		i.Token = func(form url.Values) logintest.Reply { polled = form; return tokenReply() }
		c, p := clientOf(i), testProvider()
		p.Kind, p.Audience = kind, "api://acme"
		p.Parameters = map[string]string{"organization": "org_1", "client_id": "evil", "scope": "evil"}
		e := discover(t, c, p)
		d, err := c.startDevice(t.Context(), p, e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.pollDevice(t.Context(), p, e, d); err != nil {
			t.Fatal(err)
		}
		if asked.Get("audience") != "api://acme" || asked.Get("organization") != "org_1" || asked.Get("client_id") != logintest.ClientID ||
			strings.Contains(asked.Get("scope"), "evil") || polled.Has("audience") || polled.Has("organization") {
			t.Errorf("%s: asked with %q, polled with %q", kind, asked, polled)
		}
		bound := url.Values{}
		if verifier := polled.Get("code_verifier"); verifier != "" {
			oauth.SetChallenge(bound, verifier)
		}
		if bound.Get("code_challenge") != asked.Get("code_challenge") || (kind == "keycloak") != asked.Has("code_challenge") ||
			kind == "keycloak" && asked.Get("code_challenge_method") != "S256" {
			t.Errorf("%s: asked with %q, polled with %q", kind, asked, polled)
		}
		if _, err := c.refresh(t.Context(), p, e, secret.New("refresh-1"), "openid"); err != nil || polled.Has("audience") || polled.Has("organization") {
			t.Errorf("%s: renewed with %q, %v", kind, polled, err)
		}
	}
}

func TestGooglesWayToARefreshToken(t *testing.T) {
	t.Parallel()
	p := testProvider()
	p.Kind = "google"
	e := &Endpoints{Authorization: "https://accounts.google.com/o/oauth2/v2/auth"}
	ask := func() url.Values {
		address, err := newAuthorization().address(p, e)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	if q := ask(); q.Get("access_type") != "offline" || q.Get("prompt") != "consent" || q.Get("scope") != "openid profile email" {
		t.Errorf("asked with %q", q)
	}
	p.Parameters = map[string]string{"prompt": "select_account consent"}
	if q := ask(); q.Get("prompt") != "select_account consent" {
		t.Errorf("the map's word counts, asked with %q", q)
	}
	p.Kind = "generic"
	if q := ask(); q.Has("access_type") || q.Get("scope") != "openid profile email offline_access" {
		t.Errorf("asked with %q", q)
	}
}

func TestAPersonAtEntraIsAnObjectOfATenant(t *testing.T) {
	t.Parallel()
	const tenant = "8f1d0c9e-0000-4000-8000-000000000001"
	for _, c := range []struct {
		issuer string
		claims map[string]any
		key    string
		words  []string
	}{
		{"https://login.microsoftonline.com/" + tenant + "/v2.0", map[string]any{"oid": "o1", "tid": tenant}, "o1@" + tenant, nil},
		{"https://sts.windows.net/" + tenant + "/", map[string]any{"oid": "o1", "tid": strings.ToUpper(tenant)}, "o1@" + strings.ToUpper(tenant), nil},
		{"https://login.microsoftonline.com/" + tenant + "/v2.0", map[string]any{"oid": "o1"}, "", []string{"names no tenant", "login.microsoftonline.com"}},
		{"https://login.microsoftonline.com", map[string]any{"oid": "o1"}, "", []string{"names no tenant"}},
		{"https://login.microsoftonline.com/" + tenant + "/v2.0", map[string]any{"tid": tenant}, "", nil},
		{"https://login.microsoftonline.com/" + tenant + "/v2.0", map[string]any{"oid": "o1", "tid": "evil\x1b"}, "", []string{`tenant "evil"`, tenant}},
		{logintest.Issuer, map[string]any{"oid": "o1", "tid": "any"}, "", nil},
	} {
		i := logintest.NewIDP()
		i.Metadata = map[string]any{"issuer": c.issuer}
		client, p := clientOf(i), testProvider()
		p.Issuer = c.issuer
		c.claims["iss"] = c.issuer
		e := &Endpoints{Issuer: &idtoken.Issuer{Name: c.issuer, Keys: logintest.Issuer + "/keys"}}
		claims, err := client.verify(t.Context(), p, e, i.IDToken(c.claims), "")
		who := newSession(p, &tokens{}, claims, time.Now())
		switch {
		case c.words != nil:
			logintest.WantFault(t, err, ui.Failed, c.words...)
			if id := ui.IDOf(err); id != "id-token-tenant" {
				t.Errorf("%s, %v: got the error %q", c.issuer, c.claims, id)
			}
		case err != nil:
			t.Errorf("%s, %v: %v", c.issuer, c.claims, err)
		case who.Key != c.key || who.Subject != "alice-1":
			t.Errorf("%s, %v: key %q, subject %q", c.issuer, c.claims, who.Key, who.Subject)
		}
	}
}

func TestASessionsEndIsReadAndBounded(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]time.Duration{
		`"refresh_expires_in":1800`:                            30 * time.Minute,
		`"refresh_expires_in":0`:                               0, // Keycloak: without end
		`"refresh_expires_in":0,"refresh_token_expires_in":60`: time.Minute,
		`"refresh_token_expires_in":"604799"`:                  604799 * time.Second,
		`"refresh_expires_in":-5`:                              0,
		`"refresh_expires_in":1e300`:                           10 * 365 * 24 * time.Hour,
		`"refresh_expires_in":{}`:                              0,
		`"expires_in":300`:                                     0,
	} {
		if got := answerOf(200, []byte(`{"id_token":"i.d.t","refresh_token":"r",`+body+`}`)).tokens("").lasts; got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	if got := answerOf(200, []byte(`{"id_token":"i.d.t","refresh_expires_in":1800}`)).tokens("").lasts; got != 0 {
		t.Errorf("the end of no token: %s", got)
	}
}
