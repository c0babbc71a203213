package login

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
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRenewingAtIdentityCenterKeepsItsOrder(t *testing.T) {
	centerBubble(t, func(f *centerFixture) {
		before := f.stored()
		f.store.log = nil
		f.center.portal[testAccount] = []string{"Analyst"} // one is taken away
		f.center.answer = func(operation string, _ map[string]any) *reply {
			_ = f.store.begin(operation)
			return nil
		}
		session, err := f.fresh()
		if err != nil {
			f.Fatal(err)
		}
		// Stored as soon as the tokens are there, and again as the assignments are others.
		if want := strings.Fields("get lock get probe token set accounts roles roles set unlock"); !slices.Equal(f.store.log, want) {
			f.Errorf("order %v, want %v", f.store.log, want)
		}
		stored := f.stored()
		if stored.AccessToken.Reveal() != "canary-a2" || stored.RefreshToken.Reveal() != "canary-r2" || stored.PreviousRefreshToken.Reveal() != "canary-r1" ||
			!stored.IDTokenExpires.After(before.IDTokenExpires) || !stored.Refreshed.After(before.Refreshed) {
			f.Errorf("stored %+v", stored)
		}
		if want := []string{testAccount + "/Analyst", otherAccount + "/Reader"}; !slices.Equal(stored.Groups, want) || !slices.Equal(session.Groups, want) {
			f.Errorf("assigned %v", stored.Groups)
		}
		if stored.ID != before.ID || stored.Subject != before.Subject || stored.Username != "alice" {
			f.Errorf("a renewal is no sign-in: %+v", stored)
		}
		f.store.log = nil
		time.Sleep(time.Hour)
		if _, err := f.fresh(); err != nil || slices.Equal(f.store.log[len(f.store.log)-2:], []string{"set", "unlock"}) {
			f.Errorf("the same assignments are not stored again: %v, %v", f.store.log, err)
		}
	})
}

func TestHowARenewalAtIdentityCenterFails(t *testing.T) {
	for name, c := range map[string]struct {
		operation string
		answer    reply
		code      ui.Code
		words     []string
	}{
		"the session is over":   {"token", awsError(400, "InvalidGrantException"), ui.LoginNeeded, []string{"is over", "dbxaccess login --identity corp"}},
		"the token ended":       {"token", awsError(400, "ExpiredTokenException"), ui.LoginNeeded, []string{"is over"}},
		"revoked":               {"token", awsError(401, "UnauthorizedException"), ui.LoginNeeded, []string{"no longer takes"}},
		"always another client": {"token", awsError(401, "InvalidClientException"), ui.LoginNeeded, []string{"no longer knows"}},
		"refused":               {"token", awsError(400, "InvalidScopeException"), ui.Refused, []string{"InvalidScopeException"}},
		"busy":                  {"token", awsError(500, "InternalServerException"), ui.Failed, []string{"try again"}},
		"no network":            {"token", reply{err: errConnectionLost, unsent: true}, ui.Failed, []string{"connection reset"}},
		"revoked at once":       {"accounts", awsError(401, "UnauthorizedException"), ui.LoginNeeded, []string{"no longer takes the access token"}},
	} {
		t.Run(name, func(t *testing.T) {
			centerBubble(t, func(f *centerFixture) {
				f.center.answer = func(operation string, _ map[string]any) *reply {
					if operation == c.operation {
						return &c.answer
					}
					return nil
				}
				_, err := f.fresh()
				wantFault(f.T, err, c.code, c.words...)
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
	for name, answer := range map[string]reply{
		"busy":       awsError(429, "TooManyRequestsException"),
		"no network": {err: errConnectionLost},
		"no answer":  {delay: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			centerBubble(t, func(f *centerFixture) {
				before, began := f.stored(), time.Now()
				f.center.answer = func(operation string, _ map[string]any) *reply {
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
		f := newCenterFixture(t)
		f.center.answer = func(operation string, _ map[string]any) *reply {
			if operation == "roles" && f.center.count("roles") == 1 {
				return ptr(awsError(403, "ForbiddenException"))
			}
			return nil
		}
		found, err := f.sessions.Assignments(t.Context(), centerProvider(), secret.New("canary-a1"))
		if err != nil || len(found) == 0 || len(found) > 2 {
			t.Errorf("got %v, %v", found, err)
		}
	})
}

func TestARefreshTokenIsRenewedByItsOwnClient(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *centerFixture)
		code  ui.Code
	}{
		"the registration was evicted": {func(f *centerFixture) { delete(f.store.items, registrationKey(centerProvider(), deviceFlow)) }, ui.Done},
		"it was replaced":              {func(f *centerFixture) { f.center.clients = 7 }, ui.Done},
		"Identity Center forgot it":    {func(f *centerFixture) { f.center.gone = []string{"c1"} }, ui.LoginNeeded},
		"it ended":                     {func(*centerFixture) { time.Sleep(91 * 24 * time.Hour) }, ui.LoginNeeded},
		"the session knows none":       {func(f *centerFixture) { f.change(func(s *Session) { s.Registration = nil }) }, ui.Done},
	} {
		t.Run(name, func(t *testing.T) {
			centerBubble(t, func(f *centerFixture) {
				c.spoil(f)
				if _, err := f.fresh(); ui.CodeOf(err) != c.code {
					f.Errorf("got %v", err)
				}
				if n := f.center.count("token"); n > 1 || f.center.count("register") > 1 {
					f.Errorf("did %v", f.center.ops)
				}
			})
		})
	}
}

// change rewrites the stored session.
func (f *centerFixture) change(edit func(*Session)) {
	session := f.stored()
	edit(session)
	if err := f.sessions.set(f.Context(), centerProvider(), session); err != nil {
		f.Fatal(err)
	}
}

func TestATokenOfIdentityCenterThatCantBeRenewed(t *testing.T) {
	centerBubble(t, func(f *centerFixture) {
		f.change(func(s *Session) { s.RefreshToken = secret.String{} })
		_, err := f.fresh()
		wantFault(f.T, err, ui.LoginNeeded, "no refresh token", "dbxaccess login --identity corp")
		if strings.Contains(err.Error(), "offline_access") || len(f.center.ops) != 0 {
			f.Errorf("%v: %v", f.center.ops, err)
		}
	})
	t.Run("it lives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newCenterFixture(t)
			f.signIn()
			f.change(func(s *Session) { s.RefreshToken = secret.String{} })
			session, err := f.sessions.Fresh(t.Context(), centerProvider(), 2*time.Hour)
			if ends, known := session.EndsAt(); err != nil || !known || !ends.Equal(session.IDTokenExpires) || len(f.notices) != 1 {
				t.Errorf("%v, notices %q", err, f.notices)
			}
		})
	})
}

func TestARefusedAccessTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCenterFixture(t)
		refused := f.signIn()
		renewed, err := f.sessions.Renew(t.Context(), centerProvider(), refused)
		if err != nil || renewed.AccessToken.Reveal() != "canary-a2" {
			t.Fatalf("got %v", err)
		}
		again, err := f.sessions.Renew(t.Context(), centerProvider(), refused)
		if err != nil || again.AccessToken.Reveal() != "canary-a2" {
			t.Errorf("what was renewed counts: %v", err)
		}
	})
}

func TestSigningOutOfIdentityCenter(t *testing.T) {
	for name, c := range map[string]struct {
		failing string // operation
		answer  reply
		later   time.Duration
		told    bool
		err     error
		bearer  string
	}{
		"and tell it":                   {"", reply{}, 0, true, nil, "canary-a1"},
		"once the token ended":          {"", reply{}, time.Hour, true, nil, "canary-a2"},
		"and the session, too":          {"token", awsError(400, "InvalidGrantException"), time.Hour, false, ErrNotRevoked, "canary-a1"},
		"the token was revoked":         {"logout", awsError(401, "UnauthorizedException"), 0, false, ErrNotRevoked, "canary-a1"},
		"no network":                    {"logout", reply{err: errConnectionLost}, 0, false, ErrNotRevoked, "canary-a1"},
		"a page of a gateway":           {"logout", reply{status: http.StatusForbidden, body: "<html>"}, 0, false, ErrNotRevoked, "canary-a1"},
		"a gateway, and the token ends": {"token", reply{status: 502}, time.Hour, false, ErrNotRevoked, "canary-a1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newCenterFixture(t)
				f.signIn()
				time.Sleep(c.later)
				f.center.answer = func(operation string, _ map[string]any) *reply {
					switch {
					case operation == c.failing:
						return &c.answer
					case operation == "logout" && f.center.bearer == "canary-a1" && c.later > 0:
						return ptr(awsError(401, "UnauthorizedException"))
					}
					return nil
				}
				gone := false
				told, err := f.sessions.Delete(t.Context(), centerProvider(), func(context.Context) error { gone = true; return nil })
				if told != c.told || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || !gone || f.center.bearer != c.bearer {
					t.Errorf("told %v, with %s: %v", told, f.center.bearer, err)
				}
				_, kept := f.store.items[registrationKey(centerProvider(), deviceFlow)]
				if len(f.store.items) != 1 || !kept {
					t.Errorf("kept besides the registration: %d", len(f.store.items))
				}
			})
		})
	}
}

// The access map may have lost the identity since.
func TestSigningOutOfAnIdentityCenterThatIsNoLongerNamed(t *testing.T) {
	t.Parallel()
	f := newCenterFixture(t)
	session := &Session{Issuer: centerProvider().Issuer, AccessToken: secret.New("canary-a1"), SSORegion: "us-east-1", IDTokenExpires: time.Now().Add(time.Hour)}
	told, err := f.sessions.Revoke(t.Context(), Provider{Issuer: session.Issuer}, session)
	if !told || err != nil || f.center.bearer != "canary-a1" {
		t.Errorf("told %v, %v", told, err)
	}
}

func TestARegistrationIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s := testSession()
	atCenter(s)
	if text := printed(t, s, &centerDevice{client: s.Registration}, identitycenter.Grant{RefreshToken: s.RefreshToken}); strings.Contains(text, "canary") {
		t.Error(text)
	}
}
