package desktop

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestTheLinkIsHandedOverOnceAndToNobodyElse(t *testing.T) {
	const host, path, link = "127.0.0.1:4242", "/RANDOM", "https://signin.aws.amazon.com/federation?SigninToken=canary"
	fetched := make(chan struct{})
	handler := redirectOnce(host, path, secret.New(link), fetched)
	get := func(method, host, path string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://"+host+path, nil)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	for _, guess := range []struct{ method, host, path string }{
		{http.MethodGet, host, "/"}, {http.MethodGet, host, "/favicon.ico"}, {http.MethodGet, host, "/random"},
		{http.MethodPost, host, path}, {http.MethodHead, host, path}, {http.MethodGet, "evil.example:4242", path},
		{http.MethodGet, "localhost:4242", path},
	} {
		if resp := get(guess.method, guess.host, guess.path); resp.StatusCode != http.StatusNotFound || resp.Header.Get("Location") != "" {
			t.Errorf("%+v: %d", guess, resp.StatusCode)
		}
	}
	select {
	case <-fetched:
		t.Fatal("a guess took the link's place")
	default:
	}
	resp := get(http.MethodGet, host, path)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != link || resp.Header.Get("Cache-Control") != "no-store" ||
		resp.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	<-fetched
	if resp := get(http.MethodGet, host, path); resp.StatusCode != http.StatusGone || resp.Header.Get("Location") != "" {
		t.Errorf("a second time: %d", resp.StatusCode)
	}
}

func TestABrowserThatDoesNotComeIsGivenUp(t *testing.T) {
	open, err := Chosen{}.Opener(environment("BROWSER=look-away"))
	if err != nil {
		t.Fatal(err)
	}
	link := secret.New("https://signin.aws.amazon.com/federation?SigninToken=canary")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = OpenSecret(ctx, open, link)
	if ui.IDOf(err) != "browser-absent" || ui.CodeOf(err) != ui.Failed || err.Error() != "no browser came for the link within 30s" || !strings.Contains(ui.HintOf(err), "--no-browser") {
		t.Errorf("after the time: %d, %v, %q", ui.CodeOf(err), err, ui.HintOf(err))
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if err := OpenSecret(ctx, open, link); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("at Ctrl-C: %d, %v", ui.CodeOf(err), err)
	}
}

func TestABrowserThatCantBeStartedIsToldAtOnce(t *testing.T) {
	t.Parallel()
	link := secret.New("https://signin.aws.amazon.com/federation?SigninToken=canary")
	err := OpenSecret(t.Context(), func(string) error { return exec.ErrNotFound }, link)
	if ui.IDOf(err) != "browser-start" || ui.CodeOf(err) != ui.Failed || !strings.Contains(ui.HintOf(err), "--no-browser") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%d, %v, %q", ui.CodeOf(err), err, ui.HintOf(err))
	}
}
