package login

import (
	"context"
	"errors"
	"fmt"
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

// fixture is alice signed in, at a provider that rotates refresh tokens ("refresh-1", "refresh-2", …) and takes none
// but the current one.
type fixture struct {
	*testing.T
	idp      *idp
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
	if _, err := f.sessions.Save(t.Context(), testProvider(), tokens, identity); err != nil {
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

func TestAFreshSessionCostsOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		session, err := f.fresh()
		if err != nil || session.Subject != "alice-1" || !slices.Equal(f.store.log, []string{"get"}) || f.idp.count("/token") != 0 {
			t.Errorf("%v; store: %v", err, f.store.log)
		}
	})
}

func TestRenewalKeepsItsOrder(t *testing.T) {
	bubble(t, func(f *fixture) {
		before := f.stored()
		f.store.log = nil
		f.idp.token = func(form url.Values) reply {
			_ = f.store.begin("POST")
			return f.renewal(form)
		}
		session, err := f.fresh()
		if err != nil {
			f.Fatal(err)
		}
		// Stored twice: once as soon as the tokens are there, once when the ID token is verified.
		if want := strings.Fields("get lock get probe POST set set unlock"); !slices.Equal(f.store.log, want) {
			f.Errorf("order %v, want %v", f.store.log, want)
		}
		if form := f.idp.lastForm(); form.Get("scope") != "openid groups" {
			f.Errorf("sent the scope %q", form.Get("scope"))
		}
		stored := f.stored()
		if stored.RefreshToken.Reveal() != "refresh-2" || stored.PreviousRefreshToken.Reveal() != "refresh-1" ||
			stored.IDToken.Reveal() != session.IDToken.Reveal() || stored.IDToken.Reveal() == before.IDToken.Reveal() ||
			!stored.Refreshed.After(before.Refreshed) || !stored.IDTokenExpires.After(before.IDTokenExpires) {
			f.Errorf("stored %+v", stored)
		}
		if stored.ID != before.ID || !stored.SignedIn.Equal(before.SignedIn) || stored.Scope != "openid groups" {
			f.Errorf("a renewal is no sign-in: %+v", stored)
		}
	})
}

func TestOneOfAHundredRenews(t *testing.T) {
	bubble(t, func(f *fixture) {
		var wait sync.WaitGroup
		tokens := make([]string, 100)
		for n := range tokens {
			wait.Go(func() {
				// Each with a Sessions of its own, as processes have.
				sessions := &Sessions{Client: f.idp.client(), Store: f.store}
				session, err := sessions.Fresh(f.Context(), testProvider(), time.Minute)
				if err != nil {
					f.Error(err)
					return
				}
				tokens[n] = session.IDToken.Reveal()
			})
		}
		wait.Wait()
		if n := f.idp.count("/token"); n != 1 {
			f.Errorf("%d renewals", n)
		}
		if slices.Sort(tokens); tokens[0] != tokens[99] || tokens[0] == "" {
			f.Error("the answers differ")
		}
	})
}

func TestAKeyringThatTakesNoWritesCostsNoToken(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.fail["probe"] = ui.Fault(ui.KeyringUnavailable, "unlock it", "the keyring is locked")
		_, err := f.fresh()
		wantFault(f.T, err, ui.KeyringUnavailable, "locked", "unlock it")
		if f.idp.count("/token") != 0 {
			f.Error("the refresh token was spent")
		}
	})
}

func TestAWriteThatFailsAfterRotation(t *testing.T) {
	const canary = "refresh-"
	for name, c := range map[string]struct {
		failures int // of the writes after the renewal
		told     bool
	}{
		"once":             {1, false},
		"twice":            {2, false},
		"the whole first":  {3, false},
		"again and again ": {100, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				writes := 0
				f.store.before = func(operation string) {
					if operation != "set" {
						return
					}
					f.store.mu.Lock()
					defer f.store.mu.Unlock()
					writes++
					delete(f.store.fail, "set")
					if writes <= c.failures {
						f.store.fail["set"] = store.ErrFull
					}
				}
				session, err := f.fresh()
				if err != nil || !session.alive(time.Now()) {
					f.Fatalf("who asked gets the session all the same: %v", err)
				}
				if c.told != (len(f.notices) == 1) || strings.Contains(strings.Join(f.notices, ""), canary) {
					f.Errorf("notices %q", f.notices)
				}
				if c.told != (f.stored().RefreshToken.Reveal() == "refresh-1") || c.told && writes != 6 {
					f.Errorf("%d writes, stored %+v", writes, f.stored())
				}
			})
		})
	}
}

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
				wantFault(f.T, err, ui.LoginNeeded, "no ID token", "can't be renewed silently", "dbxaccess login --identity acme")
			}
			if f.stored().RefreshToken.Reveal() != "refresh-2" || f.idp.count("/token") != 1 {
				f.Errorf("asked %d times, stored %+v", f.idp.count("/token"), f.stored())
			}
		})
	})
	t.Run("the ID token, while the old one lives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.omit = []string{"id_token"}
			session, err := f.sessions.Fresh(t.Context(), testProvider(), 2*time.Hour)
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
		wantFault(f.T, err, ui.LoginNeeded, "another subject", "alice@example.com")
		if after := f.stored(); after.RefreshToken.Reveal() != "refresh-1" || after.IDToken.Reveal() != before.IDToken.Reveal() {
			f.Errorf("stored %+v", after)
		}
	})
}

func TestAnUnverifiableIDTokenDoesNotCostTheRefreshToken(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.idp.keys = func() reply { return reply{status: 503} }
		_, err := f.fresh()
		wantFault(f.T, err, ui.Failed, "signing keys")
		if f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Error("the new refresh token is lost")
		}
		f.idp.keys = nil
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
			wantFault(f.T, err, ui.LoginNeeded, "the session at idp.example.com is over", "dbxaccess login --identity acme")
			if f.idp.count("/token") != 1 || f.stored().RefreshToken.Reveal() != before.RefreshToken.Reveal() {
				f.Errorf("asked %d times; the stored session stays", f.idp.count("/token"))
			}
		})
	})
	replace := func(f *fixture, change func(*Session)) {
		f.rotation = 2
		f.idp.token = func(form url.Values) reply {
			if f.idp.count("/token") == 1 {
				session := f.stored()
				session.RefreshToken = secret.New("refresh-2")
				change(session)
				if err := f.sessions.set(f.Context(), testProvider(), session); err != nil {
					f.Error(err)
				}
			}
			return f.renewal(form)
		}
	}
	t.Run("somebody renewed it without our lock", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			replace(f, func(s *Session) {
				s.IDToken, s.IDTokenExpires, s.Refreshed = secret.New("theirs"), time.Now().Add(time.Hour), time.Now()
			})
			session, err := f.fresh()
			if err != nil || session.IDToken.Reveal() != "theirs" || f.idp.count("/token") != 1 {
				f.Errorf("asked %d times: %v", f.idp.count("/token"), err)
			}
		})
	})
	t.Run("somebody stored another token", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			replace(f, func(*Session) {})
			if _, err := f.fresh(); err != nil || f.idp.count("/token") != 2 || f.stored().RefreshToken.Reveal() != "refresh-3" {
				f.Errorf("asked %d times: %v", f.idp.count("/token"), err)
			}
		})
	})
	t.Run("somebody signed out", func(t *testing.T) {
		bubble(t, func(f *fixture) {
			f.idp.token = func(url.Values) reply {
				clear(f.store.items)
				return oauthError(400, "invalid_grant")
			}
			_, err := f.fresh()
			wantFault(f.T, err, ui.LoginNeeded, "nobody is signed in")
		})
	})
}

func TestALostAnswerCostsAtMostOneLogin(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.idp.token = func(form url.Values) reply {
			if r := f.renewal(form); f.idp.count("/token") > 1 {
				return r // the token was rotated; the provider has no grace
			}
			return reply{err: errConnectionLost}
		}
		_, err := f.fresh()
		wantFault(f.T, err, ui.LoginNeeded, "is over")
		if f.idp.count("/token") != 2 {
			f.Errorf("asked %d times", f.idp.count("/token"))
		}
	})
}

func TestWhatStillLivesIsServedWhenRenewingFails(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *fixture)
		code  ui.Code
	}{
		"no network":           {func(f *fixture) { f.idp.token = func(url.Values) reply { return reply{err: errConnectionLost} } }, ui.Done},
		"a locked keyring":     {func(f *fixture) { f.store.fail["probe"] = ui.Fault(ui.KeyringUnavailable, "", "locked") }, ui.Done},
		"a busy lock":          {func(f *fixture) { f.store.fail["lock"] = store.ErrLockTimeout }, ui.Done},
		"the session is over":  {func(f *fixture) { f.rotation = 7 }, ui.LoginNeeded},
		"the client was taken": {func(f *fixture) { f.idp.token = func(url.Values) reply { return oauthError(401, "invalid_client") } }, ui.Refused},
		"Ctrl-C":               {func(f *fixture) { f.store.fail["lock"] = context.Canceled }, ui.Interrupted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				c.spoil(f)
				session, err := f.sessions.Fresh(t.Context(), testProvider(), 2*time.Hour)
				served := c.code == ui.Done
				if ui.CodeOf(err) != c.code || served != (session != nil) || served != (len(f.notices) == 1) {
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
		if err := f.sessions.set(f.Context(), testProvider(), session); err != nil {
			f.Fatal(err)
		}
		_, err := f.fresh()
		wantFault(f.T, err, ui.LoginNeeded, "no refresh token", "offline_access")
	})
}

func TestRenewReplacesATokenThatLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		refused := f.stored()
		time.Sleep(time.Second) // or the new token would be the same, byte for byte
		renewed, err := f.sessions.Renew(t.Context(), testProvider(), refused)
		if err != nil || renewed.IDToken.Reveal() == refused.IDToken.Reveal() {
			t.Fatalf("got %v", err)
		}
		again, err := f.sessions.Renew(t.Context(), testProvider(), refused)
		if err != nil || again.IDToken.Reveal() != renewed.IDToken.Reveal() || f.idp.count("/token") != 1 {
			t.Errorf("what another process renewed counts: asked %d times, %v", f.idp.count("/token"), err)
		}
	})
}

func TestWaitingForTheLockEndsWithTheDeadline(t *testing.T) {
	bubble(t, func(f *fixture) {
		unlock, err := f.store.Lock(f.Context(), SessionKey(testProvider()))
		if err != nil {
			f.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(f.Context(), 3*time.Second)
		defer cancel()
		if _, err := f.sessions.Fresh(ctx, testProvider(), time.Minute); !errors.Is(err, store.ErrLockTimeout) {
			f.Errorf("got %v", err)
		}
		if err := unlock(); err != nil {
			f.Fatal(err)
		}
	})
}

func TestCtrlCDuringTheRequestLosesNothing(t *testing.T) {
	bubble(t, func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		f.idp.token = func(form url.Values) reply {
			cancel()
			return f.renewal(form)
		}
		session, err := f.sessions.Fresh(ctx, testProvider(), time.Minute)
		if err != nil || session == nil || f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Errorf("%v, stored %+v", err, f.stored())
		}
		time.Sleep(time.Hour)
		if _, err := f.sessions.Fresh(ctx, testProvider(), time.Minute); ui.CodeOf(err) != ui.Interrupted || f.idp.count("/token") != 1 {
			f.Errorf("nothing is begun after Ctrl-C: %v", err)
		}
	})
}
