package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAFreshSessionCostsOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		session, err := f.fresh()
		if err != nil || session.Subject != "alice-1" || !slices.Equal(f.store.Log, []string{"get"}) || f.idp.Count("/token") != 0 {
			t.Errorf("%v; store: %v", err, f.store.Log)
		}
	})
}

func TestRenewalKeepsItsOrder(t *testing.T) {
	bubble(t, func(f *fixture) {
		before := f.stored()
		f.store.Log = nil
		f.idp.Token = func(form url.Values) logintest.Reply {
			_ = f.store.Begin("POST")
			return f.renewal(form)
		}
		session, err := f.fresh()
		if err != nil {
			f.Fatal(err)
		}
		// Stored twice: once as soon as the tokens are there, once when the ID token is verified.
		if want := strings.Fields("get lock get probe POST set set unlock"); !slices.Equal(f.store.Log, want) {
			f.Errorf("order %v, want %v", f.store.Log, want)
		}
		if form := f.idp.LastForm(); form.Get("scope") != "openid groups" {
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
				sessions := storedOn(clientOf(f.idp), f.store)
				session, err := logintest.Fresh(f.Context(), sessions, testProvider(), time.Minute)
				if err != nil {
					f.Error(err)
					return
				}
				tokens[n] = session.IDToken.Reveal()
			})
		}
		wait.Wait()
		if n := f.idp.Count("/token"); n != 1 {
			f.Errorf("%d renewals", n)
		}
		if slices.Sort(tokens); tokens[0] != tokens[99] || tokens[0] == "" {
			f.Error("the answers differ")
		}
	})
}

func TestAKeyringThatTakesNoWritesCostsNoToken(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.FailWith("probe", ui.Errorf("keyring-locked", ui.KeyringUnavailable, "the keyring is locked").With(ui.Advice("unlock it")))
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.KeyringUnavailable, "locked", "unlock it")
		if f.idp.Count("/token") != 0 {
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
				f.store.Before = func(operation string) {
					if operation != "set" {
						return
					}

					writes++
					f.store.FailWith("set", nil)
					if writes <= c.failures {
						f.store.FailWith("set", store.ErrFull)
					}
				}
				session, err := f.fresh()
				if err != nil || !session.Alive(time.Now()) {
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
		if err != nil || again.IDToken.Reveal() != renewed.IDToken.Reveal() || f.idp.Count("/token") != 1 {
			t.Errorf("what another process renewed counts: asked %d times, %v", f.idp.Count("/token"), err)
		}
	})
}

func TestWaitingForTheLockEndsWithTheDeadline(t *testing.T) {
	bubble(t, func(f *fixture) {
		unlock, err := f.store.Lock(f.Context(), login.SessionKey(testProvider()))
		if err != nil {
			f.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(f.Context(), 3*time.Second)
		defer cancel()
		if _, err := logintest.Fresh(ctx, f.sessions, testProvider(), time.Minute); !errors.Is(err, store.ErrLockTimeout) {
			f.Errorf("got %v", err)
		}
		if err := unlock(); err != nil {
			f.Fatal(err)
		}
	})
}

// A program that is killed at its deadline must not be between the provider's answer and the keyring by then.
func TestNoRefreshTokenIsSpentInTheLastSeconds(t *testing.T) {
	bubble(t, func(f *fixture) {
		within := func(left time.Duration) error {
			ctx, cancel := context.WithTimeout(f.Context(), left)
			defer cancel()
			_, err := logintest.Fresh(ctx, f.sessions, testProvider(), time.Minute)
			return err
		}
		err := within(24 * time.Second)
		logintest.WantFault(f.T, err, ui.Failed, "too little time", "try again")
		if ui.IDOf(err) != "renewal-too-late" {
			f.Errorf("%s: %v", ui.IDOf(err), err)
		}
		if f.idp.Count("/token") != 0 || f.stored().RefreshToken.Reveal() != "refresh-1" {
			f.Error("the refresh token was spent")
		}
		if err := within(26 * time.Second); err != nil || f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Errorf("with time enough it is: %v", err)
		}
	})
}

func TestCtrlCDuringTheRequestLosesNothing(t *testing.T) {
	bubble(t, func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		f.idp.Token = func(form url.Values) logintest.Reply {
			cancel()
			return f.renewal(form)
		}
		session, err := logintest.Fresh(ctx, f.sessions, testProvider(), time.Minute)
		if err != nil || session == nil || f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Errorf("%v, stored %+v", err, f.stored())
		}
		time.Sleep(time.Hour)
		if _, err := logintest.Fresh(ctx, f.sessions, testProvider(), time.Minute); ui.CodeOf(err) != ui.Interrupted || f.idp.Count("/token") != 1 {
			f.Errorf("nothing is begun after Ctrl-C: %v", err)
		}
	})
}

func TestNothingIsSpentAfterCtrlC(t *testing.T) {
	bubble(t, func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		f.store.Before = func(operation string) {
			if operation == "probe" {
				cancel()
			}
		}
		if _, err := logintest.Fresh(ctx, f.sessions, testProvider(), time.Minute); ui.CodeOf(err) != ui.Interrupted || f.idp.Count("/token") != 0 {
			f.Errorf("asked %d times: %v", f.idp.Count("/token"), err)
		}
	})
}
