package oidc

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func testProvider() login.Provider {
	return login.Provider{Name: "acme", Issuer: logintest.Issuer, ClientID: logintest.ClientID}
}

func clientOf(i *logintest.IDP) *Client {
	return &Client{HTTP: i.HTTP(), Now: i.Now, Log: logintest.Log}
}

func storedOn(c *Client, keyring login.Store) *login.Stored {
	return &login.Stored{Protocol: c, Store: keyring, Now: c.Now, Warn: func(ui.Warning) {}}
}

func discover(t *testing.T, c *Client, p login.Provider) *Endpoints {
	t.Helper()
	e, err := c.Discover(t.Context(), p)
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	return e
}

// fixture is alice signed in, at a provider that rotates refresh tokens ("refresh-1", "refresh-2", …) and takes none
// but the current one.
type fixture struct {
	*testing.T
	idp      *logintest.IDP
	store    *logintest.Keyring
	client   *Client
	sessions *login.Stored
	notices  []string
	mu       sync.Mutex
	rotation int
	changes  map[string]any // claims of renewed ID tokens
	omit     []string       // members left out of renewals
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, idp: logintest.NewIDP(), store: logintest.NewKeyring(), rotation: 1}
	f.client = clientOf(f.idp)
	f.sessions = storedOn(f.client, f.store)
	f.sessions.Warn = func(w ui.Warning) { f.notices = append(f.notices, w.String()) }
	f.idp.Token = f.renewal
	if _, err := save(t, f.sessions, testProvider(), f.idp.IDToken(nil), "refresh-1"); err != nil {
		t.Fatal(err)
	}
	f.store.Log = nil
	return f
}

func (f *fixture) renewal(form url.Values) logintest.Reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	if form.Get("refresh_token") != fmt.Sprint("refresh-", f.rotation) {
		return logintest.OAuthError(400, "invalid_grant")
	}
	f.rotation++
	fields := map[string]any{
		"access_token": "a", "id_token": f.idp.IDToken(f.changes).Reveal(), "refresh_token": fmt.Sprint("refresh-", f.rotation),
	}
	for _, name := range f.omit {
		delete(fields, name)
	}
	return logintest.JSON(http.StatusOK, fields)
}

// stored is the session as the next process finds it.
func (f *fixture) stored() *login.Session {
	f.Helper()
	session, err := f.sessions.Load(f.Context(), testProvider())
	if err != nil {
		f.Fatalf("the stored session: %v", err)
	}
	return session
}

// change rewrites the stored session.
func (f *fixture) change(edit func(*login.Session)) {
	f.Helper()
	session := f.stored()
	edit(session)
	if err := f.sessions.Put(f.Context(), testProvider(), session); err != nil {
		f.Fatal(err)
	}
}

// save stores a sign-in that brought a token.
func save(t *testing.T, s login.Source, p login.Provider, idToken secret.String, refreshToken string) (*login.Session, error) {
	claims, _ := idtoken.Parse(idToken)
	got := &tokens{idToken: idToken, refreshToken: secret.New(refreshToken), scope: "openid groups"}
	session := newSession(p, got, claims, time.Now())
	return session, s.Save(t.Context(), p, session)
}

func (f *fixture) fresh() (*login.Session, error) {
	return logintest.Fresh(f.Context(), f.sessions, testProvider(), time.Minute)
}

// bubble runs a test where time is faked, an hour and a second after alice signed in.
func bubble(t *testing.T, test func(f *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		time.Sleep(time.Hour + time.Second)
		test(f)
	})
}

func TestTokensAreNeverPrinted(t *testing.T) {
	t.Parallel()
	got := &tokens{idToken: secret.New("canary-i"), refreshToken: secret.New("canary-r")}
	device := &deviceCode{code: secret.New("canary-device"), verifier: secret.New("canary-verifier")}
	session := newSession(testProvider(), got, idtoken.Claims{}, time.Now())
	session.AccessToken, session.PreviousRefreshToken = secret.New("canary-a"), secret.New("canary-p")
	provider := login.Provider{ClientSecret: secret.New("canary-client")}
	if text := logintest.Printed(t, session, got, device, provider); strings.Contains(text, "canary") {
		t.Error(text)
	}
}
