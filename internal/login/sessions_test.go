package login

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestEachSignInIsASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	s := &Sessions{Client: newIDP().client(), Store: newMemStore()}
	ids := map[string]bool{}
	for _, subject := range []string{"alice-1", "alice-1", "bob-1"} {
		identity := &Identity{Subject: subject, Groups: []string{"ml"}, GroupsPresent: true, Expires: time.Now().Add(time.Hour)}
		saved, err := save(t, s, testProvider(), &Tokens{IDToken: secret.New("a.b.c"), Scope: "openid"}, identity)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := s.Load(t.Context(), testProvider())
		if err != nil || stored.ID != saved.ID || stored.Subject != subject || stored.Scope != "openid" || !stored.GroupsPresent {
			t.Errorf("stored %+v, %v", stored, err)
		}
		ids[saved.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("%d ids for 3 sign-ins", len(ids))
	}
}

func TestWhatTheKeyringSaysBecomesAnExitCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		item  string
		fail  error
		code  ui.Code
		words []string
	}{
		"nobody signed in":    {"", nil, ui.LoginNeeded, []string{"nobody is signed in at idp.example.com", "dbxaccess login --identity acme"}},
		"a damaged item":      {"x", store.ErrCorrupt, ui.LoginNeeded, []string{"can't be used", "dbxaccess login"}},
		"a damaged session":   {"x", nil, ui.LoginNeeded, []string{"damaged"}},
		"a newer session":     {`{"version":2}`, nil, ui.LoginNeeded, []string{"newer dbxaccess"}},
		"an unusable keyring": {"", ui.Fault(ui.KeyringUnavailable, "unlock it", "locked"), ui.KeyringUnavailable, []string{"unlock it"}},
	} {
		m := newMemStore()
		if c.item != "" {
			m.items[SessionKey(testProvider())] = []byte(c.item)
		}
		if c.fail != nil {
			m.fail["get"] = c.fail
		}
		s := &Sessions{Client: newIDP().client(), Store: m}
		_, err := s.Load(t.Context(), testProvider())
		t.Log(name)
		wantFault(t, err, c.code, c.words...)
		if nobody := name == "nobody signed in"; errors.Is(err, ErrNotSignedIn) != nobody {
			t.Errorf("%s: %v", name, err)
		}
		_, err = s.Fresh(t.Context(), testProvider(), 0)
		wantFault(t, err, c.code, c.words...)
	}
}

func TestSaveTellsAKeyringThatFails(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"lock", "set"} {
		m := newMemStore()
		m.fail[operation] = ui.Fault(ui.KeyringUnavailable, "unlock it", "locked")
		s := &Sessions{Client: newIDP().client(), Store: m}
		_, err := save(t, s, testProvider(), &Tokens{IDToken: secret.New("a.b.c")}, &Identity{Subject: "alice-1"})
		wantFault(t, err, ui.KeyringUnavailable, "idp.example.com", "unlock it")
	}
}

func TestDeleteSignsOut(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(f *fixture)
		revoked bool
		err     error
		kept    bool
	}{
		"and tells the provider": {func(*fixture) {}, true, nil, false},
		"a provider without revocation": {func(f *fixture) {
			f.idp.metadata = map[string]any{"revocation_endpoint": nil}
		}, false, nil, false},
		"a provider that fails": {func(f *fixture) {
			f.idp.revoke = func(url.Values) reply { return reply{status: 502} }
		}, false, ErrNotRevoked, false},
		"no network": {func(f *fixture) {
			f.idp.metadata = map[string]any{"issuer": "https://evil.example.net"}
		}, false, ErrNotRevoked, false},
		"nobody signed in":    {func(f *fixture) { clear(f.store.items) }, false, nil, false},
		"a damaged session":   {func(f *fixture) { f.store.items[SessionKey(testProvider())] = []byte("x") }, false, nil, false},
		"an item with damage": {func(f *fixture) { f.store.fail["get"] = store.ErrCorrupt }, false, nil, false},
		"a keyring that doesn't delete": {func(f *fixture) {
			f.store.fail["delete"] = store.ErrFull
		}, false, store.ErrFull, true},
		"a keyring that is locked": {func(f *fixture) {
			f.store.fail["get"] = errLocked
		}, false, errLocked, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.idp.revoke = func(form url.Values) reply {
				if form.Get("token") != "refresh-1" {
					t.Errorf("revoked %q", form.Get("token"))
				}
				return reply{status: http.StatusOK}
			}
			c.prepare(f)
			revoked, err := f.sessions.Delete(t.Context(), testProvider(), nothingElse)
			if revoked != c.revoked || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("revoked %v, %v", revoked, err)
			}
			if _, kept := f.store.items[SessionKey(testProvider())]; kept != c.kept {
				t.Errorf("still stored: %v", kept)
			}
		})
	}
}

var errLocked = errors.New("locked")

func TestASignOutDuringARenewalStaysOne(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.idp.revoke = func(url.Values) reply { return reply{status: http.StatusOK} }
		var out sync.WaitGroup
		f.idp.token = func(form url.Values) reply {
			out.Go(func() {
				if _, err := f.sessions.Delete(f.Context(), testProvider(), nothingElse); err != nil {
					f.Error(err)
				}
			})
			// Let Delete come as far as it can.
			time.Sleep(5 * time.Second)
			return f.renewal(form)
		}
		if _, err := f.fresh(); err != nil {
			f.Errorf("who was first finishes: %v", err)
		}
		out.Wait()
		if len(f.store.items) != 0 {
			f.Error("a session is still stored")
		}
		if form := f.idp.lastForm(); form.Get("token") != "refresh-2" {
			f.Errorf("revoked %q, not the token of the renewal", form.Get("token"))
		}
	})
}

func TestARenewalThatComesAfterASignOutRaisesNothing(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.before = func(operation string) {
			if operation == "lock" { // read as expired, then signed out, then locked
				clear(f.store.items)
			}
		}
		_, err := f.fresh()
		wantFault(f.T, err, ui.LoginNeeded, "nobody is signed in")
		if f.idp.count("/token") != 0 || slices.Contains(f.store.log, "set") {
			f.Errorf("store: %v", f.store.log)
		}
	})
}

func TestWhileHoldsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.idp.revoke = func(url.Values) reply { return reply{status: http.StatusOK} }
		errWork := errors.New("work")
		var out sync.WaitGroup
		err := f.sessions.While(t.Context(), testProvider(), func(session *Session) error {
			if session == nil || session.Subject != "alice-1" {
				t.Errorf("got %+v", session)
			}
			out.Go(func() { _, _ = f.sessions.Delete(t.Context(), testProvider(), nothingElse) })
			synctest.Wait()
			if len(f.store.items) != 1 {
				t.Error("signed out meanwhile")
			}
			return errWork
		})
		if !errors.Is(err, errWork) {
			t.Errorf("got %v", err)
		}
		out.Wait()
		err = f.sessions.While(t.Context(), testProvider(), func(session *Session) error {
			if session != nil {
				t.Errorf("got %+v", session)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		f.store.fail["get"] = ui.Fault(ui.KeyringUnavailable, "", "locked")
		err = f.sessions.While(t.Context(), testProvider(), func(*Session) error {
			t.Error("called without knowing who is signed in")
			return nil
		})
		if ui.CodeOf(err) != ui.KeyringUnavailable {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheClockOfSessionsIsTheClientsUnlessSet(t *testing.T) {
	t.Parallel()
	i := newIDP()
	i.now = func() time.Time { return noon }
	s := &Sessions{Client: i.client()}
	if !s.now().Equal(noon) {
		t.Errorf("got %s", s.now())
	}
	s.Now = func() time.Time { return noon.Add(1) }
	if !s.now().Equal(noon.Add(1)) || strings.Contains(s.now().String(), "m=") {
		t.Errorf("got %s", s.now())
	}
}
