package databricks

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Secrets whose appearance in any message is a leak.
const (
	signature   = "canary-of-the-signature"
	accessToken = "canary-of-the-workspace-token"
)

// claims is the middle of the ID token as it is sent.
var claims = base64.RawURLEncoding.EncodeToString([]byte(`{"canary":"of the claims"}`))

var now = time.Date(2026, 11, 21, 12, 0, 0, 123_456_789, time.UTC)

func idToken(header string) secret.String {
	return secret.New(base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + claims + "." + signature)
}

// workspace is a double that answers every request with the next of the given handlers, the last one for good.
type workspace struct {
	*Client

	t        *testing.T
	url      string
	handlers []http.HandlerFunc
	config   http.HandlerFunc // what it says of itself; nil: nothing, as many hosts do
	requests []*http.Request  // with their forms parsed
	at       []time.Time      // when they came
}

func serve(t *testing.T, handlers ...http.HandlerFunc) *workspace {
	t.Helper()
	w := &workspace{t: t, handlers: handlers}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	w.Client = &Client{HTTP: httpclient.New(httpclient.Options{Timeout: 5 * time.Second}), Now: func() time.Time { return now }}
	return w
}

// serveAtOnce has no network, so that under synctest no time passes by itself.
func serveAtOnce(t *testing.T, handlers ...http.HandlerFunc) *workspace {
	t.Helper()
	w := &workspace{t: t, url: "http://127.0.0.1:8443", handlers: handlers}
	w.Client = &Client{HTTP: &http.Client{Transport: w}, Now: func() time.Time { return now }}
	return w
}

func (w *workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/.well-known/databricks-config" {
		if w.config == nil {
			w.config = says(404, `{"error_code":"ENDPOINT_NOT_FOUND"}`)
		}
		if r.Header.Get("Authorization") != "" || r.Method != http.MethodGet || r.URL.RawQuery != "" {
			w.t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		w.config(rw, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		w.t.Error(err)
	}
	w.requests, w.at = append(w.requests, r), append(w.at, time.Now())
	w.handlers[min(len(w.requests), len(w.handlers))-1](rw, r)
}

func (w *workspace) RoundTrip(r *http.Request) (*http.Response, error) {
	rw := httptest.NewRecorder()
	w.ServeHTTP(rw, r)
	return rw.Result(), nil
}

func (w *workspace) exchange() Exchange {
	return Exchange{
		Host: w.url, Token: idToken(`{"alg":"RS256","kid":"k1"}`),
		Issuer: "https://idp.example.com", Audience: "client-1", Subject: "00u1",
	}
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func granted(expiresIn string) http.HandlerFunc {
	return says(200, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","scope":"all-apis","expires_in":%s}`, accessToken, expiresIn))
}

// mustFail checks an error as a person sees it: code, parts of text and hint, no secret, nothing that a terminal obeys.
func mustFail(t *testing.T, err error, code ui.Code, text, hint string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	if ui.CodeOf(err) != code || !strings.Contains(err.Error(), text) || !strings.Contains(ui.HintOf(err), hint) || ui.HintOf(err) == "" {
		t.Errorf("exit %d, %q, hint %q; want %d, %q, %q", ui.CodeOf(err), err, ui.HintOf(err), code, text, hint)
	}
	all := err.Error() + "\n" + ui.HintOf(err)
	for _, canary := range []string{signature, claims, accessToken} {
		if strings.Contains(all, canary) {
			t.Errorf("a secret is in the message: %q", all)
		}
	}
	if ui.CleanLines(all) != all {
		t.Errorf("the message is not clean: %q", all)
	}
}
