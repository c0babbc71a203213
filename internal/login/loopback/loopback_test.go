package loopback

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func open(t *testing.T) *Reception {
	t.Helper()
	r, err := Open(t.Context(), Address{Host: "127.0.0.1", Path: "/callback"}, "the-state", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// visit is a browser that comes back with the right state.
func visit(ctx context.Context, r *Reception) (shown *httptest.ResponseRecorder, done chan struct{}) {
	shown, done = httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		r.ServeHTTP(shown, httptest.NewRequestWithContext(ctx, http.MethodGet, r.Redirect+"?state=the-state&code=c", nil))
	}()
	return shown, done
}

func TestThePagesCanDoNothing(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"signed in": Page(true), "failed": Page(false)} {
		for _, forbidden := range []string{"<script", "http:", "https:", "//", "src=", "url(", "@import", "<form", "{{", "%s"} {
			if strings.Contains(text, forbidden) {
				t.Errorf("%s: it holds %q", name, forbidden)
			}
		}
		if len(text) > 4096 || strings.Count(text, "<style>") != 1 || !strings.Contains(text, "prefers-color-scheme: dark") ||
			!strings.Contains(text, `lang="en"`) || !strings.Contains(text, "close this window") {
			t.Errorf("%s: not what is expected", name)
		}
	}
	r := open(t)
	defer r.Close()
	got, done := visit(t.Context(), r)
	came, err := r.Wait(t.Context(), time.Minute)
	if err != nil || came.Query.Get("code") != "c" {
		t.Fatalf("came with %v, %v", came, err)
	}
	came.Answer(true)
	<-done
	for header, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src '" + styleHash(Page(true)) + "'",
	} {
		if got.Header().Get(header) != want {
			t.Errorf("%s: %q", header, got.Header().Get(header))
		}
	}
	if got.Code != http.StatusOK || got.Body.String() != Page(true) {
		t.Errorf("it shows %d %q", got.Code, got.Body)
	}
}

func TestNobodyIsWaitedForForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := (&Reception{arrivals: make(chan *Arrival, 1)}).Wait(t.Context(), 5*time.Minute)
		if !errors.Is(err, ErrNobodyCame) || time.Since(start) != 5*time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// A browser that went away must not hold up the terminal.
func TestAPageThatNobodyFetchesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		(&Arrival{outcome: make(chan bool, 1), answered: make(chan struct{})}).Answer(true)
		if time.Since(start) != pageTime {
			t.Errorf("waited %s", time.Since(start))
		}
	})
}

func TestABrowserThatComesTooLateIsNotHeldUp(t *testing.T) {
	t.Parallel()
	r := open(t)
	shown, done := visit(t.Context(), r)
	<-r.arrivals
	r.Close()
	<-done
	if shown.Code != http.StatusForbidden || shown.Body.String() != Page(false) {
		t.Errorf("it shows %d %q", shown.Code, shown.Body)
	}
}

func TestAPortThatIsTakenOnOneAddressIsNotUsed(t *testing.T) {
	t.Parallel()
	if !hasLoopback6(t.Context()) {
		return // nothing could be in between
	}
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if _, _, err := listen(t.Context(), "localhost", taken.Addr().(*net.TCPAddr).Port); err == nil {
		t.Error("somebody else has the port on ::1")
	}
}
