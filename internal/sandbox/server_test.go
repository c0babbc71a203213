package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func TestUnexpectedRequestsAreRecorded(t *testing.T) {
	const token = "/oidc/token"
	for name, c := range map[string]struct {
		method, path, contentType, body string
		status                          int
		want                            string
	}{
		"path":          {"GET", "/nowhere", "", "", 404, "unknown path"},
		"method":        {"GET", token, "", "", 405, "only POST"},
		"content type":  {"POST", token, "application/json", "{}", 415, "not form encoded"},
		"in the URL":    {"POST", token + "?client_id=x", formType, "", 400, "in the URL"},
		"twice":         {"POST", token, formType, "a=1&a=2", 400, `"a" twice`},
		"too large":     {"POST", token, formType, "a=" + strings.Repeat("x", harness.MaxRequest), 400, "can't be read"},
		"no client":     {"POST", token, formType, "grant_type=refresh_token", 401, "client_id is missing"},
		"other client":  {"POST", token, formType, "client_id=other", 401, "unknown-client"},
		"grant type":    {"POST", token, formType, "client_id=" + harness.ClientID, 400, "unknown grant type"},
		"client secret": {"POST", token, formType, "client_id=" + harness.ClientID + "&client_secret=x", 401, "public client"},
		"no openid":     {"POST", "/oidc/device/authorize", formType, "client_id=" + harness.ClientID, 400, "openid is missing"},
		"odd scope": {
			"POST", "/oidc/device/authorize", formType, "client_id=" + harness.ClientID + "&scope=openid+x", 400, "unknown-scope",
		},
		"plain challenge": {
			"POST", "/oidc/device/authorize", formType,
			"client_id=" + harness.ClientID + "&scope=openid&code_challenge=x&code_challenge_method=plain", 400, "not S256",
		},
		"device code": {
			"POST", token, formType,
			"client_id=" + harness.ClientID + "&device_code=x&grant_type=" + grantDevice, 400, "unknown-device-code",
		},
		"no refresh token": {
			"POST", token, formType, "client_id=" + harness.ClientID + "&grant_type=refresh_token", 400, "no-refresh-token",
		},
		"no token to revoke": {"POST", "/oidc/revoke", formType, "client_id=" + harness.ClientID, 400, "token is missing"},
		"form token":         {"POST", "/device", formType, "user_code=BBBB-BBBB", 403, "form token"},
		"no bearer":          {"GET", mePath, "", "", 401, "no bearer token"},
		"exchange as JSON":   {"POST", exchangePath, "application/json", "{}", 415, "not form encoded"},
		"other grant":        {"POST", exchangePath, formType, "grant_type=client_credentials", 400, "not token-exchange"},
		"no account": {
			"POST", strings.ReplaceAll(accountExchangePath, "{id}", ""), formType, "grant_type=" + grantExchange, 404, "unknown path",
		},
		"account and more": {
			"POST", strings.ReplaceAll(accountExchangePath, "{id}", "a/b"), formType, "", 404, "unknown path",
		},
		"console action":        {"GET", federationPath + "?Action=x", "", "", 400, `action "x"`},
		"console login by POST": {"POST", federationPath, formType, "Action=login", 400, `action "login"`},
		"session in the URL":    {"POST", federationPath + "?Action=getSigninToken", formType, "", 400, "in the URL"},
		"no session":            {"POST", federationPath, formType, "Action=getSigninToken", 400, "Invalid Session"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{})
			a, err := do(t, request(t, c.method, "http://"+s.Address()+c.path, c.contentType, c.body))
			if err != nil {
				t.Fatal(err)
			}
			if a.status != c.status {
				t.Errorf("status %d, want %d: %s", a.status, c.status, a.body)
			}
			if u := s.Unexpected(); len(u) != 1 || !strings.Contains(u[0], c.want) {
				t.Errorf("recorded %q, want %q", u, c.want)
			}
		})
	}
}

func TestAnotherHostsNameIsRefused(t *testing.T) {
	s := startWith(t, Options{})
	r := request(t, http.MethodGet, s.Issuer()+"/.well-known/openid-configuration", "", "")
	r.Host = "rebound.example"
	a, err := do(t, r)
	if err != nil || a.status != http.StatusMisdirectedRequest || len(s.Unexpected()) != 1 {
		t.Errorf("status %d, %v, recorded %q", a.status, err, s.Unexpected())
	}
}
