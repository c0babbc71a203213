package login

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// fixture is alice signed in, at a provider that rotates refresh tokens ("refresh-1", "refresh-2", …) and takes none
// but the current one.
type fixture struct {
	*testing.T
	idp      *fakeIDP
	store    *memStore
	sessions *Sessions
	notices  []string
	rotation int
	changes  map[string]any // claims of renewed ID tokens
	omit     []string       // members left out of renewals
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, idp: newIDP(), store: newMemStore(), rotation: 1}
	f.sessions = &Sessions{Client: f.idp.client(), Store: f.store, Notice: func(message string) { f.notices = append(f.notices, message) }}
	f.idp.token = f.renewal
	idToken := f.idp.idToken(nil)
	identity, err := verify(t, f.idp, idToken)
	if err != nil {
		t.Fatal(err)
	}
	tokens := &Tokens{IDToken: idToken, RefreshToken: secret.New("refresh-1"), Scope: "openid groups"}
	if _, err := save(t, f.sessions, testProvider(), tokens, identity); err != nil {
		t.Fatal(err)
	}
	f.store.log = nil
	return f
}

func (f *fixture) renewal(form url.Values) reply {
	f.idp.mu.Lock()
	defer f.idp.mu.Unlock()
	if form.Get("refresh_token") != fmt.Sprint("refresh-", f.rotation) {
		return oauthError(400, "invalid_grant")
	}
	f.rotation++
	fields := map[string]any{
		"access_token": "a", "id_token": f.idp.idToken(f.changes).Reveal(), "refresh_token": fmt.Sprint("refresh-", f.rotation),
	}
	for _, name := range f.omit {
		delete(fields, name)
	}
	return jsonReply(http.StatusOK, fields)
}

// stored is the session as the next process finds it.
func (f *fixture) stored() *Session {
	f.Helper()
	session, err := f.sessions.Load(f.Context(), testProvider())
	if err != nil {
		f.Fatalf("the stored session: %v", err)
	}
	return session
}

// change rewrites the stored session.
func (f *fixture) change(edit func(*Session)) {
	f.Helper()
	session := f.stored()
	edit(session)
	if err := f.sessions.set(f.Context(), testProvider(), session); err != nil {
		f.Fatal(err)
	}
}

// save stores a sign-in that brought the tokens.
func save(t *testing.T, s *Sessions, p Provider, tokens *Tokens, who *Identity) (*Session, error) {
	session := newSession(p, tokens, who, s.now())
	return session, s.Save(t.Context(), p, session)
}

// browserScreen is a screen that signs in by browser, and codeScreen one that does by device code.
func browserScreen(browse func(address string)) Screen {
	return Screen{
		Flow: func(_, _ bool) (Flow, error) { return FlowBrowser, nil },
		Page: func(address string, _ bool) func() { browse(address); return func() {} },
	}
}

func codeScreen(show func(*DeviceCode)) Screen {
	return Screen{
		Flow: func(_, _ bool) (Flow, error) { return FlowDevice, nil },
		Code: func(code *DeviceCode) func() { show(code); return func() {} },
	}
}

func (f *fixture) fresh() (*Session, error) {
	return f.sessions.Fresh(f.Context(), testProvider(), time.Minute)
}

// bubble runs a test where time is faked, an hour and a second after alice signed in.
func bubble(t *testing.T, test func(f *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		time.Sleep(time.Hour + time.Second)
		test(f)
	})
}
