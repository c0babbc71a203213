package workspacelogin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const host = "https://dbc-1.cloud.databricks.com"

// fixture is somebody who signs in at a workspace in memory, which rotates refresh tokens and ends the session when a
// replaced one comes back.
type fixture struct {
	*testing.T
	store    *logintest.Keyring
	sessions *login.Stored
	answer   func(*http.Request) (status int, body string) // in place of the usual; 0: the usual

	mu       sync.Mutex
	asked    []string // in order
	forms    []url.Values
	rotation int
	over     bool
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, store: logintest.NewKeyring()}
	f.sessions = f.process()
	return f
}

// process is another process that shares the keyring.
func (f *fixture) process() *login.Stored {
	client := &databricks.Client{HTTP: &http.Client{Transport: f}, Now: time.Now}
	return &login.Stored{
		Protocol: &Client{Databricks: client, Now: time.Now, Log: logintest.Log}, Store: f.store, Now: time.Now, Warn: func(ui.Warning) {},
		Failures: failure.Memory{Notes: &f.store.Notes, Now: time.Now},
	}
}

func provider() login.Provider {
	return login.Workspace{
		Name: "prod", Host: host, Scopes: []string{"all-apis"}, Beside: "session/x", Subject: "00u1", Names: []string{"alice@example.com", "00u1"},
	}.Provider("acme")
}

// console is the provider of an account.
func console() login.Provider {
	w := *provider().Workspace
	w.Host, w.AccountID = "https://accounts.cloud.databricks.com", "4d7e5f0a-2b6c-4c1d-9a83-6f0e1d2c3b4a"
	return w.Provider("acme")
}

// RoundTrip implements http.RoundTripper.
func (f *fixture) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.PostForm, _ = url.ParseQuery(string(body))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, f.forms = append(f.asked, r.URL.Path), append(f.forms, r.PostForm)
	_ = f.store.Begin("asked " + r.URL.Path)
	status, body := 0, ""
	if f.answer != nil {
		status, body = f.answer(r)
	}
	if status == 0 {
		status, body = f.usual(r)
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.WroteHeaders()
	}
	if status < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	return w.Result(), nil
}

func (f *fixture) usual(r *http.Request) (status int, body string) {
	issuer, _, _ := strings.Cut(r.URL.String(), "/.well-known/")
	switch {
	case strings.HasSuffix(r.URL.Path, "/oauth-authorization-server"):
		return 200, fmt.Sprintf(`{"issuer":%q,"revocation_endpoint":%q}`, issuer, issuer+"/v1/revoke")
	case strings.HasSuffix(r.URL.Path, "/v1/revoke"):
		f.over = true
		return 200, `{}`
	case strings.HasSuffix(r.URL.Path, "/Me"):
		return 200, `{"id":"42","userName":"Alice@example.com","active":true}`
	case strings.HasSuffix(r.URL.Path, "/v1/token"):
		presented := r.PostForm.Get("refresh_token")
		if r.PostForm.Get("grant_type") == "refresh_token" && (f.over || presented != fmt.Sprint("r", f.rotation)) {
			f.over = true
			return 400, `{"error":"invalid_request","error_description":"Refresh token is invalid"}`
		}
		f.rotation++
		return 200, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":3600,"refresh_token":"r%d"}`,
			bearer("alice@example.com", f.rotation), f.rotation)
	}
	return 404, `{}`
}

// bearer is a token as Databricks makes them.
func bearer(subject string, serial int) string {
	claims, _ := json.Marshal(map[string]any{"sub": subject, "jti": serial})
	return "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2ln"
}

// signIn signs in by a browser that comes back with what back makes of the answer.
func (f *fixture) signIn(p login.Provider, back func(url.Values)) (*login.Session, error) {
	f.Helper()
	var visits sync.WaitGroup
	defer visits.Wait()
	return f.sessions.SignIn(f.Context(), p, logintest.InBrowser(func(address string) {
		u, err := url.Parse(address)
		if err != nil {
			f.Error(err)
			return
		}
		answer := url.Values{"code": {"canary-code"}, "state": {u.Query().Get("state")}}
		back(answer)
		visits.Go(func() {
			at := u.Query().Get("redirect_uri")
			f.visit(at+"/favicon.ico", 404)
			f.visit(at+"/?code=x&state=guessed", 400)
			f.visit(at+"/?"+answer.Encode(), 0)
		})
	}))
}

func (f *fixture) visit(address string, want int) {
	r, err := http.NewRequestWithContext(f.Context(), http.MethodGet, address, nil)
	if err != nil {
		f.Error(err)
		return
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		f.Error(err)
		return
	}
	_ = answer.Body.Close()
	if want != 0 && answer.StatusCode != want {
		f.Errorf("%s: %d", r.URL.Path, answer.StatusCode)
	}
}

// stored signs somebody in without a browser, now.
func (f *fixture) stored() *login.Session {
	f.Helper()
	session := login.NewSession(provider(), time.Now())
	f.rotation++
	session.Subject, session.Username = "alice@example.com", "alice@example.com"
	session.AccessToken, session.RefreshToken = secret.New(bearer("alice@example.com", f.rotation)), secret.New(fmt.Sprint("r", f.rotation))
	session.Refreshed, session.IDTokenExpires = session.SignedIn, session.SignedIn.Add(time.Hour)
	if err := f.sessions.Save(f.Context(), provider(), session); err != nil {
		f.Fatal(err)
	}
	return session
}

// bubble runs a test where time is faked, 50 minutes after somebody signed in.
func bubble(t *testing.T, test func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.stored()
		time.Sleep(50 * time.Minute)
		f.store.Log, f.asked = nil, nil
		test(f)
	})
}

func (f *fixture) fresh() (*login.Session, error) {
	return logintest.Fresh(f.Context(), f.process(), provider(), 20*time.Minute)
}

// asks counts the requests whose path ends so.
func (f *fixture) asks(end string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, path := range f.asked {
		if strings.HasSuffix(path, end) {
			n++
		}
	}
	return n
}
