package idcenter

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRenewingAtIdentityCenterKeepsItsOrder(t *testing.T) {
	bubble(t, func(f *fixture) {
		before := f.stored()
		f.store.Log = nil
		f.center.Portal[logintest.Account] = []string{"Analyst"} // one is taken away
		f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
			_ = f.store.Begin(operation)
			return nil
		}
		session, err := f.fresh()
		if err != nil {
			f.Fatal(err)
		}
		// Stored as soon as the tokens are there, and again as the assignments are others.
		if want := strings.Fields("get lock get probe token set accounts roles roles set unlock"); !slices.Equal(f.store.Log, want) {
			f.Errorf("order %v, want %v", f.store.Log, want)
		}
		stored := f.stored()
		if stored.AccessToken.Reveal() != "canary-a2" || stored.RefreshToken.Reveal() != "canary-r2" || stored.PreviousRefreshToken.Reveal() != "canary-r1" ||
			!stored.IDTokenExpires.After(before.IDTokenExpires) || !stored.Refreshed.After(before.Refreshed) {
			f.Errorf("stored %+v", stored)
		}
		if want := []string{logintest.Account + "/Analyst", logintest.OtherAccount + "/Reader"}; !slices.Equal(stored.Groups, want) || !slices.Equal(session.Groups, want) {
			f.Errorf("assigned %v", stored.Groups)
		}
		if stored.ID != before.ID || stored.Subject != before.Subject || stored.Username != "alice" {
			f.Errorf("a renewal is no sign-in: %+v", stored)
		}
		f.store.Log = nil
		time.Sleep(time.Hour)
		if _, err := f.fresh(); err != nil || slices.Equal(f.store.Log[len(f.store.Log)-2:], []string{"set", "unlock"}) {
			f.Errorf("the same assignments are not stored again: %v, %v", f.store.Log, err)
		}
	})
}

func TestHowARenewalAtIdentityCenterFails(t *testing.T) {
	for name, c := range map[string]struct {
		operation string
		answer    logintest.Reply
		code      ui.Code
		id        ui.ID
		words     []string
	}{
		"the session is over":   {"token", logintest.AWSError(400, "InvalidGrantException"), ui.LoginNeeded, "session-over", []string{"is over", "dbxaccess login --identity corp"}},
		"the token ended":       {"token", logintest.AWSError(400, "ExpiredTokenException"), ui.LoginNeeded, "session-over", []string{"is over"}},
		"revoked":               {"token", logintest.AWSError(401, "UnauthorizedException"), ui.LoginNeeded, "access-token-refused", []string{"no longer takes"}},
		"always another client": {"token", logintest.AWSError(401, "InvalidClientException"), ui.LoginNeeded, "registration-unknown", []string{"no longer knows"}},
		"refused":               {"token", logintest.AWSError(400, "InvalidScopeException"), ui.Refused, "provider-refuses", []string{"InvalidScopeException"}},
		"busy":                  {"token", logintest.AWSError(500, "InternalServerException"), ui.Failed, "provider-busy", []string{"try again"}},
		"no network":            {"token", logintest.Reply{Err: logintest.ErrConnectionLost, Unsent: true}, ui.Failed, "request-failed", []string{"connection reset"}},
		"revoked at once":       {"accounts", logintest.AWSError(401, "UnauthorizedException"), ui.LoginNeeded, "access-token-refused", []string{"no longer takes the access token"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
					if operation == c.operation {
						return &c.answer
					}
					return nil
				}
				_, err := f.fresh()
				logintest.WantFault(f.T, err, c.code, c.words...)
				if id := ui.IDOf(err); id != c.id {
					f.Errorf("got the error %q, want %s", id, c.id)
				}
				if strings.Contains(err.Error()+strings.Join(f.notices, ""), "canary") {
					f.Errorf("a secret in %v, %q", err, f.notices)
				}
				if kept := c.operation == "token"; kept != (f.stored().RefreshToken.Reveal() == "canary-r1") {
					f.Errorf("stored %+v", f.stored())
				}
			})
		})
	}
}

func TestAssignmentsThatCantBeLookedUpStay(t *testing.T) {
	for name, answer := range map[string]logintest.Reply{
		"busy":       logintest.AWSError(429, "TooManyRequestsException"),
		"no network": {Err: logintest.ErrConnectionLost},
		"no answer":  {Delay: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				before, began := f.stored(), time.Now()
				f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
					if operation == "accounts" {
						return &answer
					}
					return nil
				}
				session, err := f.fresh()
				if err != nil || !slices.Equal(session.Groups, before.Groups) || f.stored().RefreshToken.Reveal() != "canary-r2" {
					f.Errorf("got %+v, %v", session, err)
				}
				if took := time.Since(began); took > listTime {
					f.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestAnAccountThatIsTakenAwayMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
			if operation == "roles" && f.center.Count("roles") == 1 {
				return ptr(logintest.AWSError(403, "ForbiddenException"))
			}
			return nil
		}
		found, err := f.client.assignments(t.Context(), testProvider(), secret.New("canary-a1"))
		if err != nil || len(found) == 0 || len(found) > 2 {
			t.Errorf("got %v, %v", found, err)
		}
	})
}

func TestARefreshTokenIsRenewedByItsOwnClient(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *fixture)
		code  ui.Code
	}{
		"the registration was evicted": {func(f *fixture) { delete(f.store.Items, registrationKey(testProvider(), deviceFlow)) }, ui.Done},
		"it was replaced":              {func(f *fixture) { f.center.Clients = 7 }, ui.Done},
		"Identity Center forgot it":    {func(f *fixture) { f.center.Gone = []string{"c1"} }, ui.LoginNeeded},
		"it ended":                     {func(*fixture) { time.Sleep(91 * 24 * time.Hour) }, ui.LoginNeeded},
		"the session knows none":       {func(f *fixture) { f.change(func(s *login.Session) { s.Registration = nil }) }, ui.Done},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				c.spoil(f)
				if _, err := f.fresh(); ui.CodeOf(err) != c.code {
					f.Errorf("got %v", err)
				}
				if n := f.center.Count("token"); n > 1 || f.center.Count("register") > 1 {
					f.Errorf("did %v", f.center.Ops)
				}
			})
		})
	}
}

// change rewrites the stored session.
func (f *fixture) change(edit func(*login.Session)) {
	session := f.stored()
	edit(session)
	if err := f.sessions.Put(f.Context(), testProvider(), session); err != nil {
		f.Fatal(err)
	}
}

func TestATokenOfIdentityCenterThatCantBeRenewed(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.change(func(s *login.Session) { s.RefreshToken = secret.String{} })
		_, err := f.fresh()
		logintest.WantFault(f.T, err, ui.LoginNeeded, "no refresh token", "dbxaccess login --identity corp")
		if strings.Contains(err.Error(), "offline_access") || len(f.center.Ops) != 0 {
			f.Errorf("%v: %v", f.center.Ops, err)
		}
	})
	t.Run("it lives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.signIn()
			f.change(func(s *login.Session) { s.RefreshToken = secret.String{} })
			session, err := logintest.Fresh(t.Context(), f.sessions, testProvider(), 2*time.Hour)
			if ends, known := session.EndsAt(); err != nil || !known || !ends.Equal(session.IDTokenExpires) || len(f.notices) != 1 {
				t.Errorf("%v, notices %q", err, f.notices)
			}
		})
	})
}

func TestARefusedAccessTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		refused := f.signIn()
		renewed, err := f.sessions.Renew(t.Context(), testProvider(), refused)
		if err != nil || renewed.AccessToken.Reveal() != "canary-a2" {
			t.Fatalf("got %v", err)
		}
		again, err := f.sessions.Renew(t.Context(), testProvider(), refused)
		if err != nil || again.AccessToken.Reveal() != "canary-a2" {
			t.Errorf("what was renewed counts: %v", err)
		}
	})
}

func TestSigningOutOfIdentityCenter(t *testing.T) {
	for name, c := range map[string]struct {
		failing string // operation
		answer  logintest.Reply
		later   time.Duration
		told    bool
		err     error
		bearer  string
	}{
		"and tell it":                   {"", logintest.Reply{}, 0, true, nil, "canary-a1"},
		"once the token ended":          {"", logintest.Reply{}, time.Hour, true, nil, "canary-a2"},
		"and the session, too":          {"token", logintest.AWSError(400, "InvalidGrantException"), time.Hour, false, login.ErrNotRevoked, "canary-a1"},
		"the token was revoked":         {"logout", logintest.AWSError(401, "UnauthorizedException"), 0, false, login.ErrNotRevoked, "canary-a1"},
		"no network":                    {"logout", logintest.Reply{Err: logintest.ErrConnectionLost}, 0, false, login.ErrNotRevoked, "canary-a1"},
		"a page of a gateway":           {"logout", logintest.Reply{Status: http.StatusForbidden, Body: "<html>"}, 0, false, login.ErrNotRevoked, "canary-a1"},
		"a gateway, and the token ends": {"token", logintest.Reply{Status: 502}, time.Hour, false, login.ErrNotRevoked, "canary-a1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.signIn()
				time.Sleep(c.later)
				f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
					switch {
					case operation == c.failing:
						return &c.answer
					case operation == "logout" && f.center.Bearer == "canary-a1" && c.later > 0:
						return ptr(logintest.AWSError(401, "UnauthorizedException"))
					}
					return nil
				}
				gone := false
				told, err := f.sessions.Delete(t.Context(), testProvider(), func(context.Context) error { gone = true; return nil })
				if told != c.told || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || !gone || f.center.Bearer != c.bearer {
					t.Errorf("told %v, with %s: %v", told, f.center.Bearer, err)
				}
				_, kept := f.store.Items[registrationKey(testProvider(), deviceFlow)]
				if len(f.store.Items) != 1 || !kept {
					t.Errorf("kept besides the registration: %d", len(f.store.Items))
				}
			})
		})
	}
}

// The access map may have lost the identity since.
func TestSigningOutOfAnIdentityCenterThatIsNoLongerNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	session := &login.Session{Issuer: testProvider().Issuer, AccessToken: secret.New("canary-a1"), SSORegion: "us-east-1", IDTokenExpires: time.Now().Add(time.Hour)}
	if err := f.sessions.Revoke(t.Context(), session.Provider(), session); err != nil || f.center.Bearer != "canary-a1" {
		t.Errorf("%v", err)
	}
}

func TestARegistrationIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s := newFixture(t).signIn()
	grant := identitycenter.Grant{RefreshToken: s.RefreshToken}
	if text := logintest.Printed(t, s, &deviceCode{client: s.Registration, grant: grant}, grant); strings.Contains(text, "canary") {
		t.Error(text)
	}
}

// What is not settled is found again by the next call, though the token that came with it would live for hours.
func TestAssignmentsThatAreNotSettledAreLookedUpAgain(t *testing.T) {
	bubble(t, func(f *fixture) {
		before, full := f.stored(), errors.New("the disk of the record is full")
		var changes [][]string
		f.sessions.Changing = func(_ context.Context, _ login.Provider, _, after *login.Session) error {
			changes = append(changes, after.Groups)
			return full
		}
		f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
			if operation == "roles" {
				return ptr(logintest.AWSError(403, "ForbiddenException"))
			}
			return nil
		}
		if session, err := f.fresh(); !errors.Is(err, full) {
			f.Errorf("got %+v, %v", session, err)
		}
		if stored := f.stored(); !slices.Equal(stored.Groups, before.Groups) || stored.RefreshToken.Reveal() != "canary-r2" {
			f.Errorf("stored: %+v", stored)
		}
		full = nil
		if session, err := f.fresh(); err != nil || len(session.Groups) != 0 || len(f.stored().Groups) != 0 || len(changes) != 2 {
			f.Errorf("got %+v, %v after %q", session, err, changes)
		}
	})
}
