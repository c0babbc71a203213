package logintest

import (
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

// The issuer, and the client that is registered there.
const (
	Issuer   = "https://idp.example.com"
	ClientID = "cli"
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

// Reply is what the provider answers to one request.
type Reply struct {
	Status      int
	ContentType string // "" is JSON
	Body        string
	Header      map[string]string
	Delay       time.Duration // before the answer, unless the request is given up first
	BodyErr     error         // what reading the body ends in
	Err         error         // no answer at all
	Unsent      bool          // with err: the request never left
}

// JSON is an object as answer.
func JSON(status int, fields map[string]any) Reply {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return Reply{Status: status, Body: string(body)}
}

// OAuthError is an OAuth error as answer.
func OAuthError(status int, code string) Reply {
	return JSON(status, map[string]any{"error": code})
}

// IDP is an identity provider in memory. Being a RoundTripper without a network, it works where time is faked.
type IDP struct {
	Now      func() time.Time
	Metadata map[string]any // laid over the usual; a nil takes a member away
	Alg      jose.SignatureAlgorithm
	Kid      string
	Keys     func() Reply // nil: the key of kid
	Device   func(url.Values) Reply
	Token    func(url.Values) Reply
	Revoke   func(url.Values) Reply
	UserInfo func(authorization string) Reply

	mu    sync.Mutex
	asked map[string]int // requests by path
	last  url.Values     // the form of the last one
	auth  string         // Authorization of the last one
}

// NewIDP makes one that rotates no keys and knows alice.
func NewIDP() *IDP {
	return &IDP{Now: time.Now, Alg: jose.RS256, Kid: "k1", asked: map[string]int{}}
}

// HTTP is a client that reaches it, and nothing else.
func (i *IDP) HTTP() *http.Client { return &http.Client{Transport: i} }

// Count is how often a path was asked for.
func (i *IDP) Count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// LastForm is the form of the last request that had one.
func (i *IDP) LastForm() url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last
}

// Authorization is that header of the last request that had a form.
func (i *IDP) Authorization() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.auth
}

// RoundTrip implements http.RoundTripper.
func (i *IDP) RoundTrip(req *http.Request) (*http.Response, error) {
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
	return i.Answer(req, form).Response(req)
}

// Answer is what a request with a form is answered.
func (i *IDP) Answer(req *http.Request, form url.Values) Reply {
	switch req.URL.Path {
	case "/.well-known/openid-configuration":
		return i.Discovery()
	case "/keys":
		if i.Keys != nil {
			return i.Keys()
		}
		return i.KeyReply(i.Kid)
	case "/device":
		return i.Device(form)
	case "/token":
		return i.Token(form)
	case "/userinfo":
		return i.UserInfo(req.Header.Get("Authorization"))
	case "/revoke":
		return i.Revoke(form)
	}
	return Reply{Status: http.StatusNotFound}
}

// Response makes an HTTP response of it.
func (r Reply) Response(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && !r.Unsent {
		trace.WroteHeaders()
	}
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case <-time.After(r.Delay):
	}
	if r.Err != nil {
		return nil, r.Err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if r.ContentType != "" {
		header.Set("Content-Type", r.ContentType)
	}
	for name, value := range r.Header {
		header.Set(name, value)
	}
	var body io.Reader = strings.NewReader(r.Body)
	if r.BodyErr != nil {
		body = io.MultiReader(body, failingReader{r.BodyErr})
	}
	return &http.Response{StatusCode: r.Status, Header: header, Body: io.NopCloser(body), Request: req}, nil
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// Discovery is the metadata.
func (i *IDP) Discovery() Reply {
	metadata := map[string]any{
		"issuer":                        Issuer,
		"token_endpoint":                Issuer + "/token",
		"jwks_uri":                      Issuer + "/keys",
		"device_authorization_endpoint": Issuer + "/device",
		"revocation_endpoint":           Issuer + "/revoke",
		"userinfo_endpoint":             Issuer + "/userinfo",
		"id_token_signing_alg_values_supported": []string{
			"RS256", "ES256", "HS256",
		},
	}
	maps.Copy(metadata, i.Metadata)
	maps.DeleteFunc(metadata, func(_ string, value any) bool { return value == nil })
	return JSON(http.StatusOK, metadata)
}

// KeyReply is a key set under one key id.
func (i *IDP) KeyReply(kid string) Reply {
	return JSON(http.StatusOK, map[string]any{"keys": []any{
		map[string]any{"kty": "OKP", "crv": "Ed448", "kid": kid, "x": "AA"}, // of a kind that is passed over
		jose.JSONWebKey{Key: rsaKey().Public(), KeyID: kid, Use: "sig"},
		jose.JSONWebKey{Key: ecKey().Public(), KeyID: kid, Use: "sig"},
	}})
}

// Claims are those of an honest ID token for alice, with changes; a nil takes a claim away.
func (i *IDP) Claims(changes map[string]any) map[string]any {
	now := i.Now()
	claims := map[string]any{
		"iss": Issuer, "aud": ClientID, "sub": "alice-1", "email": "alice@example.com",
		"preferred_username": "alice", "name": "Alice", "groups": []string{"ml"},
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// IDToken signs Claims.
func (i *IDP) IDToken(changes map[string]any) secret.String {
	payload, err := json.Marshal(i.Claims(changes))
	if err != nil {
		panic(err)
	}
	return Sign(i.Alg, i.Kid, payload)
}

// Sign signs a payload with the key of the algorithm.
func Sign(alg jose.SignatureAlgorithm, kid string, payload []byte) secret.String {
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

// WantFault checks an error's exit code and that its text and hint hold all the words.
func WantFault(t *testing.T, err error, code ui.Code, words ...string) {
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

// ErrConnectionLost is what happens to connections.
var ErrConnectionLost = errors.New("connection reset by peer")
