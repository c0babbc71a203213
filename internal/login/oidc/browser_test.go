package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// page is what the person's browser shows in the end.
type page struct {
	status int
	header http.Header
	body   string
}

// browsing is a provider with an authorization endpoint and a browser in front of it, both on loopback.
type browsing struct {
	*testing.T
	idp      *logintest.IDP
	client   *Client
	provider login.Provider
	metadata map[string]any // laid over the provider's
	claims   map[string]any // of the ID token
	token    func(form url.Values) logintest.Reply
	back     func(asked url.Values) url.Values // what the browser comes back with

	asked url.Values   // the authorization request
	shown string       // its address
	pages chan page    // what the browser got
	sent  atomic.Int32 // requests to the token endpoint
}

func newBrowsing(t *testing.T) *browsing {
	b := &browsing{T: t, idp: logintest.NewIDP(), pages: make(chan page, 4)}
	b.client, b.provider = serve(t, b.idp, 0, nil)
	b.idp.Token = func(form url.Values) logintest.Reply {
		b.sent.Add(1)
		if b.token != nil {
			return b.token(form)
		}
		return b.tokens(form)
	}
	b.back = func(asked url.Values) url.Values {
		return url.Values{"code": {"code-of-alice"}, "state": {asked.Get("state")}}
	}
	return b
}

// tokens is an honest token endpoint: it holds the request to what was said at the authorization endpoint.
func (b *browsing) tokens(form url.Values) logintest.Reply {
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if form.Get("grant_type") != "authorization_code" || form.Get("code") != "code-of-alice" ||
		form.Get("client_id") != logintest.ClientID || form.Get("redirect_uri") != b.asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != b.asked.Get("code_challenge") {
		return logintest.JSON(400, map[string]any{"error": "invalid_grant", "error_description": "not what was agreed"})
	}
	claims := map[string]any{"iss": b.provider.Issuer, "nonce": b.asked.Get("nonce")}
	maps.Copy(claims, b.claims)
	return logintest.JSON(200, map[string]any{
		"id_token": b.idp.IDToken(claims).Reveal(), "access_token": "a", "refresh_token": "refresh-1", "refresh_expires_in": 1800,
	})
}

func (b *browsing) signIn(ctx context.Context) (*tokens, *login.Session, error) {
	b.Helper()
	b.idp.Metadata["authorization_endpoint"] = b.provider.Issuer + "/authorize$(id)'?tenant=acme"
	maps.Copy(b.idp.Metadata, b.metadata)
	got, claims, err := b.client.byBrowser(ctx, b.provider, discover(b.T, b.client, b.provider), logintest.InBrowser(b.browse))
	if err != nil {
		return nil, nil, err
	}
	return got, newSession(b.provider, got, claims, time.Now()), nil
}

// browse begins like a browser that is given the address, and comes back when the person is done.
func (b *browsing) browse(address string) {
	u, err := url.Parse(address)
	if err != nil {
		b.Error(err)
		return
	}
	b.shown, b.asked = address, u.Query()
	if b.back == nil {
		return
	}
	go func() { b.pages <- b.get(b.asked.Get("redirect_uri") + "?" + b.back(b.asked).Encode()) }()
}

// get asks without keeping connections, so that none is left when the test looks for what is.
func (b *browsing) get(address string) page {
	b.Helper()
	return b.do(http.MethodGet, address, "")
}

func (b *browsing) do(method, address, host string) page {
	req, err := http.NewRequestWithContext(b.Context(), method, address, nil)
	if err != nil {
		b.Error(err)
		return page{}
	}
	req.Host = host
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return page{body: err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Error(err)
	}
	return page{resp.StatusCode, resp.Header, string(body)}
}

func TestASignInByBrowser(t *testing.T) {
	t.Parallel()
	b := newBrowsing(t)
	b.provider.Audience, b.provider.Parameters = "api://acme", map[string]string{"prompt": "select_account", "state": "mine", "client_id": "evil"}
	tokens, who, err := b.signIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if who.Subject != "alice-1" || tokens.refreshToken.Reveal() != "refresh-1" || tokens.scope != "openid profile email offline_access" ||
		tokens.lasts.Minutes() != 30 {
		t.Errorf("got %+v, %+v", who, tokens)
	}
	for name, want := range map[string]string{
		"response_type": "code", "client_id": logintest.ClientID, "scope": "openid profile email offline_access", "tenant": "acme",
		"code_challenge_method": "S256", "audience": "api://acme", "prompt": "select_account",
	} {
		if got := b.asked[name]; len(got) != 1 || got[0] != want {
			t.Errorf("asked with %s=%q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"state", "nonce"} {
		if len(b.asked.Get(name)) < 26 { // of 32 characters, so that it is 130 bits
			t.Errorf("%s is %q", name, b.asked.Get(name))
		}
	}
	if redirect, _ := url.Parse(b.asked.Get("redirect_uri")); redirect.Hostname() != "127.0.0.1" || redirect.Path != "/callback" || redirect.Scheme != "http" {
		t.Errorf("comes back to %s", redirect)
	}
	if strings.ContainsAny(b.shown, " \"'`$();|<>\\^{}") || strings.Contains(b.shown, "code_verifier") {
		t.Errorf("not to be opened: %s", b.shown)
	}
	got := <-b.pages
	if got.status != 200 || got.body != loopback.Page(true) || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("the browser shows %d %q", got.status, got.body)
	}
}

func TestEachSignInHasItsOwnSecrets(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		a := newAuthorization()
		for _, value := range []string{a.state, a.nonce, a.verifier} {
			if seen[value] {
				t.Fatal("one came twice")
			}
			seen[value] = true
		}
	}
}

func TestAnIssuerThatNamesItselfIsBelieved(t *testing.T) {
	t.Parallel()
	b := newBrowsing(t)
	b.metadata = map[string]any{"authorization_response_iss_parameter_supported": true}
	b.back = func(asked url.Values) url.Values {
		return url.Values{"code": {"code-of-alice"}, "state": {asked.Get("state")}, "iss": {b.provider.Issuer}}
	}
	if _, _, err := b.signIn(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAProviderWithoutABrowserFlow(t *testing.T) {
	t.Parallel()
	for name, metadata := range map[string]map[string]any{
		"no endpoint":  {},
		"no codes":     {"response_types_supported": []string{"id_token"}},
		"not granted":  {"grant_types_supported": []string{"refresh_token"}},
		"plain only":   {"code_challenge_methods_supported": []string{"plain"}},
		"nothing told": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := logintest.NewIDP()
			i.Metadata = map[string]any{"authorization_endpoint": logintest.Issuer + "/authorize"}
			if name == "no endpoint" {
				delete(i.Metadata, "authorization_endpoint")
			}
			maps.Copy(i.Metadata, metadata)
			c, p := clientOf(i), testProvider()
			e := discover(t, c, p)
			if e.BrowserPossible() != (metadata == nil) {
				t.Fatalf("possible: %v", e.BrowserPossible())
			}
			if metadata == nil {
				return
			}
			_, _, err := c.byBrowser(t.Context(), p, e, logintest.InBrowser(func(string) { t.Error("shown") }))
			logintest.WantFault(t, err, ui.Failed, "no sign-in by browser", "dbxaccess login --identity acme --flow device")
			if id := ui.IDOf(err); id != "browser-flow-missing" {
				t.Errorf("got the error %q", id)
			}
		})
	}
}

func TestAPortThatIsTakenIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	b := newBrowsing(t)
	b.provider.RedirectPort = taken.Addr().(*net.TCPAddr).Port
	_, _, err = b.signIn(t.Context())
	logintest.WantFault(t, err, ui.Failed, "port "+port, "redirect_port", "dbxaccess login --identity acme --flow device")
	if b.shown != "" {
		t.Error("the sign-in was begun")
	}
	if ui.IDOf(err) != "redirect-port-taken" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

func TestOnlyOneOfManyBrowsersDecides(t *testing.T) {
	t.Parallel()
	b := newBrowsing(t)
	statuses := make(chan int, 8)
	var all sync.WaitGroup
	back := b.back
	b.back = func(asked url.Values) url.Values {
		for range 7 {
			all.Go(func() { statuses <- b.get(asked.Get("redirect_uri") + "?" + back(asked).Encode()).status })
		}
		return back(asked)
	}
	if _, _, err := b.signIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	statuses <- (<-b.pages).status
	close(statuses)
	signedIn := 0
	for status := range statuses {
		switch status {
		case http.StatusOK:
			signedIn++
		case http.StatusGone, 0: // told, or too late to find anybody
		default:
			t.Errorf("one got %d", status)
		}
	}
	if signedIn != 1 || b.sent.Load() != 1 {
		t.Errorf("%d browsers show success, the code was sent %d times", signedIn, b.sent.Load())
	}
}
