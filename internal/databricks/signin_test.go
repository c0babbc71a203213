package databricks

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// told is a handler whose answer names the double's own address as HOST.
func (w *workspace) told(status int, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		says(status, strings.ReplaceAll(body, "HOST", w.url))(rw, r)
	}
}

func TestWherePeopleSignIn(t *testing.T) {
	t.Parallel()
	const account = "/oidc/accounts/" + testAccount
	for name, c := range map[string]struct {
		status  int
		body    string
		account string
		asked   string
		want    SignInEndpoints // with HOST for the address
	}{
		"named": {
			200, `{"issuer":"HOST/oidc","authorization_endpoint":"HOST/a","token_endpoint":"HOST/t","revocation_endpoint":"HOST/r",` +
				`"authorization_response_iss_parameter_supported":true}`, "", "/oidc",
			SignInEndpoints{"HOST/oidc", "HOST/a", "HOST/t", "HOST/r", true},
		},
		"not told":  {404, `{}`, "", "/oidc", SignInEndpoints{Issuer: "HOST/oidc", Authorization: "HOST/oidc/v1/authorize", Token: "HOST/oidc/v1/token"}},
		"a page":    {200, `<html>`, "", "/oidc", SignInEndpoints{Issuer: "HOST/oidc", Authorization: "HOST/oidc/v1/authorize", Token: "HOST/oidc/v1/token"}},
		"elsewhere": {302, ``, "", "/oidc", SignInEndpoints{Issuer: "HOST/oidc", Authorization: "HOST/oidc/v1/authorize", Token: "HOST/oidc/v1/token"}},
		"an account": {
			404, ``, testAccount, account,
			SignInEndpoints{Issuer: "HOST" + account, Authorization: "HOST" + account + "/v1/authorize", Token: "HOST" + account + "/v1/token"},
		},
	} {
		w := serve(t)
		w.handlers = []http.HandlerFunc{w.told(c.status, c.body)}
		got, err := w.SignInEndpoints(t.Context(), Address{Host: w.url, AccountID: c.account})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, text := range []*string{&c.want.Issuer, &c.want.Authorization, &c.want.Token, &c.want.Revocation} {
			*text = strings.ReplaceAll(*text, "HOST", w.url)
		}
		if *got != c.want || w.requests[0].URL.Path != c.asked+"/.well-known/oauth-authorization-server" {
			t.Errorf("%s: %+v, asked %s", name, got, w.requests[0].URL)
		}
	}
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   ui.Code
		text   string
	}{
		"the page":     {200, `{"authorization_endpoint":"https://evil.example/a"}`, ui.Refused, "authorization_endpoint"},
		"the tokens":   {200, `{"token_endpoint":"https://dbc-1.cloud.databricks.com/t"}`, ui.Refused, "token_endpoint"},
		"another port": {200, `{"token_endpoint":"http://127.0.0.1:1/t"}`, ui.Refused, "token_endpoint"},
		"the issuer":   {200, `{"issuer":"https://evil.example"}`, ui.Refused, "issuer"},
		"a user":       {200, `{"revocation_endpoint":"https://u@evil.example/"}`, ui.Refused, "revocation_endpoint"},
		"busy":         {503, `{"error":"temporarily_unavailable"}`, ui.Failed, "503"},
		"throttled":    {429, `{"message":"slow down"}`, ui.Failed, "429"},
	} {
		w := serve(t)
		w.handlers = []http.HandlerFunc{w.told(c.status, c.body)}
		_, err := w.SignInEndpoints(t.Context(), Address{Host: w.url})
		if t.Log(name); err == nil {
			t.Errorf("%s: nothing said", name)
			continue
		}
		mustFail(t, err, c.code, c.text, "")
	}
	_, err := serve(t, says(200, `{}`)).SignInEndpoints(t.Context(), Address{Host: "https://evil.example"})
	mustFail(t, err, ui.Refused, "evil.example", "trusted_hosts")
}

func TestACodeAndARefreshTokenAreTraded(t *testing.T) {
	t.Parallel()
	w := serve(t, says(200, `{"access_token":"`+accessToken+`","token_type":"bearer","expires_in":3600,"refresh_token":"next","scope":"all-apis offline_access"}`))
	at := Address{Host: w.url, AccountID: testAccount, WorkspaceID: "1"}
	e := &SignInEndpoints{Token: w.url + "/t", Revocation: w.url + "/r"}
	got, err := w.Redeem(t.Context(), at, e, secret.New("code-1"), secret.New("verifier-1"), "http://localhost:8020")
	if err != nil {
		t.Fatal(err)
	}
	if got.Token.Host != w.url || got.Token.WorkspaceID != "1" || got.Token.AccountID != testAccount || !got.Token.Expires.Equal(now.Add(time.Hour)) ||
		got.RefreshToken.Reveal() != "next" || got.Scope != "all-apis offline_access" {
		t.Errorf("%+v", got)
	}
	if _, err := w.Refresh(t.Context(), at, e, secret.New("refresh-1"), "all-apis"); err != nil {
		t.Fatal(err)
	}
	if err := w.Revoke(t.Context(), at, e, secret.New("refresh-1")); err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string]string{
		{"grant_type": "authorization_code", "code": "code-1", "code_verifier": "verifier-1", "redirect_uri": "http://localhost:8020", "client_id": CLIClient},
		{"grant_type": "refresh_token", "refresh_token": "refresh-1", "scope": "all-apis", "client_id": CLIClient},
		{"token": "refresh-1", "token_type_hint": "refresh_token", "client_id": CLIClient},
	} {
		r := w.requests[i]
		for name, value := range want {
			if r.PostForm.Get(name) != value {
				t.Errorf("request %d: %s is %q", i, name, r.PostForm.Get(name))
			}
		}
		if len(r.PostForm) != len(want) || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("request %d: %s %v", i, r.URL, r.PostForm)
		}
	}
}

func TestASignInThatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   *SignInError // nil: no answer of an authorization server
	}{
		"over":            {400, `{"error":"invalid_request","error_description":"Refresh token is invalid"}`, &SignInError{Code: "invalid_request", Description: "Refresh token is invalid"}},
		"busy":            {503, `{"error":"server_error"}`, &SignInError{Code: "server_error", Busy: true}},
		"throttled":       {429, `{"error":"slow_down"}`, &SignInError{Code: "slow_down", Busy: true, RetryAfter: 7 * time.Second}},
		"Databricks' own": {403, `{"error_code":"PERMISSION_DENIED","message":"blocked"}`, &SignInError{Code: "PERMISSION_DENIED", Description: "blocked"}},
		"a page":          {200, `<html>`, nil},
		"no token":        {200, `{"token_type":"bearer","expires_in":60}`, nil},
		"no end":          {200, `{"access_token":"x","token_type":"bearer"}`, nil},
		"ended":           {200, `{"access_token":"x","token_type":"bearer","expires_in":0}`, nil},
	} {
		header := []string{}
		if c.want != nil && c.want.RetryAfter > 0 {
			header = []string{"Retry-After", "7"}
		}
		w := serve(t, says(c.status, c.body, header...))
		_, err := w.Refresh(t.Context(), Address{Host: w.url}, &SignInEndpoints{Token: w.url + "/t"}, secret.New(accessToken), "")
		refused, ok := errors.AsType[*SignInError](err)
		switch {
		case err == nil:
			t.Errorf("%s: no error", name)
		case c.want == nil && (ok || ui.CodeOf(err) != ui.Failed), c.want != nil && (!ok || *refused != *c.want):
			t.Errorf("%s: %#v", name, err)
		case strings.Contains(err.Error(), accessToken):
			t.Errorf("%s: the secret is in %q", name, err)
		}
	}
}
