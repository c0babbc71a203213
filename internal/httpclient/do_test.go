package httpclient

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func ask(t *testing.T, o Options, address string) (*Answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Do(New(o), Asked{Doing: "asking"}, r, secret.New("canary-1234"), secret.New("short"), secret.New("canary-12345678"))
}

func answering(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestARefusalIsAnAnswer(t *testing.T) {
	t.Parallel()
	a, err := ask(t, Options{}, answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":" later\u001b[31m canary-12345678 shortly ","n":5}`)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != 503 || a.OK() || !Busy(a.Status) || a.RetryAfter(time.Now()) != 7*time.Second || !strings.HasPrefix(string(a.Body), "{") {
		t.Errorf("got %+v", a)
	}
	if got := a.Shown(a.Text("error"), 100); got != "later[31m [redacted] shortly" {
		t.Errorf("shown %q", got)
	}
	if got := a.Shown(a.Text("error"), 5); got != "later…" {
		t.Errorf("shown %q", got)
	}
	if got := new(Answer).Shown(" x ", 5); got != "x" {
		t.Errorf("shown %q", got)
	}
}

func TestWhatWasSentIsNotShown(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, answering(t, func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			_, _ = io.WriteString(w, name+": "+strings.Join(values, " ")+"; ")
		}
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Accept": {"application/json"}, "Authorization": {"Bearer canary-of-a-token"}, "X-Of-Tomorrow": {"canary-of-tomorrow"},
		"X-Amz-Sso_bearer_token": {"canary-of-sso"},
	}
	r.SetBasicAuth("client", "canary-of-a-client")
	r.Header.Add("Authorization", "canary-of-a-container")
	a, err := Do(New(Options{}), Asked{Doing: "asking"}, r)
	if err != nil {
		t.Fatal(err)
	}
	shown := a.Shown(string(a.Body), 1000)
	if strings.Contains(shown, "canary") || strings.Contains(shown, r.Header.Get("Authorization")[len("Basic "):]) ||
		!strings.Contains(shown, "application/json") || !strings.Contains(shown, "X-Of-Tomorrow: [redacted]") {
		t.Errorf("shown %s", shown)
	}
}

func TestOnlyAnObjectIsAnObject(t *testing.T) {
	t.Parallel()
	for body, object := range map[string]bool{`{}`: true, ` {"a":1} `: true, `null`: false, ``: false, `[]`: false, `<html>`: false, `{}{}`: false, `{`: false} {
		a, err := ask(t, Options{}, answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		if err != nil || !a.OK() || (a.Object != nil) != object || string(a.Body) != body {
			t.Errorf("%q: %+v, %v", body, a, err)
		}
	}
}

// An answer that is no HTTP may be made of tokens, or of what was sent: net/http quotes it.
func TestWhatCantBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	const tokens = `{"access_token": "canary-of-a-token"}`
	for name, sent := range map[string]string{
		"no blank line":     "HTTP/1.1 200 OK\r\n" + tokens + "\r\n\r\n",
		"no colon":          "HTTP/1.1 200 OK\r\ntoken=canary-of-a-token\r\n\r\n",
		"no status":         "HTTP/1.1 " + tokens + "\r\n\r\n",
		"no HTTP":           tokens + "\r\n\r\n",
		"no encoding":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: canary-of-a-token\r\n\r\n",
		"no length":         "HTTP/1.1 200 OK\r\nContent-Length: canary-of-a-token\r\n\r\n",
		"no chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary-of-a-token\r\n",
		"no gzip":           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + tokens,
		"a trailer of that": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\ncanary-of-a-token\r\n\r\n",
	} {
		address := listen(t, func(c net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.WriteString(c, sent)
			}
		})
		_, err := ask(t, Options{}, "http://"+address)
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(ui.HintOf(err), "what came from "+address+" can't be read") {
			t.Errorf("%s: %v, hint %q", name, err, ui.HintOf(err))
		}
	}
}

func TestOnlyWhatMayHaveArrivedIsLost(t *testing.T) {
	t.Parallel()
	silent := closedPort(t)
	for name, c := range map[string]struct {
		address, hint  string
		lost, hopeless bool
	}{
		"cut off": {answering(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), " closed the connection", true, false},
		"cut body": {answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}), " closed the connection", true, false},
		"endless":   {answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 99)) }), "not what such a server sends", true, false},
		"refused":   {"http://" + silent, silent + " could not be reached", false, false},
		"redirect":  {answering(t, http.RedirectHandler("https://192.0.2.1/", http.StatusFound).ServeHTTP), "redirects are not followed", false, true},
		"not https": {"http://192.0.2.1/", "use an https address", false, true},
	} {
		a, err := ask(t, Options{MaxBody: 50}, c.address)
		if a != nil || Lost(err) != c.lost || Permanent(err) != c.hopeless || !strings.HasPrefix(err.Error(), "asking: ") || !strings.Contains(err.Error()+": "+ui.HintOf(err), c.hint) {
			t.Errorf("%s: %+v, %v, hint %q, lost: %v", name, a, err, ui.HintOf(err), Lost(err))
		}
	}
	if Lost(nil) || Permanent(nil) {
		t.Error("no error is no loss")
	}
}

func TestTheHostIsNamedWhereAnAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	address := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	_, err := ask(t, Options{Timeout: 200 * time.Millisecond}, address)
	if want := strings.TrimPrefix(address, "http://") + " did not answer in time"; err.Error() != "asking: "+want || !Lost(err) {
		t.Errorf("%v, hint %q", err, ui.HintOf(err))
	}
}

func TestAnInterruptIsRecognised(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Do(New(Options{}), Asked{Doing: "asking"}, r); ui.CodeOf(err) != ui.Interrupted || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
