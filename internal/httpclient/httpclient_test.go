package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func get(t *testing.T, o Options, url string) (string, error) {
	t.Helper()
	resp, err := New(o).Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestRedirectsAreRefusedAndTheOtherHostGetsNothing(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, status)
		}))
		_, err := get(t, Options{}, server.URL)
		server.Close()
		if _, ok := errors.AsType[*RedirectError](err); !ok {
			t.Errorf("%d: got %v, want a RedirectError", status, err)
		}
	}
	if reached {
		t.Error("the redirect's target was asked")
	}
}

// closedEarly is a request body as smithy-go makes them, closed before net/http looked for its end.
type closedEarly struct{ io.Reader }

func (closedEarly) Close() error                     { return nil }
func (closedEarly) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }

func TestABodyThatWasClosedEarlyDoesNotCutTheAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, closedEarly{strings.NewReader("all of it")})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(len("all of it"))
	resp, err := New(Options{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "all of it" {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100))
	}))
	defer server.Close()
	if body, err := get(t, Options{MaxBody: 100}, server.URL); err != nil || len(body) != 100 {
		t.Errorf("a body that just fits: %d bytes, %v", len(body), err)
	}
	if _, err := get(t, Options{MaxBody: 99}, server.URL); !errors.Is(err, ErrBodyTooLarge) {
		t.Errorf("a body one byte too long: %v", err)
	}
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	_, err := get(t, Options{}, "http://192.0.2.1/")
	if _, ok := errors.AsType[*InsecureError](err); !ok {
		t.Errorf("got %v, want an InsecureError", err)
	}
	for raw, ok := range map[string]bool{
		"https://idp.example/x":      true,
		"http://127.0.0.1:1/x":       true,
		"http://[::1]:1/x":           true,
		"http://localhost:1":         true,
		"http://idp.example/x":       false,
		"https://u:p@idp.example/x":  false,
		"https:///x":                 false,
		"https:x":                    false,
		"ftp://idp.example":          false,
		"https://idp.example/#f":     false,
		"https://idp.example/\x1b[x": false,
		"http://127.0.0.1.evil.test": false,
		"file:///etc/passwd":         false,
		"":                           false,
	} {
		if _, err := CheckURL(raw); (err == nil) != ok {
			t.Errorf("CheckURL(%q) = %v", raw, err)
		}
	}
}

func TestEachTroubleWithAnAnswerHasItsOwnHint(t *testing.T) {
	elsewhere := httptest.NewServer(http.RedirectHandler("https://192.0.2.1/", http.StatusFound))
	defer elsewhere.Close()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "12345") }))
	defer endless.Close()
	for name, c := range map[string]struct{ url, hint string }{
		"redirect":  {elsewhere.URL, "redirects are not followed"},
		"too much":  {endless.URL, "that is not what such a server sends"},
		"not https": {"http://192.0.2.1/", "use an https address"},
	} {
		_, err := get(t, Options{MaxBody: 4}, c.url)
		checkHint(t, name, err, c.hint)
	}
	if Explain("x", nil) != nil {
		t.Error("no error stays no error")
	}
	if ui.CodeOf(Explain("x", context.Canceled)) != ui.Interrupted {
		t.Error("a canceled request is an interruption")
	}
}

func TestTheCABundleIsTrustedBesidesTheSystem(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pemOf(server.Certificate().Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	if body, err := get(t, Options{CABundle: bundle}, server.URL); err != nil || body != "ok" {
		t.Errorf("got %q, %v", body, err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "missing"), os.DevNull} {
		_, err := get(t, Options{CABundle: path}, server.URL)
		if hint := ui.HintOf(Explain("asking", err)); err == nil || !strings.Contains(hint, "AWS_CA_BUNDLE names it") {
			t.Errorf("%s: got %v, hint %q", path, err, hint)
		}
	}
}
