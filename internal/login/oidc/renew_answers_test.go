package oidc

import (
	"context"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAResponseThatLacksSomething(t *testing.T) {
	t.Run("the refresh token", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			f.omit = []string{"refresh_token"}
			session, err := f.fresh()
			if err != nil || session.RefreshToken.Reveal() != "refresh-1" || f.stored().RefreshToken.Reveal() != "refresh-1" {
				f.Errorf("the old one stays: %v", err)
			}
		})
	})
	t.Run("the ID token", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			f.omit = []string{"id_token"}
			for range 2 {
				_, err := f.fresh()
				logintest.WantFault(f.T, err, ui.LoginNeeded, "no ID token", "can't be renewed silently", "dbxaccess login --identity acme")
			}
			if f.stored().RefreshToken.Reveal() != "refresh-2" || f.idp.Count("/token") != 1 {
				f.Errorf("asked %d times, stored %+v", f.idp.Count("/token"), f.stored())
			}
		})
	})
	t.Run("the ID token, while the old one lives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.omit = []string{"id_token"}
			session, err := logintest.Fresh(t.Context(), f.sessions, testProvider(), 2*time.Hour)
			if err != nil || session == nil || len(f.notices) != 1 {
				t.Errorf("%v, notices %q", err, f.notices)
			}
		})
	})
	t.Run("the groups", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			f.changes = map[string]any{"groups": nil, "email": nil}
			session, err := f.fresh()
			if err != nil || !slices.Equal(session.Groups, []string{"ml"}) || session.Email != "alice@example.com" {
				f.Errorf("got %+v, %v", session, err)
			}
		})
	})
}

func TestAnotherSubjectDoesNotGetIntoTheSession(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.changes = map[string]any{"sub": "mallory-1"}
		before := f.stored()
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.LoginNeeded, "another subject", "alice@example.com")
		if ui.IDOf(err) != "renewed-as-another" {
			f.Errorf("%s: %v", ui.IDOf(err), err)
		}
		if after := f.stored(); after.RefreshToken.Reveal() != "refresh-1" || after.IDToken.Reveal() != before.IDToken.Reveal() {
			f.Errorf("stored %+v", after)
		}
	})
}

func TestAnUnverifiableIDTokenDoesNotCostTheRefreshToken(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.idp.Keys = func() logintest.Reply { return logintest.Reply{Status: 503} }
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.Failed, "signing keys")
		if f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Error("the new refresh token is lost")
		}
		f.idp.Keys = nil
		if _, err := f.fresh(); err != nil {
			f.Errorf("the next try: %v", err)
		}
	})
}

func TestARefusedRefreshToken(t *testing.T) {
	t.Run("nobody else renewed", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			f.rotation = 7
			before := f.stored()
			_, err := f.fresh()
			logintest.WantFault(f.T, err, ui.LoginNeeded, "the session at idp.example.com is over", "dbxaccess login --identity acme")
			if f.idp.Count("/token") != 1 || f.stored().RefreshToken.Reveal() != before.RefreshToken.Reveal() {
				f.Errorf("asked %d times; the stored session stays", f.idp.Count("/token"))
			}
		})
	})
	replace := func(f *fixture, change func(*login.Session)) {
		f.rotation = 2
		f.idp.Token = func(form url.Values) logintest.Reply {
			if f.idp.Count("/token") == 1 {
				session := f.stored()
				session.RefreshToken = secret.New("refresh-2")
				change(session)
				if err := f.sessions.Put(f.Context(), testProvider(), session); err != nil {
					f.Error(err)
				}
			}
			return f.renewal(form)
		}
	}
	t.Run("somebody renewed it without our lock", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			replace(f, func(s *login.Session) {
				s.IDToken, s.IDTokenExpires, s.Refreshed = secret.New("theirs"), time.Now().Add(time.Hour), time.Now()
			})
			session, err := f.fresh()
			if err != nil || session.IDToken.Reveal() != "theirs" || f.idp.Count("/token") != 1 {
				f.Errorf("asked %d times: %v", f.idp.Count("/token"), err)
			}
		})
	})
	t.Run("somebody stored another token", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			replace(f, func(*login.Session) {})
			if _, err := f.fresh(); err != nil || f.idp.Count("/token") != 2 || f.stored().RefreshToken.Reveal() != "refresh-3" {
				f.Errorf("asked %d times: %v", f.idp.Count("/token"), err)
			}
		})
	})
	t.Run("somebody stored one that can't be renewed", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			replace(f, func(s *login.Session) { s.RefreshToken = secret.String{} })
			_, err := f.fresh()
			logintest.WantFault(f.T, err, ui.LoginNeeded, "no refresh token")
			if f.idp.Count("/token") != 1 {
				f.Errorf("asked %d times", f.idp.Count("/token"))
			}
		})
	})
	t.Run("somebody signed out", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			f.idp.Token = func(url.Values) logintest.Reply {
				clear(f.store.Items)
				return logintest.OAuthError(400, "invalid_grant")
			}
			_, err := f.fresh()
			logintest.WantFault(f.T, err, ui.LoginNeeded, "nobody is signed in")
		})
	})
}

func TestALostAnswerCostsAtMostOneLogin(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.idp.Token = func(form url.Values) logintest.Reply {
			if r := f.renewal(form); f.idp.Count("/token") > 1 {
				return r // the token was rotated; the provider has no grace
			}
			return logintest.Reply{Err: logintest.ErrConnectionLost}
		}
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.LoginNeeded, "is over")
		if f.idp.Count("/token") != 2 {
			f.Errorf("asked %d times", f.idp.Count("/token"))
		}
	})
}

func TestWhatStillLivesIsServedWhenRenewingFails(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *fixture)
		code  ui.Code
		waits int // words about waiting
	}{
		"no network": {func(f *fixture) {
			f.idp.Token = func(url.Values) logintest.Reply { return logintest.Reply{Err: logintest.ErrConnectionLost} }
		}, ui.Done, 0},
		"a locked keyring": {func(f *fixture) {
			f.store.FailWith("probe", ui.Errorf("keyring-locked", ui.KeyringUnavailable, "locked"))
		}, ui.Done, 0},
		"a busy lock":         {func(f *fixture) { f.store.FailWith("lock", store.ErrLockTimeout) }, ui.Done, 1},
		"the session is over": {func(f *fixture) { f.rotation = 7 }, ui.LoginNeeded, 0},
		"the client was taken": {func(f *fixture) {
			f.idp.Token = func(url.Values) logintest.Reply { return logintest.OAuthError(401, "invalid_client") }
		}, ui.Refused, 0},
		"Ctrl-C": {func(f *fixture) { f.store.FailWith("lock", context.Canceled) }, ui.Interrupted, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				c.spoil(f)
				session, err := logintest.Fresh(t.Context(), f.sessions, testProvider(), 2*time.Hour)
				served := c.code == ui.Done
				if ui.CodeOf(err) != c.code || served != (session != nil) || served != (len(f.notices) == 1+c.waits) {
					t.Errorf("%v, notices %q", err, f.notices)
				}
				if _, err := f.sessions.Renew(t.Context(), testProvider(), f.stored()); err == nil {
					t.Error("Renew has nothing to fall back on")
				}
			})
		})
	}
}

func TestASessionWithoutARefreshToken(t *testing.T) {
	bubble(t, func(f *fixture) {
		session := f.stored()
		session.RefreshToken = secret.String{}
		if err := f.sessions.Put(f.Context(), testProvider(), session); err != nil {
			f.Fatal(err)
		}
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.LoginNeeded, "no refresh token", "offline_access")
	})
}
