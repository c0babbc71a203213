package workload

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestATokenThatIsNotTheJobs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(f *fixture)
		code   ui.Code
		id     ui.ID
		words  []string
		sent   int // requests to the issuer
	}{
		"another issuer": {func(f *fixture) {
			f.give = func() (secret.String, error) { return f.token(map[string]any{"iss": "https://evil.example\x1b"}), nil }
		}, ui.Failed, "workload-token-issuer", []string{`"https://evil.example`, `"https://idp.example.com"`, "access map"}, 0},
		"another audience": {func(f *fixture) {
			f.give = func() (secret.String, error) { return f.token(map[string]any{"aud": []string{"a", "b"}}), nil }
		}, ui.Failed, "workload-token-audience", []string{`"a b"`, `"sts.amazonaws.com"`, "token.audience", "made for the audience sts.amazonaws.com"}, 0},
		"ended": {func(f *fixture) {
			f.give = func() (secret.String, error) {
				return f.token(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), nil
			}
		}, ui.LoginNeeded, "workload-token-ended", []string{"ended at"}, 0},
		"no JWT": {func(f *fixture) { f.give = func() (secret.String, error) { return secret.New("canary"), nil } }, ui.Failed, "workload-token-malformed", []string{"no ID token"}, 0},
		"JSON of a kind": {func(f *fixture) {
			f.give = func() (secret.String, error) { return secret.New(`a.bnVsbA.c`), nil }
		}, ui.Failed, "workload-token-malformed", []string{"no ID token"}, 0},
		"forged": {func(f *fixture) {
			token := f.token(nil).Reveal()
			f.give = func() (secret.String, error) { return secret.New(token[:len(token)-8] + "AAAAAAAA"), nil }
		}, ui.Failed, "id-token-signature", []string{"signature"}, 2},
		"signed with a shared secret": {func(f *fixture) { f.idp.Alg = jose.HS256 }, ui.Failed, "id-token-algorithm", []string{"HS256"}, 1},
		"an issuer that is not there": {func(f *fixture) { f.provider.Issuer = "http://idp.example.com" }, ui.Failed, "workload-token-issuer", []string{"issuer"}, 0},
		"an issuer of another name": {func(f *fixture) { f.idp.Metadata["issuer"] = "https://evil.example" }, ui.Failed, "issuer-differs",
			[]string{"evil.example"}, 1},
		"no keys":              {func(f *fixture) { f.idp.Metadata["jwks_uri"] = nil }, ui.Failed, "endpoint-invalid", []string{"jwks_uri"}, 1},
		"keys on this machine": {func(f *fixture) { f.idp.Metadata["jwks_uri"] = "http://127.0.0.1/keys" }, ui.Failed, "endpoint-on-this-machine", []string{"points at this machine"}, 1},
		"keys without TLS":     {func(f *fixture) { f.idp.Metadata["jwks_uri"] = "http://idp.example.com/keys" }, ui.Failed, "endpoint-invalid", []string{"jwks_uri"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			c.change(f)
			session, err := f.load()
			logintest.WantFault(t, err, c.code, c.words...)
			sent := f.idp.Count("/keys") + f.idp.Count("/.well-known/openid-configuration")
			if session != nil || sent != c.sent || ui.IDOf(err) != c.id || strings.Contains(err.Error(), "canary") {
				t.Errorf("%d requests: %+v, %s: %v", sent, session, ui.IDOf(err), err)
			}
		})
	}
}

func TestAnIssuerThatCantBeAsked(t *testing.T) {
	t.Parallel()
	for status, words := range map[int][]string{
		http.StatusNotFound: {"404", "openid-configuration"}, http.StatusBadGateway: {"502"}, 0: {"connection reset"},
	} {
		f := newFixture(t)
		f.source.HTTP = &http.Client{Transport: answers(func(*http.Request) logintest.Reply {
			if status == 0 {
				return logintest.Reply{Err: logintest.ErrConnectionLost}
			}
			return logintest.Reply{Status: status}
		})}
		_, err := f.load()
		logintest.WantFault(t, err, ui.Failed, words...)
	}
}

// answers is a server in memory.
type answers func(req *http.Request) logintest.Reply

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) { return a(req).Response(req) }
