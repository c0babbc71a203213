package idcenter

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Listings that are throttled or slow (leapp 281, granted 458 and 811) must not cost an approval, nor hold the person.
func TestAnApprovedSignInIsKeptWhateverBecomesOfTheListing(t *testing.T) {
	pages := 0
	for name, c := range map[string]struct {
		at     string // the operation that goes wrong
		answer func() logintest.Reply
		id     ui.ID
		most   time.Duration
	}{
		"throttled":            {"accounts", func() logintest.Reply { return logintest.AWSError(429, "TooManyRequestsException") }, "provider-busy", 12 * time.Second},
		"throttled in between": {"roles", func() logintest.Reply { return logintest.Reply{Status: 429} }, "service-busy", 12 * time.Second},
		"an outage":            {"accounts", func() logintest.Reply { return logintest.Reply{Status: 500} }, "service-down", 12 * time.Second},
		"a proxy's page":       {"accounts", func() logintest.Reply { return logintest.Reply{Status: 403, Body: "<html>"} }, "web-page-came", time.Second},
		"no list":              {"accounts", func() logintest.Reply { return logintest.JSON(200, map[string]any{}) }, "another-server", time.Second},
		"null":                 {"accounts", func() logintest.Reply { return logintest.JSON(200, map[string]any{"accountList": nil}) }, "another-server", time.Second},
		"silence":              {"accounts", func() logintest.Reply { return logintest.Reply{Delay: time.Hour} }, "timed-out", signInListTime},
		"slow pages without end": {"accounts", func() logintest.Reply {
			pages++
			r := logintest.JSON(200, map[string]any{"accountList": []any{}, "nextToken": fmt.Sprint(pages)})
			r.Delay = 4 * time.Second
			return r
		}, "timed-out", signInListTime},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
				if operation != c.at {
					return nil
				}
				r := c.answer()
				return &r
			}
			told := ""
			screen := logintest.ByCode(func(*login.DeviceCode) {})
			screen.Approved = func(doing string) { told = doing }
			var approved time.Time
			done := screen.Code
			screen.Code = func(code *login.DeviceCode) func() { end := done(code); return func() { end(); approved = time.Now() } }
			session, err := f.client.SignIn(t.Context(), testProvider(), screen)
			if session == nil || session.AccessToken.Reveal() != "canary-a1" || session.RefreshToken.IsZero() || session.GroupsPresent || session.Groups != nil {
				t.Fatalf("%s: %+v, %v", name, session, err)
			}
			if ui.IDOf(err) != c.id || ui.CodeOf(err) != ui.Failed || told == "" {
				t.Errorf("%s: %s, %v, told %q", name, ui.IDOf(err), err, told)
			}
			if took := time.Since(approved); took > c.most+time.Second {
				t.Errorf("%s: took %s", name, took)
			}
		})
	}
}

func TestAnAccountThatIsListedOftenIsAskedForOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var accounts []map[string]any
	for range 500 {
		accounts = append(accounts, map[string]any{"accountId": logintest.Account}, map[string]any{"accountId": logintest.OtherAccount})
	}
	f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
		if operation != "accounts" {
			return nil
		}
		r := logintest.JSON(200, map[string]any{"accountList": accounts})
		return &r
	}
	session := f.signIn()
	if want := []string{"111122223333/Analyst", "111122223333/MLAdmin", "444455556666/Reader"}; !slices.Equal(session.Groups, want) || f.center.Count("roles") != 2 {
		t.Errorf("assigned %v, asked %d times", session.Groups, f.center.Count("roles"))
	}
}

func TestARenewalOfWhatWasNeverLookedUpSaysWhyItStillIsNot(t *testing.T) {
	bubble(t, func(f *fixture) {
		session := f.stored()
		session.Groups, session.GroupsPresent = nil, false
		if err := f.sessions.Save(f.Context(), testProvider(), session); err != nil {
			f.Fatal(err)
		}
		f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
			if operation != "accounts" {
				return nil
			}
			return &logintest.Reply{Status: 403, Body: "<html>"}
		}
		if _, err := f.sessions.Renew(f.Context(), testProvider(), session); ui.IDOf(err) != "web-page-came" {
			f.Errorf("got %v", err)
		}
		if f.stored().RefreshToken.Reveal() == session.RefreshToken.Reveal() {
			f.Error("the new tokens are not stored")
		}
		f.center.Answer = nil
		if renewed, err := f.sessions.Renew(f.Context(), testProvider(), f.stored()); err != nil || !renewed.GroupsPresent {
			f.Errorf("%+v, %v", renewed, err)
		}
	})
}
