package login

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestDiscoverReadsTheEndpoints(t *testing.T) {
	t.Parallel()
	i := newIDP()
	i.metadata = map[string]any{"scopes_supported": []any{"openid", 7, "groups"}}
	e := discover(t, i.client(), testProvider())
	if e.Token != testIssuer+"/token" || e.Keys != testIssuer+"/keys" || e.DeviceAuthorization != testIssuer+"/device" ||
		e.Revocation != testIssuer+"/revoke" || !slices.Equal(e.ScopesSupported, []string{"openid", "groups"}) {
		t.Errorf("got token %s, keys %s, device %s, revocation %s, scopes %q", e.Token, e.Keys, e.DeviceAuthorization, e.Revocation, e.ScopesSupported)
	}
	p := testProvider()
	p.DeviceEndpoint = "https://elsewhere.example.com/device"
	if e := discover(t, i.client(), p); e.DeviceAuthorization != p.DeviceEndpoint {
		t.Errorf("the map's device endpoint comes first, got %s", e.DeviceAuthorization)
	}
}

func TestDiscoverTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metadata map[string]any
		issuer   string
		words    []string
	}{
		"another issuer":           {metadata: map[string]any{"issuer": "https://evil.example.com\x1b[2J"}, words: []string{`"https://evil.example.com[2J"`, testIssuer}},
		"the provider's slash":     {metadata: map[string]any{"issuer": testIssuer + "/"}, words: []string{"trailing slash", "the provider writes it with one", "issuer: " + testIssuer + "/"}},
		"the map's slash":          {issuer: testIssuer + "/", words: []string{"trailing slash", "the access map writes it with one", "issuer: " + testIssuer}},
		"all tenants":              {metadata: map[string]any{"issuer": "https://login.example.com/{tenantid}/v2.0"}, words: []string{"tenant's id"}},
		"no issuer":                {metadata: map[string]any{"issuer": nil}, words: []string{"names no issuer"}},
		"no token endpoint":        {metadata: map[string]any{"token_endpoint": nil}, words: []string{"lacks token_endpoint"}},
		"no keys":                  {metadata: map[string]any{"jwks_uri": 5}, words: []string{"lacks jwks_uri"}},
		"plain http":               {metadata: map[string]any{"token_endpoint": "http://idp.example.com/token"}, words: []string{"token_endpoint", "not https"}},
		"plain http to revoke at":  {metadata: map[string]any{"revocation_endpoint": "http://idp.example.com/r"}, words: []string{"revocation_endpoint", "not https"}},
		"user info":                {metadata: map[string]any{"token_endpoint": "https://a:b@idp.example.com/token"}, words: []string{"user name or password"}},
		"this machine":             {metadata: map[string]any{"token_endpoint": "http://127.0.0.1:9/token"}, words: []string{"points at this machine"}},
		"an issuer in plain http":  {issuer: "http://idp.example.com", words: []string{"not https", "correct issuer"}},
		"an issuer with a query":   {issuer: testIssuer + "?a=b", words: []string{"holds a query"}},
		"an issuer that is no URL": {issuer: "idp", words: []string{"correct issuer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIDP()
			i.metadata = c.metadata
			p := testProvider()
			if c.issuer != "" {
				p.Issuer = c.issuer
			}
			_, err := i.client().Discover(t.Context(), p)
			wantFault(t, err, ui.Failed, c.words...)
		})
	}
}

// answering is a RoundTripper made of a function from path to answer.
type answering func(path string) reply

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	return a(req.URL.Path).response(req)
}

func TestDiscoverFallsBackToTheOAuthMetadata(t *testing.T) {
	t.Parallel()
	i := newIDP()
	var asked []string
	c := &Client{HTTP: &http.Client{Transport: answering(func(path string) reply {
		asked = append(asked, path)
		if path == "/.well-known/oauth-authorization-server/as/1" {
			i.metadata = map[string]any{"issuer": testIssuer + "/as/1"}
			return i.discovery()
		}
		return reply{status: http.StatusNotFound}
	})}}
	p := testProvider()
	p.Issuer += "/as/1"
	discover(t, c, p)
	if want := []string{"/as/1/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/as/1"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestDiscoverSurvivesWhatIsNoMetadata(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]reply{
		"a gateway's page": {status: 502, contentType: "text/html", body: "<html>"},
		"nothing":          {status: 200},
		"null":             {status: 200, body: "null"},
		"a list":           {status: 200, body: "[]"},
		"neither place":    {status: 404},
		"no connection":    {err: errConnectionLost},
		"half a body":      {status: 200, body: `{"issuer":`, bodyErr: errConnectionLost},
	} {
		c := &Client{HTTP: &http.Client{Transport: answering(func(string) reply { return r })}}
		_, err := c.Discover(t.Context(), testProvider())
		t.Log(name)
		wantFault(t, err, ui.Failed, "asking idp.example.com for its endpoints")
	}
	c := newIDP().client()
	if _, err := c.Discover(canceled(), testProvider()); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("a canceled discovery: %v", err)
	}
}

func TestScopesFollowTheMapThenTheProvider(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct{ supported, chosen []string }{
		"openid profile email offline_access":        {},
		"openid profile email":                       {supported: []string{"openid"}},
		"openid profile email offline_access groups": {supported: []string{"groups", "offline_access"}},
		"openid custom":                              {supported: []string{"groups"}, chosen: []string{"openid", "custom"}},
	} {
		p := testProvider()
		p.Scopes = c.chosen
		if got := p.scope(&Endpoints{ScopesSupported: c.supported}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheClientAuthenticatesAsTheProviderWants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		methods     []string
		id, secret  string // in the form
		wantsHeader bool
	}{
		"in the form":     {methods: []string{"client_secret_basic", "client_secret_post"}, id: testClient, secret: "s3cret+/&"},
		"in the header":   {methods: []string{"client_secret_basic"}, wantsHeader: true},
		"where not told":  {wantsHeader: true},
		"a public client": {id: testClient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIDP()
			if c.methods != nil {
				i.metadata = map[string]any{"token_endpoint_auth_methods_supported": c.methods}
			}
			i.token = func(url.Values) reply { return oauthError(400, "invalid_client") }
			p := testProvider()
			if name != "a public client" {
				p.ClientSecret = secret.New("s3cret+/&")
			}
			client := i.client()
			_, err := client.Refresh(t.Context(), p, discover(t, client, p), secret.New("refresh-1"), "")
			wantFault(t, err, ui.Refused, "invalid_client", "public")
			if form := i.lastForm(); form.Get("client_id") != c.id || form.Get("client_secret") != c.secret {
				t.Errorf("the form holds id %q and secret %q", form.Get("client_id"), form.Get("client_secret"))
			}
			request := http.Request{Header: http.Header{"Authorization": {i.auth}}}
			user, password, ok := request.BasicAuth()
			if ok != c.wantsHeader || ok && (user != testClient || password != "s3cret%2B%2F%26") {
				t.Errorf("header: %v %q %q", ok, user, password)
			}
		})
	}
}

func TestErrorsOfTheTransportStayRecognisable(t *testing.T) {
	t.Parallel()
	c := &Client{HTTP: &http.Client{Transport: answering(func(string) reply { return reply{err: errConnectionLost} })}}
	if _, err := c.Discover(t.Context(), testProvider()); !errors.Is(err, errConnectionLost) {
		t.Errorf("got %v", err)
	}
}
