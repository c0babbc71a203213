package oidc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// serve puts the provider on loopback, behind a client as the program uses it.
func serve(t *testing.T, i *logintest.IDP, timeout time.Duration, special func(w http.ResponseWriter, r *http.Request) bool) (*Client, login.Provider) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if special != nil && special(w, r) {
			return
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		answer := i.Answer(r, r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Status)
		_, _ = io.WriteString(w, answer.Body)
	}))
	t.Cleanup(server.Close)
	i.Metadata = map[string]any{
		"issuer": server.URL, "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys",
		"device_authorization_endpoint": server.URL + "/device", "revocation_endpoint": server.URL + "/revoke",
	}
	client := httpclient.New(httpclient.Options{Timeout: timeout})
	t.Cleanup(client.CloseIdleConnections)
	return &Client{HTTP: client, Now: time.Now, Log: logintest.Log}, login.Provider{Name: "acme", Issuer: server.URL, ClientID: logintest.ClientID}
}

func TestASignInFromCodeToKeyring(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	c, p := serve(t, i, 0, nil)
	i.Device = func(url.Values) logintest.Reply {
		return deviceAnswer(map[string]any{"verification_uri": p.Issuer + "/activate", "verification_uri_complete": nil, "interval": 0})
	}
	i.Token = func(url.Values) logintest.Reply {
		return logintest.JSON(200, map[string]any{"id_token": i.IDToken(map[string]any{"iss": p.Issuer}).Reveal(), "refresh_token": "refresh-1"})
	}
	keyring, err := store.Open(store.Options{
		Service: "dbxaccess-test", Selection: store.Selection{Backend: store.File}, FileDir: t.TempDir(), LockDir: t.TempDir(), Now: time.Now,
		Passphrase: func(context.Context) (secret.String, error) { return secret.New("open sesame"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := storedOn(c, keyring)
	made, err := s.SignIn(t.Context(), p, logintest.ByCode(func(code *login.DeviceCode) {
		if code.VerificationURI != p.Issuer+"/activate" {
			t.Errorf("shown %+v", code)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), p, made); err != nil {
		t.Fatal(err)
	}
	if session, err := logintest.Fresh(t.Context(), s, p, 2*time.Hour); err != nil || session.Display() != "alice@example.com" {
		t.Errorf("got %v", err)
	}
	err = s.While(t.Context(), p, func(session *login.Session) error {
		if session == nil || session.Scope != "openid profile email offline_access" {
			t.Errorf("got %+v", session)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	i.Revoke = func(url.Values) logintest.Reply { return logintest.Reply{Status: 200} }
	if revoked, err := s.Delete(t.Context(), p, logintest.NothingElse); !revoked || err != nil {
		t.Errorf("revoked %v, %v", revoked, err)
	}
	_, err = s.Load(t.Context(), p)
	logintest.WantFault(t, err, ui.LoginNeeded, "nobody is signed in")
}

func TestRedirectsGetNoSecret(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer other.Close()
	for _, path := range []string{"/.well-known/openid-configuration", "/device", "/token", "/keys", "/revoke"} {
		i := logintest.NewIDP()
		c, p := serve(t, i, 0, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == path {
				http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			}
			return r.URL.Path == path
		})
		e, err := c.Discover(t.Context(), p)
		switch path {
		case "/device":
			_, err = c.startDevice(t.Context(), p, e)
		case "/token":
			_, err = c.pollDevice(t.Context(), p, e, &deviceCode{code: secret.New("d"), DeviceCode: login.DeviceCode{Expires: time.Now().Add(time.Minute)}})
			logintest.WantFault(t, err, ui.Failed, "redirect")
			_, err = c.refresh(t.Context(), p, e, secret.New("refresh-1"), "")
		case "/keys":
			_, err = c.verify(t.Context(), p, e, i.IDToken(nil), "")
		case "/revoke":
			err = c.Revoke(t.Context(), p, &login.Session{RefreshToken: secret.New("refresh-1")})
		}
		logintest.WantFault(t, err, ui.Failed, "redirect")
	}
	if reached.Load() {
		t.Error("the other host was asked")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]struct {
		timeout time.Duration // 0: the program's
		serve   func(w http.ResponseWriter, r *http.Request)
	}{
		"10 MB": {0, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"error":"authorization_pending","x":"`)
			_, _ = io.WriteString(w, strings.Repeat("x", 10<<20))
		}},
		"a slow body": {500 * time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"error":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p := serve(t, logintest.NewIDP(), body.timeout, func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					body.serve(w, r)
				}
				return r.URL.Path == "/token"
			})
			e := discover(t, c, p)
			d := &deviceCode{code: secret.New("d"), DeviceCode: login.DeviceCode{Expires: time.Now()}}
			_, err := c.pollDevice(t.Context(), p, e, d)
			logintest.WantFault(t, err, ui.LoginNeeded, "before its code expired")
			if errors.Is(err, httpclient.ErrBodyTooLarge) != (name == "10 MB") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnAnswerLostOnTheWireIsAskedForOnceMore(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	i := logintest.NewIDP()
	i.Token = func(url.Values) logintest.Reply { return tokenReply() }
	c, p := serve(t, i, 0, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/token" || asked.Add(1) > 1 {
			return false
		}
		// Read, acted upon, and the connection gone.
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		_ = conn.Close()
		return true
	})
	tokens, err := c.refresh(t.Context(), p, discover(t, c, p), secret.New("refresh-1"), "openid")
	if err != nil || tokens.refreshToken.Reveal() != "r" || asked.Load() != 2 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

func TestNobodyThereIsNotAskedTwice(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	i := logintest.NewIDP()
	c, p := serve(t, i, 0, nil)
	i.Metadata["token_endpoint"] = server.URL + "/token"
	_, err := c.refresh(t.Context(), p, discover(t, c, p), secret.New("refresh-1"), "")
	logintest.WantFault(t, err, ui.Failed, "renewing the session", "could not be reached")
}
