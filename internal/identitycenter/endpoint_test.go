package identitycenter

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// answers is a transport with one answer to everything.
type answers struct {
	status     int
	body, code string
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"X-Amzn-Errortype": {a.code}},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheHostsAreThoseOfTheRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1":      "oidc.us-east-1.amazonaws.com portal.sso.us-east-1.amazonaws.com",
		"us-gov-west-1":  "oidc.us-gov-west-1.amazonaws.com portal.sso.us-gov-west-1.amazonaws.com",
		"cn-north-1":     "oidc.cn-north-1.amazonaws.com.cn portal.sso.cn-north-1.amazonaws.com.cn",
		"eusc-de-east-1": "oidc.eusc-de-east-1.amazonaws.eu portal.sso.eusc-de-east-1.amazonaws.eu",
		"":               "",
		"us-east-1.evil": "",
		"evil.test/":     "",
		"us-east-1#":     "",
		"US-EAST-1":      "",
		"us-east-1@evil": "",
		"evil":           "",
	} {
		var hosts []string
		c := &Client{Now: time.Now, HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Scheme != "https" {
				t.Errorf("asked %s", r.URL)
			}
			hosts = append(hosts, r.URL.Host)
			return answers{400, "{}", ""}.RoundTrip(r)
		})}}
		_, registering := c.Register(t.Context(), region, startURL, "")
		_, listing := c.Accounts(t.Context(), region, secret.New("t"))
		if got := strings.Join(hosts, " "); got != want || registering == nil || listing == nil {
			t.Errorf("%q: asked %q, %v, %v", region, got, registering, listing)
		}
		for _, err := range []error{registering, listing} {
			if (ui.IDOf(err) == "sso-region-invalid") != (want == "") {
				t.Errorf("%q: %s: %v", region, ui.IDOf(err), err)
			}
		}
	}
}

func TestTheEndpointsMayOnlyBeMovedToTrustedHosts(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"http://127.0.0.1:9000":                       true,
		"https://sso.acme.test":                       true,
		"https://oidc.eu-west-1.amazonaws.com":        true,
		"https://OIDC.eu-west-1.amazonaws.com/":       true,
		"https://oidc-fips.us-east-1.amazonaws.com":   true,
		"https://oidc.us-east-1.api.aws":              true,
		"https://oidc.cn-north-1.amazonaws.com.cn":    true,
		"https://oidc.us-east-1.amazonaws.com.cn":     false,
		"https://oidc.s3.amazonaws.com":               false,
		"https://oidc.s3-eu-west-1.amazonaws.com":     false,
		"https://portal.sso.us-east-1.amazonaws.com":  false,
		"https://oidc.us-east-1.amazonaws.com.evil.t": false,
		"https://us-east-1.amazonaws.com":             false,
		"https://evil.test":                           false,
		"http://sso.acme.test":                        false,
		"https://u:p@127.0.0.1":                       false,
		"http://127.0.0.1:9000/?a=b":                  false,
	} {
		c := &Client{OIDCEndpoint: raw, TrustedHosts: []string{"sso.acme.test"}}
		if _, err := c.endpoint(oidc(), "us-east-1"); (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
	c := &Client{PortalEndpoint: "https://portal.sso-fips.us-east-1.amazonaws.com"}
	if _, err := c.endpoint(portal(), "us-east-1"); err != nil {
		t.Error(err)
	}
}

func TestTheAddressForTheBrowser(t *testing.T) {
	t.Parallel()
	got, err := new(Client).AuthorizeURL("us-east-1", &Registration{ClientID: "client 1", ClientSecret: secret.New(canary)},
		"http://127.0.0.1:8400/oauth/callback", "state-1", "challenge-1")
	const want = "https://oidc.us-east-1.amazonaws.com/authorize?client_id=client+1&code_challenge=challenge-1&code_challenge_method=S256" +
		"&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Foauth%2Fcallback&response_type=code&scopes=sso%3Aaccount%3Aaccess&state=state-1"
	if err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}
