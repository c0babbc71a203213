package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newClient(t *testing.T) *http.Client {
	t.Helper()
	client := httpclient.New(httpclient.Options{})
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func toolsOf(client *http.Client) *place.Tools { return &place.Tools{HTTP: client} }

// fetch is Fetch of an address, as far as these tests look at it.
func fetch(ctx context.Context, client *http.Client, from string, previous *Origin) (data []byte, origin Origin, notModified bool, err error) {
	content, origin, err := Fetch(ctx, toolsOf(client), Wanted{From: from}, previous)
	if err != nil {
		return nil, Origin{}, false, err
	}
	defer content.Close()
	return content.Data, origin, content.Unchanged, nil
}

// mapServer serves a text with an ETag that follows it.
func mapServer(t *testing.T, text *string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := `"` + Digest([]byte(*text))[:8] + `"`
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, *text)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestFetchFromAnAddress(t *testing.T) {
	t.Parallel()
	text := string(acme(t))
	server := mapServer(t, &text)
	client := newClient(t)
	from := server.URL + "/map.yaml?ref=main"

	data, first, notModified, err := fetch(t.Context(), client, from, nil)
	if err != nil || notModified || string(data) != text {
		t.Fatalf("%v, %v, %d bytes", err, notModified, len(data))
	}
	if first.From != from || first.ETag == "" || first.SHA256 != Digest(data) || !first.Fetched.IsZero() {
		t.Errorf("got %+v", first)
	}
	first.Fetched = time.Unix(1_800_000_000, 0)
	data, second, notModified, err := fetch(t.Context(), client, from, &first)
	if err != nil || !notModified || data != nil || second.SHA256 != first.SHA256 || !second.Fetched.Equal(first.Fetched) {
		t.Errorf("unchanged: %v, %v, %d bytes, %+v", err, notModified, len(data), second)
	}
	elsewhere := first
	elsewhere.From = "https://other.example/map.yaml"
	data, _, notModified, err = fetch(t.Context(), client, from, &elsewhere)
	if err != nil || notModified || string(data) != text {
		t.Errorf("another address's tag was believed: %v, %v", err, notModified)
	}
	text += "# changed\n"
	data, third, notModified, err := fetch(t.Context(), client, from, &first)
	if err != nil || notModified || string(data) != text || third.SHA256 == first.SHA256 || third.ETag == first.ETag {
		t.Errorf("changed: %v, %v, %+v", err, notModified, third)
	}
}

func TestFetchFromAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a map.yaml")
	if err := os.WriteFile(path, acme(t), 0o600); err != nil {
		t.Fatal(err)
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if runtime.GOOS == "windows" {
		address.Path = "/" + address.Path
	}
	for _, from := range []string{path, address.String(), strings.Replace(address.String(), "file://", "file://localhost", 1)} {
		data, origin, notModified, err := fetch(t.Context(), nil, from, nil)
		if err != nil || notModified || string(data) != string(acme(t)) || origin.From != path || origin.SHA256 != Digest(data) {
			t.Errorf("%s: %v, %+v", from, err, origin)
		}
		if data, _, notModified, err := fetch(t.Context(), nil, from, &origin); err != nil || !notModified || data != nil {
			t.Errorf("%s, unchanged: %v, %v", from, err, notModified)
		}
	}
}

func TestRelativePathsBecomeAbsolute(t *testing.T) {
	t.Parallel()
	_, origin, _, err := fetch(t.Context(), nil, "../testdata/acme.yaml", nil)
	if err != nil || !filepath.IsAbs(origin.From) {
		t.Errorf("%v, %+v", err, origin)
	}
}

func TestAnswersThatAreNoMap(t *testing.T) {
	t.Parallel()
	status := func(code int) func(w http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(code) }
	}
	for name, c := range map[string]struct {
		answer     func(w http.ResponseWriter)
		text, hint string
		id         ui.ID
	}{
		"login page by type": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "Sign in")
		}, "is a web page", "answers without signing in", "web-page-came"},
		"login page by content": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/yaml")
			_, _ = io.WriteString(w, "\ufeff\r\n <!DOCTYPE html><html>")
		}, "is a web page", "answers without signing in", "web-page-came"},
		"401": {status(http.StatusUnauthorized), "status 401", "answers without signing in", "map-fetch-refused"},
		"404": {status(http.StatusNotFound), "has nothing at this address (404 Not Found)", "check the address that dbxaccess init was given", "address-not-there"},
		"502": {status(http.StatusBadGateway), "answered 502 Bad Gateway", "has an outage", "service-down"},
		"206": {status(http.StatusPartialContent), "206 Partial Content", "check the address", "another-server"},
		"304": {status(http.StatusNotModified), "304 Not Modified", "check the address", "another-server"},
		"redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://x.example/")
			w.WriteHeader(http.StatusFound)
		}, "redirect", "check the address", "redirect-refused"},
		"too large": {func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, strings.Repeat("#\n", httpclient.DefaultMaxBody))
		}, "larger than the bound", "check the address", "answer-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
			t.Cleanup(server.Close)
			data, _, notModified, err := fetch(t.Context(), newClient(t), server.URL+"/map.yaml?token=canary", nil)
			if err == nil || data != nil || notModified || !strings.Contains(err.Error(), c.text) ||
				!strings.Contains(ui.HintOf(err), c.hint) || ui.IDOf(err) != c.id {
				t.Errorf("got %s: %v, hint %q", ui.IDOf(err), err, ui.HintOf(err))
			}
			if shown := fmt.Sprint(err) + ui.HintOf(err); strings.Contains(shown, "canary") || !strings.Contains(shown, server.URL) {
				t.Errorf("the address without its query should be named: %s", shown)
			}
		})
	}
}

func TestPlacesThatAreRefused(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	for from, want := range map[string]string{
		"http://maps.example/map.yaml":     "is not https",
		"https://u:p@maps.example/":        "user name or password",
		"gopher://maps.example/x":          "is not https",
		"file://maps.example/map.yaml":     "is not a file address",
		"https://maps.example/#x":          "fragment",
		missing:                            "reading the access map",
		t.TempDir():                        "not a regular file",
		"":                                 "not a regular file", // the current directory
		"https://maps.example/\x1b[2J.yml": "control characters",
	} {
		_, _, _, err := fetch(t.Context(), nil, from, nil)
		if err == nil || !strings.Contains(err.Error(), want) || ui.HintOf(err) == "" {
			t.Errorf("%q: got %v, hint %q", from, err, ui.HintOf(err))
		}
	}
	if _, _, _, err := fetch(t.Context(), nil, missing, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAnInterruptedFetch(t *testing.T) {
	t.Parallel()
	text := "x"
	server := mapServer(t, &text)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, _, err := fetch(ctx, newClient(t), server.URL, nil); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("got %v", err)
	}
}
