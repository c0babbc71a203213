package broker_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// crowd are processes that ask at once: the bounds are those of what a provider sees of an IDE that polls. A busy machine has to have
// them all ask before the first gives up; a hundred do so in the end-to-end tests.
const crowd = 30

// together has a crowd ask, half of it for each of two things, and returns their errors.
func (w *world) together(one, other func() error) (errs [crowd]error) {
	var all sync.WaitGroup
	for n := range errs {
		all.Go(func() {
			if n%2 == 0 {
				errs[n] = one()
				return
			}
			errs[n] = other()
		})
	}
	all.Wait()
	return errs
}

func (w *world) credentials(role string) func() error {
	return func() error { _, err := w.get(role); return err }
}

func (w *world) anyToken(role string) func() error {
	return func() error {
		_, err := w.broker().WorkspaceToken(w.t.Context(), broker.Request{Identity: "acme", Role: role})
		return err
	}
}

// hangs marks an answer that stands for none.
const hangs = "Test-Hangs"

// hanging is the way to servers of which some hang. It ends as a client's patience does, after a second, and not by a clock that
// runs for all requests: on a busy machine those to the servers that answer would take too long as well.
type hanging struct{ http.RoundTripper }

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.RoundTripper.RoundTrip(r)
	if err != nil || resp.Header.Get(hangs) == "" {
		return resp, err
	}
	_ = resp.Body.Close()
	select {
	case <-time.After(time.Second):
		return nil, context.DeadlineExceeded
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (w *world) calls(endpoint sandbox.Endpoint) int { return w.server.Calls()[endpoint] }

// A provider that has ended the session is asked about it once, whatever the crowd wants, until somebody signs in.
func TestADeadSessionIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(*world) func() error{
		"credentials":        func(w *world) func() error { return w.credentials("ml-trainer") },
		"and of other roles": func(w *world) func() error { return w.credentials("ml-reader") },
		"and tokens":         func(w *world) func() error { return w.anyToken("ml-trainer") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.writeMap(strings.Replace(w.server.Map(), "ml-scientists: [ml-trainer]", "ml-scientists: [ml-trainer, ml-reader]", 1))
			w.signIn("alice")
			w.must("ml-trainer")
			w.pass(3 * time.Hour)
			w.server.Inject(
				sandbox.Fault{Endpoint: sandbox.TokenRefreshToken, Error: "invalid_grant", Delay: 50 * time.Millisecond, Times: 2},
				sandbox.Fault{Endpoint: sandbox.Discovery, Delay: 20 * time.Millisecond, Times: sandbox.Always})
			for _, err := range w.together(w.credentials("ml-trainer"), other(w)) {
				if ui.CodeOf(err) != ui.LoginNeeded || ui.IDOf(err) != "session-over" {
					t.Fatalf("got %v", err)
				}
			}
			if n := w.calls(sandbox.TokenRefreshToken); n != 1 {
				t.Errorf("the dead token was sent %d times", n)
			}
			w.pass(24 * time.Hour) // time alone does not bring it back
			if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded || w.calls(sandbox.TokenRefreshToken) != 1 {
				t.Errorf("got %v", err)
			}
			w.broker().TryAgain() // as login and doctor do
			if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded || w.calls(sandbox.TokenRefreshToken) != 2 {
				t.Errorf("got %v", err)
			}
			w.signIn("alice")
			w.must("ml-trainer")
		})
	}
}

// A server that hangs or is busy is asked once in half a minute or more, and those who wait hear its name.
func TestAFailureIsMetOnce(t *testing.T) {
	t.Parallel()
	hang := sandbox.Fault{Status: 503, Header: http.Header{hangs: {"yes"}}}
	busy := sandbox.Fault{Status: 503, ContentType: "text/html", Body: "<html>"}
	for name, c := range map[string]struct {
		endpoint sandbox.Endpoint
		fault    sandbox.Fault
		ended    time.Duration // time since the sign-in
		ask      func(*world) func() error
		attempts int // requests of one attempt
		alive    bool
	}{
		"STS hangs":                        {sandbox.STS, hang, 0, onRole("ml-trainer"), 1, false},
		"STS hangs, something lives":       {sandbox.STS, hang, 50 * time.Minute, onRole("ml-trainer"), 1, true},
		"STS is busy":                      {sandbox.STS, busy, 0, onRole("ml-trainer"), 3, false},
		"the second role of a chain":       {sandbox.STSAssumeRole, hang, 0, onRole("ml-deep"), 1, false},
		"a workspace hangs":                {sandbox.Exchange, hang, 0, onToken, 1, false},
		"a workspace is busy":              {sandbox.Exchange, busy, 0, onToken, 2, false},
		"discovery hangs":                  {sandbox.Discovery, hang, 3 * time.Hour, onRole("ml-trainer"), 1, false},
		"discovery is an outage":           {sandbox.Discovery, busy, 3 * time.Hour, onRole("ml-trainer"), 1, false},
		"renewals hang":                    {sandbox.TokenRefreshToken, hang, 3 * time.Hour, onRole("ml-trainer"), 2, false},
		"the provider is busy":             {sandbox.TokenRefreshToken, busy, 3 * time.Hour, onRole("ml-trainer"), 2, false},
		"discovery hangs, something lives": {sandbox.Discovery, hang, 59*time.Minute + 30*time.Second, onRole("ml-trainer"), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.writeMap(w.server.IdentitiesMap())
			w.signIn("alice")
			if c.ended > 0 {
				w.must("ml-trainer")
				w.pass(c.ended)
			}
			w.client.Transport = hanging{w.client.Transport}
			before := w.calls(c.endpoint)
			c.fault.Endpoint, c.fault.Times = c.endpoint, sandbox.Always
			w.server.Inject(c.fault)
			host, err := url.Parse(w.server.STSURL())
			if err != nil {
				t.Fatal(err)
			}
			errs := w.together(c.ask(w), c.ask(w))
			for _, err := range errs {
				if c.alive != (err == nil) || err != nil && ui.CodeOf(err) != ui.Failed {
					t.Fatalf("got %v", err)
				}
				if err != nil && !strings.Contains(err.Error()+ui.HintOf(err), host.Hostname()) && !strings.Contains(err.Error(), "asking STS") {
					t.Fatalf("who failed is not said: %v\n%s", err, ui.HintOf(err))
				}
			}
			if n := w.calls(c.endpoint) - before; n != c.attempts {
				t.Errorf("asked %d times", n)
			}
			if c.alive || c.fault.Header != nil { // to hang twice takes a test too long
				return
			}
			w.pass(29 * time.Second)
			if err := c.ask(w)(); err == nil || w.calls(c.endpoint)-before != c.attempts {
				t.Errorf("%v after %d requests", err, w.calls(c.endpoint)-before)
			}
			w.pass(31 * time.Second)
			if err := c.ask(w)(); err == nil || w.calls(c.endpoint)-before != 2*c.attempts {
				t.Errorf("%v after %d requests, a minute later", err, w.calls(c.endpoint)-before)
			}
		})
	}
}

// Processes that share nothing but files: the locks, the notes beside them and an encrypted keyring.
func TestADeadSessionAndProcessesOnFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onFiles()
	w.signIn("alice")
	w.pass(3 * time.Hour)
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.TokenRefreshToken, Error: "invalid_grant", Times: 2})
	var all sync.WaitGroup
	for range 8 {
		process := &world{t: t, server: w.server, client: w.client, dir: w.dir, mapPath: w.mapPath, now: w.now}
		process.onFiles()
		all.Go(func() {
			if err := process.credentials("ml-trainer")(); ui.CodeOf(err) != ui.LoginNeeded {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if n := w.calls(sandbox.TokenRefreshToken); n != 1 {
		t.Errorf("the dead token was sent %d times", n)
	}
	if notes, err := filepath.Glob(filepath.Join(w.dir, "locks", "*.note")); err != nil || len(notes) != 1 {
		t.Errorf("left: %q, %v", notes, err)
	}
}

// A token that has just been made is as good as another would be: what AWS says of it is told, and no refresh token is spent on
// it. Nor is the refusal lost where there is none to spend.
func TestARefusalOfANewTokenIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		age     time.Duration
		fields  map[string]any
		renewed int
	}{
		"new":                    {0, nil, 0},
		"nearly":                 {59 * time.Second, nil, 0},
		"no longer":              {2 * time.Minute, nil, 1},
		"new, can't renew":       {0, map[string]any{"refresh_token": nil}, 0},
		"no longer, can't renew": {2 * time.Minute, map[string]any{"refresh_token": nil}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.server.Inject(
				sandbox.Fault{Endpoint: sandbox.TokenDeviceCode, Perform: true, Fields: c.fields},
				sandbox.Fault{Endpoint: sandbox.STS, Error: "InvalidIdentityToken", Times: sandbox.Always})
			w.signIn("alice")
			w.pass(c.age)
			_, err := w.get("ml-trainer")
			if ui.CodeOf(err) != ui.Refused || ui.IDOf(err) != "token-refused" || w.calls(sandbox.TokenRefreshToken) != c.renewed {
				t.Errorf("%v after %d renewals", err, w.calls(sandbox.TokenRefreshToken))
			}
		})
	}
}

func onRole(role string) func(*world) func() error {
	return func(w *world) func() error { return w.credentials(role) }
}

func onToken(w *world) func() error { return w.anyToken("ml-trainer") }
