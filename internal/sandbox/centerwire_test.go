package sandbox

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func TestBadRequestsToIdentityCenterAreUnexpected(t *testing.T) {
	register := func(change func(map[string]any)) func(*testing.T, *Server) answer {
		return func(t *testing.T, s *Server) answer {
			members := map[string]any{"clientName": "x", "clientType": "public"}
			change(members)
			return postJSON(t, s.SSOOIDCURL()+"/client/register", members)
		}
	}
	set := func(pairs ...any) func(map[string]any) {
		return func(m map[string]any) {
			for i := 0; i < len(pairs); i += 2 {
				m[pairs[i].(string)] = pairs[i+1]
			}
		}
	}
	raw := func(contentType, body string) func(*testing.T, *Server) answer {
		return func(t *testing.T, s *Server) answer {
			a, err := do(t, request(t, http.MethodPost, s.SSOOIDCURL()+"/token", contentType, body))
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
	authorize := func(name, value string) func(*testing.T, *Server) answer {
		return func(t *testing.T, s *Server) answer {
			_, challenge := verifierOf("v")
			return get(t, registered(t, s).authorizeURL(challenge, func(q url.Values) { q.Set(name, value) }))
		}
	}
	const jsonType = "application/json"
	for name, c := range map[string]struct {
		ask    func(*testing.T, *Server) answer
		status int
		code   string // in X-Amzn-ErrorType
	}{
		"no name":        {register(set("clientName", "")), 400, "InvalidRequestException"},
		"confidential":   {register(set("clientType", "confidential")), 400, "InvalidClientMetadataException"},
		"issuer":         {register(set("issuerUrl", "https://other.awsapps.com/start")), 400, "InvalidRequestException"},
		"scope":          {register(set("scopes", []string{"openid"})), 400, "InvalidScopeException"},
		"redirect":       {register(set("redirectUris", []string{"https://evil.example/"})), 400, "InvalidRedirectUriException"},
		"grant":          {register(set("grantTypes", []string{"password"})), 400, "UnsupportedGrantTypeException"},
		"code alone":     {register(set("grantTypes", []string{grantCode})), 400, "InvalidRequestException"},
		"form":           {raw(formType, "grantType=x"), 415, ""},
		"no object":      {raw(jsonType, "[]"), 400, ""},
		"nothing":        {raw(jsonType, ""), 400, ""},
		"half an object": {raw(jsonType, `{"a":"b"`), 400, ""},
		"two objects":    {raw(jsonType, `{}{}`), 400, ""},
		"number":         {raw(jsonType, `{"a":1}`), 400, ""},
		"unknown grant":  {raw(jsonType, `{"grantType":"x"}`), 400, "UnsupportedGrantTypeException"},
		"unknown client": {raw(jsonType, `{"grantType":"refresh_token","clientId":"x"}`), 401, "InvalidClientException"},
		"client secret": {func(t *testing.T, s *Server) answer {
			u := registered(t, s)
			u.secret = "x"
			return u.device()
		}, 401, "InvalidClientException"},
		"start URL": {func(t *testing.T, s *Server) answer {
			return registered(t, s).post("/device_authorization", "startUrl", "https://other.awsapps.com/start")
		}, 400, "InvalidRequestException"},
		"no refresh token":      {func(t *testing.T, s *Server) answer { return registered(t, s).refresh("") }, 400, "InvalidRequestException"},
		"unknown refresh token": {func(t *testing.T, s *Server) answer { return registered(t, s).refresh("x") }, 400, "InvalidGrantException"},
		"browser's client":      {authorize("client_id", "x"), 400, ""},
		"browser's redirect":    {authorize("redirect_uri", "http://127.0.0.1/other"), 400, ""},
		"browser's response":    {authorize("response_type", "token"), 303, ""},
		"browser's state":       {authorize("state", ""), 303, ""},
		"browser's scope":       {authorize("scopes", "openid"), 303, ""},
		"browser's challenge":   {authorize("code_challenge_method", "plain"), 303, ""},
		"signed": {func(t *testing.T, s *Server) answer {
			r := request(t, http.MethodPost, s.SSOOIDCURL()+"/token", jsonType, "{}")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 …")
			a, err := do(t, r)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{})
			a := c.ask(t, s)
			if a.status != c.status || a.header.Get("X-Amzn-ErrorType") != c.code {
				t.Errorf("status %d, %q: %s", a.status, a.header.Get("X-Amzn-ErrorType"), a.body)
			}
			if len(s.Unexpected()) != 1 {
				t.Errorf("unexpected: %q", s.Unexpected())
			}
		})
	}
}

func TestFaultsOfIdentityCenter(t *testing.T) {
	s, _ := start(t)
	u := registered(t, s)
	s.Inject(Fault{Endpoint: harness.SSODevice, Error: "SlowDownException", Message: "later"})
	wantCenterError(t, u.device(), "SlowDownException", "slow_down", 400)
	s.Inject(Fault{Endpoint: harness.SSODevice, Fields: map[string]any{"interval": "5", "verificationUriComplete": nil}})
	if a := u.device(); a.text("interval") != "5" || a.text("verificationUriComplete") != "" {
		t.Errorf("fields: %s", a.body)
	}
	tokens := u.signIn("alice")
	s.Inject(Fault{Endpoint: harness.SSOTokenRefreshToken, Error: "InternalServerException"})
	wantCenterError(t, u.refresh(tokens.text("refreshToken")), "InternalServerException", "server_error", 500)
	s.Inject(Fault{Endpoint: harness.SSOAccounts, Error: "TooManyRequestsException", Message: "slowly"})
	wantPortalError(t, portal(t, s, "/assignment/accounts", tokens.text("accessToken")), "TooManyRequestsException", 429)
	if a := portal(t, s, "/assignment/accounts", tokens.text("accessToken")); a.status != http.StatusOK {
		t.Errorf("once more: %s", a.body)
	}
}
