package workspacelogin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whatever kills the process: the keyring is known to take the successor before the refresh token is spent, and has it before
// anything else happens.
func TestRenewingAtAWorkspaceKeepsItsOrder(t *testing.T) {
	bubble(t, func(f *fixture) {
		session, err := f.fresh()
		if err != nil {
			f.Fatal(err)
		}
		want := []string{
			"get", "lock", "get", "asked /.well-known/databricks-config", "asked /oidc/.well-known/oauth-authorization-server",
			"probe", "asked /oidc/v1/token", "set", "unlock",
		}
		if !slices.Equal(f.store.Log, want) {
			f.Errorf("order %q, want %q", f.store.Log, want)
		}
		stored, err := f.sessions.Load(f.Context(), provider())
		if err != nil || stored.RefreshToken.Reveal() != "r2" || stored.PreviousRefreshToken.Reveal() != "r1" || !stored.SameToken(session) ||
			time.Until(stored.IDTokenExpires) != time.Hour || stored.Subject != "alice@example.com" {
			f.Errorf("stored %+v, %v", stored, err)
		}
	})
}

func TestAHundredAtAWorkspace(t *testing.T) {
	bubble(t, func(f *fixture) {
		for round := range 3 {
			var wait sync.WaitGroup
			tokens := make([]string, 100)
			for n := range tokens {
				wait.Go(func() {
					session, err := logintest.Fresh(f.Context(), f.process(), provider(), 20*time.Minute)
					if err != nil {
						f.Error(err)
						return
					}
					tokens[n] = session.AccessToken.Reveal()
				})
			}
			wait.Wait()
			if slices.Sort(tokens); f.asks("/v1/token") != round+1 || f.over || tokens[0] != tokens[99] {
				f.Errorf("%d renewals in %d rounds; the session ended: %v", f.asks("/v1/token"), round+1, f.over)
			}
			time.Sleep(50 * time.Minute)
		}
	})
}

func TestALostAnswerOfAWorkspace(t *testing.T) {
	bubble(t, func(f *fixture) {
		lost := 1
		f.answer = func(r *http.Request) (int, string) {
			if lost > 0 && strings.HasSuffix(r.URL.Path, "/v1/token") {
				lost--
				return -1, "" // before anything was rotated
			}
			return 0, ""
		}
		if session, err := f.fresh(); err != nil || f.asks("/v1/token") != 2 || session.RefreshToken.Reveal() != "r2" {
			f.Errorf("asked %d times: %v", f.asks("/v1/token"), err)
		}
	})
}

func TestHowARenewalAtAWorkspaceFails(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   ui.Code // once the token has ended
	}{
		"over":            {400, `{"error":"invalid_request","error_description":"Refresh token is invalid"}`, ui.LoginNeeded},
		"busy":            {503, `{"error":"temporarily_unavailable"}`, ui.Failed},
		"the application": {401, `{"error":"unauthorized_client"}`, ui.Refused},
		"a page":          {200, `<html>`, ui.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.answer = func(r *http.Request) (int, string) {
					if strings.HasSuffix(r.URL.Path, "/v1/token") {
						return c.status, c.body
					}
					return 0, ""
				}
				_, err := f.fresh()
				if living := c.code == ui.Failed; living != (err == nil) {
					t.Errorf("ten minutes before the end: %v", err)
				}
				time.Sleep(11 * time.Minute)
				_, err = f.fresh()
				asked := f.asks("/v1/token")
				_, again := f.fresh()
				if ui.CodeOf(err) != c.code || ui.CodeOf(again) != c.code || f.asks("/v1/token") != asked {
					t.Errorf("%v, again %v; asked %d and %d times", err, again, asked, f.asks("/v1/token"))
				}
			})
		})
	}
}

func TestAKeyringThatFailsBeforeAWorkspaceIsAsked(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.store.FailWith("probe", errors.New("full"))
		if session, err := f.fresh(); err != nil || session.RefreshToken.Reveal() != "r1" || f.asks("/v1/token") != 0 {
			f.Errorf("the living token stays, and none is spent: %v", err)
		}
	})
}

func TestSigningOutOfAWorkspace(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone was not called")
	f := newFixture(t)
	f.stored()
	revoked, err := f.sessions.Delete(t.Context(), provider(), func(context.Context) error { gone = nil; return nil })
	if err != nil || !revoked || !f.over || gone != nil {
		t.Errorf("%v, %v, %v", revoked, err, gone)
	}
	f = newFixture(t)
	f.stored()
	f.answer = func(*http.Request) (int, string) { return 404, `{}` } // a host without metadata has no such endpoint
	if revoked, err := f.sessions.Delete(t.Context(), provider(), func(context.Context) error { return nil }); revoked || !errors.Is(err, login.ErrNoRevocation) || ui.IDOf(err) != "revocation-missing" {
		t.Errorf("%v, %v", revoked, err)
	}
}

func TestASessionIsOfOnePlaceAndPerson(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stored()
	for name, change := range map[string]func(*login.Workspace){
		"another person":    func(w *login.Workspace) { w.Subject = "00u2" },
		"another identity":  func(w *login.Workspace) { w.Beside = "session/y" },
		"another workspace": func(w *login.Workspace) { w.WorkspaceID = "7" },
		"another host":      func(w *login.Workspace) { w.Host = "https://dbc-2.cloud.databricks.com" },
		"other scopes":      func(w *login.Workspace) { w.Scopes = []string{"sql"} },
	} {
		w := *provider().Workspace
		change(&w)
		if _, err := f.sessions.Load(t.Context(), w.Provider("acme")); !errors.Is(err, login.ErrNotSignedIn) || ui.CodeOf(err) != ui.LoginNeeded ||
			(ui.IDOf(err) == "session-of-other-person") != (name == "another person") {
			t.Errorf("%s: %s: %v", name, ui.IDOf(err), err)
		}
	}
	// An item that was moved under another key is damage.
	w := *provider().Workspace
	w.Beside = "session/y"
	f.store.Items[login.SessionKey(w.Provider("acme"))] = f.store.Items[login.SessionKey(provider())]
	if _, err := f.sessions.Load(t.Context(), w.Provider("acme")); ui.IDOf(err) != "session-unusable" {
		t.Errorf("got %v", err)
	}
}
