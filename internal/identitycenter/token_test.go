package identitycenter

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func registered() *Registration {
	return &Registration{ClientID: "client-1", ClientSecret: secret.New(canary)}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		redirectURI, body, answer string
		life                      time.Duration
	}{
		{"", `{"clientName":"dbxaccess","clientType":"public","grantTypes":["urn:ietf:params:oauth:grant-type:device_code","refresh_token"],"scopes":["sso:account:access"]}`,
			`{"clientId":"client-1","clientSecret":"` + canary + `","clientIdIssuedAt":1795262400,"clientSecretExpiresAt":1797854400}`, 30 * day},
		{"http://127.0.0.1:8400/oauth/callback",
			`{"clientName":"dbxaccess","clientType":"public","grantTypes":["authorization_code","refresh_token"],"issuerUrl":"https://acme.awsapps.com/start","redirectUris":["http://127.0.0.1/oauth/callback"],"scopes":["sso:account:access"]}`,
			`{"clientId":"client-1","clientSecret":"` + canary + `"}`, 90 * day},
		{"", "", `{"clientId":"client-1","clientSecret":"` + canary + `","clientSecretExpiresAt":"1e300"}`, 180 * day},
		{"", "", `{"clientId":"client-1","clientSecret":"` + canary + `","clientSecretExpiresAt":-5}`, 0},
		{"", "", `{"clientId":"client-1","clientSecret":"` + canary + `","clientSecretExpiresAt":0}`, 90 * day},
		{"", "", `{"clientId":"client-1","clientSecret":"` + canary + `","clientSecretExpiresAt":1795262399}`, 0},
		{"", "", `{"clientId":"client-1","clientSecret":"` + canary + `","clientSecretExpiresAt":253402300799}`, 180 * day},
		{"", "", `{"clientId":"client-1","clientSecret":"` + canary + `","clientSecretExpiresAt":null}`, 90 * day},
	} {
		client, requests := server(t, say(200, c.answer))
		r, err := client.Register(t.Context(), region, startURL, c.redirectURI)
		if err != nil {
			t.Fatal(err)
		}
		if r.ClientID != "client-1" || r.ClientSecret.Reveal() != canary || r.Expires.Sub(now) != c.life {
			t.Errorf("got %+v", r)
		}
		if got := requests.all()[0]; got.line != "POST /client/register" || c.body != "" && got.body != c.body {
			t.Errorf("sent %+v", got)
		}
	}
	client, requests := server(t, say(200, `{"clientId":"client-1"}`))
	if _, err := client.Register(t.Context(), region, startURL, ""); err == nil || ui.HintOf(err) == "" {
		t.Errorf("no secret: %v", err)
	}
	if _, err := client.Register(t.Context(), region, startURL, "https://evil.test/cb"); ui.IDOf(err) != "redirect-not-local" || len(requests.all()) != 1 {
		t.Errorf("a redirect to another machine: %v", err)
	}
}

func TestStartDevice(t *testing.T) {
	t.Parallel()
	const texts = `"deviceCode":"dc-1","userCode":"ABCD-EFGH","verificationUri":"https://device.sso.us-east-1.amazonaws.com/","verificationUriComplete":"https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH"`
	for _, c := range []struct {
		numbers             string
		expiresIn, interval time.Duration
	}{
		{`,"expiresIn":600,"interval":1`, 10 * time.Minute, time.Second},
		{``, 10 * time.Minute, 5 * time.Second},
		{`,"expiresIn":"900","interval":"2.5"`, 15 * time.Minute, 2500 * time.Millisecond},
		{`,"expiresIn":-1,"interval":-1`, time.Minute, time.Second},
		{`,"expiresIn":1e99,"interval":1e999`, 30 * time.Minute, time.Minute},
		{`,"expiresIn":{},"interval":null`, 10 * time.Minute, 5 * time.Second},
	} {
		client, requests := server(t, say(200, "{"+texts+c.numbers+"}"))
		d, err := client.StartDevice(t.Context(), region, registered(), startURL)
		if err != nil {
			t.Fatal(err)
		}
		if d.Code.Reveal() != "dc-1" || d.UserCode != "ABCD-EFGH" || d.ExpiresIn != c.expiresIn || d.Interval != c.interval ||
			!strings.HasSuffix(d.VerificationURIComplete, "?user_code=ABCD-EFGH") || d.VerificationURI == "" {
			t.Errorf("%s: %+v", c.numbers, d)
		}
		want := asked{"POST /device_authorization", "", `{"clientId":"client-1","clientSecret":"` + canary + `","startUrl":"https://acme.awsapps.com/start"}`}
		if got := requests.all()[0]; got != want {
			t.Errorf("sent %+v", got)
		}
	}
	client, _ := server(t, say(200, `{"deviceCode":"dc-1"}`))
	if _, err := client.StartDevice(t.Context(), region, registered(), startURL); err == nil || ui.HintOf(err) == "" {
		t.Errorf("half an answer: %v", err)
	}
}

func TestCreateToken(t *testing.T) {
	t.Parallel()
	const front = `{"clientId":"client-1","clientSecret":"` + canary + `",`
	for _, c := range []struct {
		grant  Grant
		body   string
		answer string
		life   time.Duration
	}{
		{Grant{DeviceCode: secret.New("dc-1")}, front + `"deviceCode":"dc-1","grantType":"urn:ietf:params:oauth:grant-type:device_code"}`,
			`{"accessToken":"at-1","expiresIn":28800,"refreshToken":"rt-2","tokenType":"Bearer"}`, 8 * time.Hour},
		{Grant{RefreshToken: secret.New("rt-1")}, front + `"grantType":"refresh_token","refreshToken":"rt-1"}`,
			`{"accessToken":"at-1","expiresIn":0,"refreshToken":"rt-2"}`, time.Minute},
		{Grant{AuthorizationCode: secret.New("ac-1"), CodeVerifier: secret.New("v"), RedirectURI: "http://127.0.0.1:8400/oauth/callback"},
			`{"clientId":"client-1","clientSecret":"` + canary + `","code":"ac-1","codeVerifier":"v","grantType":"authorization_code","redirectUri":"http://127.0.0.1:8400/oauth/callback"}`,
			`{"accessToken":"at-1","refreshToken":"rt-2"}`, time.Hour},
	} {
		client, requests := server(t, say(200, c.answer))
		token, err := client.CreateToken(t.Context(), region, registered(), c.grant)
		if err != nil {
			t.Fatal(err)
		}
		if token.AccessToken.Reveal() != "at-1" || token.RefreshToken.Reveal() != "rt-2" || token.Expires.Sub(now) != c.life {
			t.Errorf("got %+v", token)
		}
		if got, want := requests.all()[0], (asked{"POST /token", "", c.body}); got != want {
			t.Errorf("sent %+v\nwant %+v", got, want)
		}
	}
	client, requests := server(t, say(200, `{"tokenType":"Bearer"}`))
	if _, err := client.CreateToken(t.Context(), region, registered(), Grant{DeviceCode: secret.New("dc-1")}); err == nil || ui.HintOf(err) == "" {
		t.Errorf("no token: %v", err)
	}
	for _, grant := range []Grant{{}, {DeviceCode: secret.New("dc-1"), RefreshToken: secret.New("rt-1")}} {
		if _, err := client.CreateToken(t.Context(), region, registered(), grant); err == nil || len(requests.all()) != 1 {
			t.Errorf("%+v: %v", grant, err)
		}
	}
}

func TestOnlyALostAnswerRepeatsARenewal(t *testing.T) {
	t.Parallel()
	renewed := say(200, `{"accessToken":"at-2","refreshToken":"rt-2"}`)
	refresh, device := Grant{RefreshToken: secret.New("rt-1")}, Grant{DeviceCode: secret.New("dc-1")}
	for name, c := range map[string]struct {
		grant    Grant
		handlers []http.HandlerFunc
		requests int
		ok       bool
	}{
		"cut off":               {refresh, []http.HandlerFunc{hangUp, renewed}, 2, true},
		"a gateway's page":      {refresh, []http.HandlerFunc{say(502, "<html>"), renewed}, 2, true},
		"a proxy's page":        {refresh, []http.HandlerFunc{say(403, "<html>"), renewed}, 1, false},
		"a network's page":      {refresh, []http.HandlerFunc{say(200, "<html>"), renewed}, 1, false},
		"cut off for good":      {refresh, []http.HandlerFunc{hangUp}, 2, false},
		"refused":               {refresh, []http.HandlerFunc{say(400, `{"error":"invalid_grant"}`), renewed}, 1, false},
		"throttled":             {refresh, []http.HandlerFunc{say(429, ""), renewed}, 1, false},
		"redirected":            {refresh, []http.HandlerFunc{say(307, "", "Location", "https://192.0.2.1/"), renewed}, 1, false},
		"a device code cut off": {device, []http.HandlerFunc{hangUp, renewed}, 1, false},
	} {
		client, requests := server(t, c.handlers...)
		_, err := client.CreateToken(t.Context(), region, registered(), c.grant)
		if (err == nil) != c.ok || len(requests.all()) != c.requests {
			t.Errorf("%s: %v after %d requests", name, err, len(requests.all()))
		}
	}
}
