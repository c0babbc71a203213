package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestDiscoverReadsTheEndpoints(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Metadata = map[string]any{"scopes_supported": []any{"openid", 7, "groups"}}
	e := discover(t, clientOf(i), testProvider())
	if e.Token != logintest.Issuer+"/token" || e.Keys != logintest.Issuer+"/keys" || e.DeviceAuthorization != logintest.Issuer+"/device" ||
		e.Revocation != logintest.Issuer+"/revoke" || !slices.Equal(e.ScopesSupported, []string{"openid", "groups"}) {
		t.Errorf("got token %s, keys %s, device %s, revocation %s, scopes %q", e.Token, e.Keys, e.DeviceAuthorization, e.Revocation, e.ScopesSupported)
	}
	p := testProvider()
	p.DeviceEndpoint = "https://elsewhere.example.com/device"
	if e := discover(t, clientOf(i), p); e.DeviceAuthorization != p.DeviceEndpoint {
		t.Errorf("the map's device endpoint comes first, got %s", e.DeviceAuthorization)
	}
}

func TestDiscoverTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metadata map[string]any
		issuer   string
		id       ui.ID
		words    []string
	}{
		"another issuer":           {metadata: map[string]any{"issuer": "https://evil.example.com\x1b[2J"}, id: "issuer-differs", words: []string{`"https://evil.example.com[2J"`, logintest.Issuer}},
		"the provider's slash":     {metadata: map[string]any{"issuer": logintest.Issuer + "/"}, id: "issuer-slash", words: []string{"trailing slash", "the provider writes it with one", "issuer: " + logintest.Issuer + "/"}},
		"the map's slash":          {issuer: logintest.Issuer + "/", id: "issuer-slash", words: []string{"trailing slash", "the access map writes it with one", "issuer: " + logintest.Issuer}},
		"all tenants":              {metadata: map[string]any{"issuer": "https://login.example.com/{tenantid}/v2.0"}, id: "issuer-of-many-tenants", words: []string{"tenant's id"}},
		"no issuer":                {metadata: map[string]any{"issuer": nil}, id: "another-server", words: []string{"is no answer of an identity provider", "check issuer of the identity in the access map"}},
		"no token endpoint":        {metadata: map[string]any{"token_endpoint": nil}, id: "metadata-incomplete", words: []string{"lacks token_endpoint"}},
		"no keys":                  {metadata: map[string]any{"jwks_uri": 5}, id: "metadata-incomplete", words: []string{"lacks jwks_uri"}},
		"plain http":               {metadata: map[string]any{"token_endpoint": "http://idp.example.com/token"}, id: "endpoint-invalid", words: []string{"token_endpoint", "not https"}},
		"plain http to revoke at":  {metadata: map[string]any{"revocation_endpoint": "http://idp.example.com/r"}, id: "endpoint-invalid", words: []string{"revocation_endpoint", "not https"}},
		"user info":                {metadata: map[string]any{"token_endpoint": "https://a:b@idp.example.com/token"}, id: "endpoint-invalid", words: []string{"user name or password"}},
		"this machine":             {metadata: map[string]any{"token_endpoint": "http://127.0.0.1:9/token"}, id: "endpoint-on-this-machine", words: []string{"points at this machine"}},
		"an issuer in plain http":  {issuer: "http://idp.example.com", id: "issuer-invalid", words: []string{"not https", "correct issuer"}},
		"an issuer with a query":   {issuer: logintest.Issuer + "?a=b", id: "issuer-invalid", words: []string{"holds a query"}},
		"an issuer that is no URL": {issuer: "idp", id: "issuer-invalid", words: []string{"correct issuer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := logintest.NewIDP()
			i.Metadata = c.metadata
			p := testProvider()
			if c.issuer != "" {
				p.Issuer = c.issuer
			}
			_, err := clientOf(i).Discover(t.Context(), p)
			logintest.WantFault(t, err, ui.Failed, c.words...)
			if id := ui.IDOf(err); id != c.id {
				t.Errorf("got the error %q, want %s", id, c.id)
			}
		})
	}
}

// answering is a RoundTripper made of a function from path to answer.
type answering func(path string) logintest.Reply

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	return a(req.URL.Path).Response(req)
}

func TestDiscoverFallsBackToTheOAuthMetadata(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	var asked []string
	c := &Client{HTTP: &http.Client{Transport: answering(func(path string) logintest.Reply {
		asked = append(asked, path)
		if path == "/.well-known/oauth-authorization-server/as/1" {
			i.Metadata = map[string]any{"issuer": logintest.Issuer + "/as/1"}
			return i.Discovery()
		}
		return logintest.Reply{Status: http.StatusNotFound}
	})}, Now: time.Now, Log: logintest.Log}
	p := testProvider()
	p.Issuer += "/as/1"
	discover(t, c, p)
	if want := []string{"/as/1/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/as/1"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestDiscoverSurvivesWhatIsNoMetadata(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]struct {
		logintest.Reply

		id    ui.ID
		wrong bool // the access map may be wrong
	}{
		"an outage":        {logintest.Reply{Status: 503}, "service-down", false},
		"a network's page": {logintest.Reply{Status: 200, ContentType: "text/html", Body: "<html>"}, "web-page-came", false},
		"nothing":          {logintest.Reply{Status: 200}, "another-server", true},
		"null":             {logintest.Reply{Status: 200, Body: "null"}, "another-server", true},
		"a list":           {logintest.Reply{Status: 200, Body: "[]"}, "another-server", true},
		"neither place":    {logintest.Reply{Status: 404}, "address-not-there", true},
		"no connection":    {logintest.Reply{Err: logintest.ErrConnectionLost}, "request-failed", false},
		"half a body":      {logintest.Reply{Status: 200, Body: `{"issuer":`, BodyErr: logintest.ErrConnectionLost}, "request-failed", false},
	} {
		c := &Client{HTTP: &http.Client{Transport: answering(func(string) logintest.Reply { return r.Reply })}, Now: time.Now, Log: logintest.Log}
		_, err := c.Discover(t.Context(), testProvider())
		logintest.WantFault(t, err, ui.Failed, "asking idp.example.com for its endpoints")
		if ui.IDOf(err) != r.id || strings.Contains(ui.HintOf(err), "issuer of the identity in the access map") != r.wrong {
			t.Errorf("%s: %s, hint %q", name, ui.IDOf(err), ui.HintOf(err))
		}
	}
	c := clientOf(logintest.NewIDP())
	if _, err := c.Discover(logintest.Canceled(), testProvider()); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("a canceled discovery: %v", err)
	}
}

func TestScopesFollowTheMapThenTheProvider(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct{ supported, chosen, unasked []string }{
		"openid profile email offline_access":        {unasked: []string{"groups"}},
		"openid profile email":                       {supported: []string{"openid"}, unasked: []string{"offline_access", "groups"}},
		"openid profile email groups":                {supported: []string{"groups"}, unasked: []string{"offline_access"}},
		"openid profile email offline_access groups": {supported: []string{"groups", "offline_access"}},
		"openid custom":                              {supported: []string{"groups"}, chosen: []string{"openid", "custom"}},
	} {
		p := testProvider()
		p.Scopes = c.chosen
		e := &Endpoints{ScopesSupported: c.supported}
		if _, unasked := scopesOf(p, e); scopeOf(p, e) != want || !slices.Equal(unasked, c.unasked) {
			t.Errorf("asked for %q and not for %q, want %q and %q", scopeOf(p, e), unasked, want, c.unasked)
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
		"in the form":     {methods: []string{"client_secret_basic", "client_secret_post"}, id: logintest.ClientID, secret: "s3cret+/&"},
		"in the header":   {methods: []string{"client_secret_basic"}, wantsHeader: true},
		"where not told":  {wantsHeader: true},
		"a public client": {id: logintest.ClientID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := logintest.NewIDP()
			if c.methods != nil {
				i.Metadata = map[string]any{"token_endpoint_auth_methods_supported": c.methods}
			}
			i.Token = func(url.Values) logintest.Reply { return logintest.OAuthError(400, "invalid_client") }
			p := testProvider()
			if name != "a public client" {
				p.ClientSecret = secret.New("s3cret+/&")
			}
			client := clientOf(i)
			_, err := client.refresh(t.Context(), p, discover(t, client, p), secret.New("refresh-1"), "")
			logintest.WantFault(t, err, ui.Refused, "invalid_client", "public")
			if form := i.LastForm(); form.Get("client_id") != c.id || form.Get("client_secret") != c.secret {
				t.Errorf("the form holds id %q and secret %q", form.Get("client_id"), form.Get("client_secret"))
			}
			request := http.Request{Header: http.Header{"Authorization": {i.Authorization()}}}
			user, password, ok := request.BasicAuth()
			if ok != c.wantsHeader || ok && (user != logintest.ClientID || password != "s3cret%2B%2F%26") {
				t.Errorf("header: %v %q %q", ok, user, password)
			}
		})
	}
}

func TestErrorsOfTheTransportStayRecognisable(t *testing.T) {
	t.Parallel()
	c := &Client{HTTP: &http.Client{Transport: answering(func(string) logintest.Reply { return logintest.Reply{Err: logintest.ErrConnectionLost} })}, Now: time.Now, Log: logintest.Log}
	if _, err := c.Discover(t.Context(), testProvider()); !errors.Is(err, logintest.ErrConnectionLost) {
		t.Errorf("got %v", err)
	}
}
