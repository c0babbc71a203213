package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestEachSignInIsASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	s := storedOn(clientOf(i), logintest.NewKeyring())
	ids := map[string]bool{}
	for _, subject := range []string{"alice-1", "alice-1", "bob-1"} {
		saved, err := save(t, s, testProvider(), i.IDToken(map[string]any{"sub": subject}), "refresh-1")
		if err != nil {
			t.Fatal(err)
		}
		stored, err := s.Load(t.Context(), testProvider())
		if err != nil || stored.ID != saved.ID || stored.Subject != subject || stored.Scope != "openid groups" || !stored.GroupsPresent {
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
		"an unusable keyring": {"", ui.Errorf("keyring-locked", ui.KeyringUnavailable, "locked").With(ui.Advice("unlock it")), ui.KeyringUnavailable, []string{"unlock it"}},
	} {
		m := logintest.NewKeyring()
		if c.item != "" {
			m.Items[login.SessionKey(testProvider())] = []byte(c.item)
		}
		if c.fail != nil {
			m.FailWith("get", c.fail)
		}
		s := storedOn(clientOf(logintest.NewIDP()), m)
		_, err := s.Load(t.Context(), testProvider())
		t.Log(name)
		logintest.WantFault(t, err, c.code, c.words...)
		if nobody := name == "nobody signed in"; errors.Is(err, login.ErrNotSignedIn) != nobody {
			t.Errorf("%s: %v", name, err)
		}
		_, err = logintest.Fresh(t.Context(), s, testProvider(), 0)
		logintest.WantFault(t, err, c.code, c.words...)
	}
}

func TestSaveTellsAKeyringThatFails(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"lock", "set"} {
		m := logintest.NewKeyring()
		m.FailWith(operation, ui.Errorf("keyring-locked", ui.KeyringUnavailable, "locked").With(ui.Advice("unlock it")))
		i := logintest.NewIDP()
		_, err := save(t, storedOn(clientOf(i), m), testProvider(), i.IDToken(nil), "")
		logintest.WantFault(t, err, ui.KeyringUnavailable, "idp.example.com", "unlock it")
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
			f.idp.Metadata = map[string]any{"revocation_endpoint": nil}
		}, false, login.ErrNoRevocation, false},
		"a provider that fails": {func(f *fixture) {
			f.idp.Revoke = func(url.Values) logintest.Reply { return logintest.Reply{Status: 502} }
		}, false, login.ErrNotRevoked, false},
		"no network": {func(f *fixture) {
			f.idp.Metadata = map[string]any{"issuer": "https://evil.example.net"}
		}, false, login.ErrNotRevoked, false},
		"nobody signed in":    {func(f *fixture) { clear(f.store.Items) }, false, nil, false},
		"a damaged session":   {func(f *fixture) { f.store.Items[login.SessionKey(testProvider())] = []byte("x") }, false, login.ErrNotRevoked, false},
		"an item with damage": {func(f *fixture) { f.store.FailWith("get", store.ErrCorrupt) }, false, login.ErrNotRevoked, false},
		"a keyring that doesn't delete": {func(f *fixture) {
			f.store.FailWith("delete", store.ErrFull)
		}, false, store.ErrFull, true},
		"a keyring that is locked": {func(f *fixture) {
			f.store.FailWith("get", errLocked)
		}, false, login.ErrNotRevoked, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.idp.Revoke = func(form url.Values) logintest.Reply {
				if form.Get("token") != "refresh-1" {
					t.Errorf("revoked %q", form.Get("token"))
				}
				return logintest.Reply{Status: http.StatusOK}
			}
			c.prepare(f)
			revoked, err := f.sessions.Delete(t.Context(), testProvider(), logintest.NothingElse)
			if revoked != c.revoked || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("revoked %v, %v", revoked, err)
			}
			if errors.Is(c.err, login.ErrNoRevocation) && ui.IDOf(err) != "revocation-missing" {
				t.Errorf("%s: %v", ui.IDOf(err), err)
			}
			if _, kept := f.store.Items[login.SessionKey(testProvider())]; kept != c.kept {
				t.Errorf("still stored: %v", kept)
			}
		})
	}
}

var errLocked = errors.New("locked")

func TestASignOutDuringARenewalStaysOne(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.idp.Revoke = func(url.Values) logintest.Reply { return logintest.Reply{Status: http.StatusOK} }
		var out sync.WaitGroup
		f.idp.Token = func(form url.Values) logintest.Reply {
			out.Go(func() {
				if _, err := f.sessions.Delete(f.Context(), testProvider(), logintest.NothingElse); err != nil {
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
		if len(f.store.Items) != 0 {
			f.Error("a session is still stored")
		}
		if form := f.idp.LastForm(); form.Get("token") != "refresh-2" {
			f.Errorf("revoked %q, not the token of the renewal", form.Get("token"))
		}
	})
}

func TestARenewalThatComesAfterASignOutRaisesNothing(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.Before = func(operation string) {
			if operation == "lock" { // read as expired, then signed out, then locked
				clear(f.store.Items)
			}
		}
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.LoginNeeded, "nobody is signed in")
		if f.idp.Count("/token") != 0 || slices.Contains(f.store.Log, "set") {
			f.Errorf("store: %v", f.store.Log)
		}
	})
}

func TestWhileHoldsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.idp.Revoke = func(url.Values) logintest.Reply { return logintest.Reply{Status: http.StatusOK} }
		errWork := errors.New("work")
		var out sync.WaitGroup
		err := f.sessions.While(t.Context(), testProvider(), func(session *login.Session) error {
			if session == nil || session.Subject != "alice-1" {
				t.Errorf("got %+v", session)
			}
			out.Go(func() { _, _ = f.sessions.Delete(t.Context(), testProvider(), logintest.NothingElse) })
			synctest.Wait()
			if len(f.store.Items) != 1 {
				t.Error("signed out meanwhile")
			}
			return errWork
		})
		if !errors.Is(err, errWork) {
			t.Errorf("got %v", err)
		}
		out.Wait()
		err = f.sessions.While(t.Context(), testProvider(), func(session *login.Session) error {
			if session != nil {
				t.Errorf("got %+v", session)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		f.store.FailWith("get", ui.Errorf("keyring-locked", ui.KeyringUnavailable, "locked"))
		err = f.sessions.While(t.Context(), testProvider(), func(*login.Session) error {
			t.Error("called without knowing who is signed in")
			return nil
		})
		if ui.CodeOf(err) != ui.KeyringUnavailable {
			t.Errorf("got %v", err)
		}
	})
}

func TestASessionOfAnotherProviderUnderThisKeyIsNone(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*login.Session){
		func(s *login.Session) { s.Issuer = "https://evil.example.net" },
		func(s *login.Session) { s.ClientID = "other" },
	} {
		i, keyring := logintest.NewIDP(), logintest.NewKeyring()
		s := storedOn(clientOf(i), keyring)
		foreign, err := save(t, s, testProvider(), i.IDToken(nil), "refresh-1")
		if err != nil {
			t.Fatal(err)
		}
		change(foreign)
		if err := s.Save(t.Context(), testProvider(), foreign); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), testProvider()); ui.CodeOf(err) != ui.LoginNeeded {
			t.Errorf("got %v", err)
		}
		if all, err := login.All(t.Context(), keyring); err != nil || len(all) != 1 || all[0].Issuer != foreign.Issuer {
			t.Errorf("All lists it: %v, %v", all, err)
		}
	}
}
