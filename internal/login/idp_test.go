package login

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	testIssuer = "https://idp.example.com"
	testClient = "cli"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var ecKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

// reply is what the provider answers to one request.
type reply struct {
	status      int
	contentType string // "" is JSON
	body        string
	header      map[string]string
	delay       time.Duration // before the answer, unless the request is given up first
	bodyErr     error         // what reading the body ends in
	err         error         // no answer at all
	unsent      bool          // with err: the request never left
}

func jsonReply(status int, fields map[string]any) reply {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return reply{status: status, body: string(body)}
}

func oauthError(status int, code string) reply {
	return jsonReply(status, map[string]any{"error": code})
}

// fakeIDP is an identity provider in memory. Being a RoundTripper without a network, it works where time is faked.
type fakeIDP struct {
	now      func() time.Time
	metadata map[string]any // laid over the usual; a nil takes a member away
	alg      jose.SignatureAlgorithm
	kid      string
	keys     func() reply // nil: the key of kid
	device   func(url.Values) reply
	token    func(url.Values) reply
	revoke   func(url.Values) reply

	mu    sync.Mutex
	asked map[string]int // requests by path
	last  url.Values     // the form of the last one
	auth  string         // Authorization of the last one
}

func newIDP() *fakeIDP {
	return &fakeIDP{now: time.Now, alg: jose.RS256, kid: "k1", asked: map[string]int{}}
}

func (i *fakeIDP) client() *Client { return &Client{HTTP: &http.Client{Transport: i}, Now: i.now} }

func testProvider() Provider {
	return Provider{Name: "acme", Issuer: testIssuer, ClientID: testClient}
}

func (i *fakeIDP) count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

func (i *fakeIDP) lastForm() url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last
}

func (i *fakeIDP) RoundTrip(req *http.Request) (*http.Response, error) {
	var form url.Values
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if form, err = url.ParseQuery(string(data)); err != nil {
			return nil, err
		}
	}
	i.mu.Lock()
	i.asked[req.URL.Path]++
	if form != nil {
		i.last, i.auth = form, req.Header.Get("Authorization")
	}
	i.mu.Unlock()
	return i.answer(req, form).response(req)
}

func (i *fakeIDP) answer(req *http.Request, form url.Values) reply {
	switch req.URL.Path {
	case "/.well-known/openid-configuration":
		return i.discovery()
	case "/keys":
		if i.keys != nil {
			return i.keys()
		}
		return i.keyReply(i.kid)
	case "/device":
		return i.device(form)
	case "/token":
		return i.token(form)
	case "/revoke":
		return i.revoke(form)
	}
	return reply{status: http.StatusNotFound}
}

func (r reply) response(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && !r.unsent {
		trace.WroteHeaders()
	}
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case <-time.After(r.delay):
	}
	if r.err != nil {
		return nil, r.err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if r.contentType != "" {
		header.Set("Content-Type", r.contentType)
	}
	for name, value := range r.header {
		header.Set(name, value)
	}
	var body io.Reader = strings.NewReader(r.body)
	if r.bodyErr != nil {
		body = io.MultiReader(body, failingReader{r.bodyErr})
	}
	return &http.Response{StatusCode: r.status, Header: header, Body: io.NopCloser(body), Request: req}, nil
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func (i *fakeIDP) discovery() reply {
	metadata := map[string]any{
		"issuer":                        testIssuer,
		"token_endpoint":                testIssuer + "/token",
		"jwks_uri":                      testIssuer + "/keys",
		"device_authorization_endpoint": testIssuer + "/device",
		"revocation_endpoint":           testIssuer + "/revoke",
		"id_token_signing_alg_values_supported": []string{
			"RS256", "ES256", "HS256",
		},
	}
	maps.Copy(metadata, i.metadata)
	maps.DeleteFunc(metadata, func(_ string, value any) bool { return value == nil })
	return jsonReply(http.StatusOK, metadata)
}

func (i *fakeIDP) keyReply(kid string) reply {
	return jsonReply(http.StatusOK, map[string]any{"keys": []any{
		map[string]any{"kty": "OKP", "crv": "Ed448", "kid": kid, "x": "AA"}, // of a kind that is passed over
		jose.JSONWebKey{Key: rsaKey().Public(), KeyID: kid, Use: "sig"},
		jose.JSONWebKey{Key: ecKey().Public(), KeyID: kid, Use: "sig"},
	}})
}

// claims are those of an honest ID token for alice, with changes; a nil takes a claim away.
func (i *fakeIDP) claims(changes map[string]any) map[string]any {
	now := i.now()
	claims := map[string]any{
		"iss": testIssuer, "aud": testClient, "sub": "alice-1", "email": "alice@example.com",
		"preferred_username": "alice", "name": "Alice", "groups": []string{"ml"},
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

func (i *fakeIDP) idToken(changes map[string]any) secret.String {
	payload, err := json.Marshal(i.claims(changes))
	if err != nil {
		panic(err)
	}
	return sign(i.alg, i.kid, payload)
}

func sign(alg jose.SignatureAlgorithm, kid string, payload []byte) secret.String {
	var key any = rsaKey()
	switch {
	case strings.HasPrefix(string(alg), "ES"):
		key = ecKey()
	case strings.HasPrefix(string(alg), "HS"):
		key = []byte("a secret that both sides share, 32")
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return secret.New(raw)
}

func discover(t *testing.T, c *Client, p Provider) *Endpoints {
	t.Helper()
	e, err := c.Discover(t.Context(), p)
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	return e
}

// wantFault checks an error's exit code and that its text and hint hold all the words.
func wantFault(t *testing.T, err error, code ui.Code, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	if got := ui.CodeOf(err); got != code {
		t.Errorf("exit code %d, want %d: %v", got, code, err)
	}
	told := err.Error() + "\n" + ui.HintOf(err)
	for _, word := range words {
		if !strings.Contains(told, word) {
			t.Errorf("%q is not told by: %s", word, told)
		}
	}
	if strings.ContainsAny(told, "\x1b\x07\x00\u202e\u009b") {
		t.Errorf("control characters in %q", told)
	}
}

var errConnectionLost = errors.New("connection reset by peer")

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
