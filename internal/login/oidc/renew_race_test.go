package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// family is a provider that ends the session when a replaced refresh token comes back, as Okta and Auth0 do.
type family struct {
	f    *fixture
	dead bool
	lose int // answers that get lost after the rotation
}

func (f *fixture) family() *family {
	fam := &family{f: f}
	f.idp.Token = fam.renewal
	return fam
}

func (fam *family) renewal(form url.Values) logintest.Reply {
	fam.f.mu.Lock()
	number, err := strconv.Atoi(strings.TrimPrefix(form.Get("refresh_token"), "refresh-"))
	if err != nil || number != fam.f.rotation {
		fam.dead = true
	}
	dead := fam.dead
	lost := !dead && fam.lose > 0
	if lost {
		fam.lose--
	}
	fam.f.mu.Unlock()
	if dead {
		return logintest.OAuthError(http.StatusBadRequest, "invalid_grant")
	}
	r := fam.f.renewal(form)
	if lost {
		return logintest.Reply{Err: logintest.ErrConnectionLost}
	}
	return r
}

// ofAll asks as many processes at once for a session, and returns what they got.
func (f *fixture) ofAll(ctx context.Context, processes int) (tokens []string, errs []error) {
	tokens, errs = make([]string, processes), make([]error, processes)
	var wait sync.WaitGroup
	for n := range processes {
		wait.Go(func() {
			sessions := storedOn(clientOf(f.idp), f.store)
			session, err := logintest.Fresh(ctx, sessions, testProvider(), time.Minute)
			if errs[n] = err; err == nil {
				tokens[n] = session.IDToken.Reveal()
			}
		})
	}
	wait.Wait()
	return tokens, errs
}

func TestReuseDetectionNeverFires(t *testing.T) {
	bubble(t, func(f *fixture) {
		fam := f.family()
		for round := range 5 {
			tokens, errs := f.ofAll(f.Context(), 100)
			if err := errors.Join(errs...); err != nil {
				f.Fatal(err)
			}
			if slices.Sort(tokens); tokens[0] != tokens[99] || f.idp.Count("/token") != round+1 || fam.dead {
				f.Fatalf("%d renewals in %d rounds, the session ended: %v", f.idp.Count("/token"), round+1, fam.dead)
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestReuseDetectionFiresOnceAtMost(t *testing.T) {
	bubble(t, func(f *fixture) {
		fam := f.family()
		fam.lose = 1
		_, errs := f.ofAll(f.Context(), 100)
		for _, err := range errs {
			logintest.WantFault(f.T, err, ui.LoginNeeded, "is over")
		}
		if !fam.dead || f.stored().RefreshToken.Reveal() != "refresh-1" {
			f.Errorf("ended: %v, stored %+v", fam.dead, f.stored())
		}
	})
}

func TestAHundredAndAKeyringThatFails(t *testing.T) {
	bubble(t, func(f *fixture) {
		fam := f.family()
		var failing sync.Once
		f.store.Before = func(operation string) {
			if operation == "set" {
				failing.Do(func() {
					f.store.FailWith("set", store.ErrFull)
					time.AfterFunc(500*time.Millisecond, func() {
						f.store.FailWith("set", nil)
					})
				})
			}
		}
		if _, errs := f.ofAll(f.Context(), 100); errors.Join(errs...) != nil || fam.dead || f.idp.Count("/token") != 1 {
			f.Errorf("%d renewals, the session ended: %v, %v", f.idp.Count("/token"), fam.dead, errors.Join(errs...))
		}
		if f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Error("the new refresh token is lost")
		}
	})
}

func TestSigningOutAmongAHundred(t *testing.T) {
	bubble(t, func(f *fixture) {
		fam := f.family()
		f.idp.Revoke = func(url.Values) logintest.Reply { return logintest.Reply{Status: http.StatusOK} }
		var out sync.WaitGroup
		var once sync.Once
		f.idp.Token = func(form url.Values) logintest.Reply {
			once.Do(func() {
				out.Go(func() {
					if _, err := f.sessions.Delete(f.Context(), testProvider(), logintest.NothingElse); err != nil {
						f.Error(err)
					}
				})
				time.Sleep(time.Second)
			})
			return fam.renewal(form)
		}
		_, errs := f.ofAll(f.Context(), 100)
		out.Wait()
		for _, err := range errs {
			if err != nil && ui.CodeOf(err) != ui.LoginNeeded {
				f.Error(err)
			}
		}
		if len(f.store.Items) != 0 || fam.dead || f.idp.Count("/token") != 1 {
			f.Errorf("%d items are left after %d renewals", len(f.store.Items), f.idp.Count("/token"))
		}
	})
}

func TestWhoGivesUpWaitingSpendsNothing(t *testing.T) {
	bubble(t, func(f *fixture) {
		fam := f.family()
		ctx, cancel := context.WithCancel(f.Context())
		f.idp.Token = func(form url.Values) logintest.Reply {
			cancel() // Ctrl-C in a terminal ends them all
			return fam.renewal(form)
		}
		tokens, errs := f.ofAll(ctx, 100)
		got := 0
		for n, err := range errs {
			if tokens[n] != "" {
				got++
			} else if ui.CodeOf(err) != ui.Interrupted {
				f.Error(err)
			}
		}
		if got == 0 || f.idp.Count("/token") != 1 || f.stored().RefreshToken.Reveal() != "refresh-2" {
			f.Errorf("%d renewals, %d got one", f.idp.Count("/token"), got)
		}
	})
}

// Encrypted files and the locks of the operating system, each process with a keyring of its own.
func TestRealLocks(t *testing.T) {
	t.Parallel()
	f := &fixture{T: t, idp: logintest.NewIDP(), rotation: 1}
	fam := f.family()
	dir, locks := t.TempDir(), t.TempDir()
	process := func() *login.Stored {
		keyring, err := store.Open(store.Options{
			Service: "login-test", Selection: store.Selection{Backend: store.File}, FileDir: dir, LockDir: locks, Now: time.Now,
			Passphrase: func(context.Context) (secret.String, error) { return secret.New("canary"), nil }, Timeout: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		return storedOn(clientOf(f.idp), keyring)
	}
	first := process()
	ending := f.idp.IDToken(map[string]any{"exp": time.Now().Add(2 * time.Second).Unix()})
	if _, err := save(t, first, testProvider(), ending, "refresh-1"); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	got := make([]string, 8)
	for n := range got {
		wait.Go(func() {
			session, err := logintest.Fresh(t.Context(), process(), testProvider(), 30*time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			got[n] = fmt.Sprint(session.RefreshToken.Reveal(), session.IDTokenExpires)
		})
	}
	wait.Wait()
	if slices.Sort(got); got[0] != got[7] || fam.dead || f.idp.Count("/token") != 1 {
		t.Errorf("%d renewals, the session ended: %v", f.idp.Count("/token"), fam.dead)
	}
}

func TestEntrasKeyIsComparedOnRenewal(t *testing.T) {
	const tenant = "/t1/v2.0"
	bubble(t, func(f *fixture) {
		entra := testProvider()
		entra.Kind, entra.Issuer = "entra", logintest.Issuer+tenant
		f.idp.Metadata = map[string]any{"issuer": entra.Issuer}
		f.client.HTTP = &http.Client{Transport: below{tenant, f.idp}}
		claims := func(oid string) map[string]any { return map[string]any{"iss": entra.Issuer, "tid": "t1", "oid": oid} }
		if _, err := save(f.T, f.sessions, entra, f.idp.IDToken(claims("o1")), "refresh-1"); err != nil {
			f.Fatal(err)
		}
		time.Sleep(time.Hour + time.Second)
		for n, c := range []struct {
			oid  string
			code ui.Code
		}{{"o1", ui.Done}, {"o2", ui.LoginNeeded}} {
			f.changes = claims(c.oid)
			session, err := logintest.Fresh(f.Context(), f.sessions, entra, time.Minute)
			if ui.CodeOf(err) != c.code || err == nil && session.Key != "o1@t1" {
				f.Errorf("%d: %+v, %v", n, session, err)
			}
			time.Sleep(time.Hour + time.Second)
		}
		if stored, err := f.sessions.Load(f.Context(), entra); err != nil || stored.RefreshToken.Reveal() != "refresh-2" || stored.Key != "o1@t1" {
			f.Errorf("the other's refresh token got into the session: %+v, %v", stored, err)
		}
	})
}

// below is a provider that has its pages under a path.
type below struct {
	path string
	idp  *logintest.IDP
}

func (b below) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Path = strings.TrimPrefix(req.URL.Path, b.path)
	return b.idp.RoundTrip(req)
}
