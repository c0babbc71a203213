package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// testKeys are shared: making an RSA key takes longer than most tests.
var testKeys = sync.OnceValues(NewKeys)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// startWith starts a sandbox with shared keys; what it finds unexpected is the test's business.
func startWith(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Keys == nil {
		keys, err := testKeys()
		if err != nil {
			t.Fatal(err)
		}
		o.Keys = keys
	}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// start starts a sandbox whose clock stands still, and fails the test for anything unexpected.
func start(t *testing.T) (*Server, *clock) {
	t.Helper()
	c := newClock()
	s := startWith(t, Options{Now: c.Now})
	t.Cleanup(func() {
		if u := s.Unexpected(); len(u) != 0 {
			t.Errorf("unexpected requests: %q", u)
		}
	})
	return s, c
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
	fields map[string]any // of a JSON body
}

func (a answer) text(field string) string {
	s, _ := a.fields[field].(string)
	return s
}

func do(t *testing.T, r *http.Request) (answer, error) {
	t.Helper()
	// A transport of its own, since http.DefaultTransport is everybody's: who closes its idle connections also ends the one
	// that a test beside this one is just about to use.
	client := &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(body)}
	if json.Unmarshal(body, &a.fields) != nil {
		a.fields = nil
	}
	return a, err
}

func request(t *testing.T, method, address, contentType, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func get(t *testing.T, address string) answer {
	t.Helper()
	a, err := do(t, request(t, http.MethodGet, address, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const formType = "application/x-www-form-urlencoded"

// tryPost posts name, value, name, value…
func tryPost(t *testing.T, address string, pairs ...string) (answer, error) {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return do(t, request(t, http.MethodPost, address, formType, form.Encode()))
}

func post(t *testing.T, address string, pairs ...string) answer {
	t.Helper()
	a, err := tryPost(t, address, pairs...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestOnlyLoopbackListens(t *testing.T) {
	s, _ := start(t)
	if !strings.HasPrefix(s.Address(), "127.0.0.1:") {
		t.Errorf("listening on %s", s.Address())
	}
}

func TestCloseEndsEverything(t *testing.T) {
	keys, err := testKeys()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	// One request waits in a handler, one connection lies idle.
	s.Inject(Fault{Endpoint: harness.Discovery, Delay: time.Hour})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	hung := make(chan error, 1)
	go func() {
		resp, err := (&http.Client{Transport: transport}).Get(s.Issuer() + "/.well-known/openid-configuration")
		if err == nil {
			_ = resp.Body.Close()
		}
		hung <- err
	}()
	for s.Calls()[harness.Discovery] == 0 {
		runtime.Gosched()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-hung; err == nil {
		t.Error("a request that waited when the sandbox was closed got an answer")
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	stacks := func() string {
		all := make([]byte, 1<<20)
		return string(all[:runtime.Stack(all, true)])
	}
	deadline := time.Now().Add(time.Minute) // a busy machine may be slow to let a handler that was told so end
	for strings.Contains(stacks(), "(*Harness).ServeHTTP") {
		if time.Now().After(deadline) {
			t.Fatalf("a handler still runs:\n%s", stacks())
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTheContextEndsTheSandbox(t *testing.T) {
	keys, err := testKeys()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err == nil {
		t.Error("a running sandbox was started once more")
	}
	cancel()
	// Nothing but the context ended it; Close still waits for it.
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := tryPost(t, s.STSURL()); err == nil {
		t.Error("an ended sandbox answers")
	}
}

func TestARestartForgetsNothing(t *testing.T) {
	s, _ := start(t)
	s.Set(func(b *Behaviour) { b.AutoApprove = "alice" })
	refresh := deviceLogin(t, s).text("refresh_token")
	issuer := s.Issuer()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Issuer() != issuer {
		t.Errorf("the issuer moved from %s to %s", issuer, s.Issuer())
	}
	if a := refreshWith(t, s, refresh); a.status != http.StatusOK {
		t.Errorf("the refresh token was forgotten: %s", a.body)
	}
}

func TestAPortAndKeysCanBePinned(t *testing.T) {
	keys, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	first := startWith(t, Options{Keys: keys})
	token := mint(t, first, nil)
	_, portText, _ := strings.Cut(first.Address(), ":")
	var port int
	if err := json.Unmarshal([]byte(portText), &port); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := startWith(t, Options{Keys: keys, Port: port})
	if second.Issuer() != first.Issuer() {
		t.Errorf("issuers %s and %s", first.Issuer(), second.Issuer())
	}
	if _, err := second.Issuers.Provider.Verify(token); err != nil {
		t.Errorf("the first one's token: %v", err)
	}
}
