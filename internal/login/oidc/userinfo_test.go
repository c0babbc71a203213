package oidc

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Groups may be at the userinfo endpoint alone: Authelia, Okta's org server (argo-cd 8272).
func TestUserInfoIsBelievedOfTheSameSubjectOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply logintest.Reply
		code  ui.Code // ui.Done: it is believed
		id    ui.ID
		words []string
	}{
		"honest":              {logintest.JSON(200, map[string]any{"sub": "alice-1", "groups": []string{"ml"}}), ui.Done, "", nil},
		"somebody else":       {logintest.JSON(200, map[string]any{"sub": "mallory\x1b", "groups": []string{"ml"}}), ui.Refused, "userinfo-of-another", []string{`answered about "mallory"`, "in between"}},
		"nobody":              {logintest.JSON(200, map[string]any{"groups": []string{"ml"}}), ui.Refused, "userinfo-of-another", []string{`about ""`}},
		"a number":            {logintest.JSON(200, map[string]any{"sub": 7}), ui.Refused, "userinfo-of-another", []string{`about ""`}},
		"a JWT":               {logintest.Reply{Status: 200, ContentType: "application/jwt", Body: "a.b.c"}, ui.Refused, "userinfo-signed", []string{"signed or encrypted JWT", "userinfo_signed_response_alg"}},
		"a page":              {logintest.Reply{Status: 200, ContentType: "text/html", Body: "<html>"}, ui.Failed, "web-page-came", []string{"a web page"}},
		"a passing fault":     {logintest.Reply{Status: 503}, ui.Failed, "service-down", []string{"answered 503"}},
		"no connection":       {logintest.Reply{Err: logintest.ErrConnectionLost}, ui.Failed, "request-failed", []string{"userinfo"}},
		"a server that hangs": {logintest.Reply{Delay: time.Hour}, ui.Failed, "timed-out", []string{"userinfo"}},
		"a proxy's page":      {logintest.Reply{Status: 403, ContentType: "text/html", Body: "<html>"}, ui.Failed, "web-page-came", []string{"is a web page (403 Forbidden)"}},
		"a refusal": {logintest.Reply{Status: 401, Header: map[string]string{"WWW-Authenticate": `Bearer error="invalid_token", was="canary-access"`}}, ui.Refused, "userinfo-refused",
			[]string{"answered 401 Unauthorized", "invalid_token", "[redacted]", "openid"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			i := logintest.NewIDP()
			i.UserInfo = func(authorization string) logintest.Reply {
				if authorization != "Bearer canary-access" {
					t.Errorf("%s: asked with %q", name, authorization)
				}
				return c.reply
			}
			client, p := clientOf(i), testProvider()
			p.UserInfo = true
			got := &tokens{idToken: i.IDToken(nil), accessToken: secret.New("canary-access")}
			claims, err := client.identify(t.Context(), p, discover(t, client, p), got, "")
			switch {
			case c.code != ui.Done:
				t.Log(name)
				logintest.WantFault(t, err, c.code, c.words...)
				if ui.IDOf(err) != c.id || strings.Contains(err.Error(), "canary") {
					t.Errorf("%s: %v", ui.IDOf(err), err)
				}
			case err != nil || claims.Text("sub") != "alice-1" || got.info.Text("sub") != "alice-1":
				t.Errorf("%s: %v, %v", name, got.info, err)
			}
		})
	}
	i := logintest.NewIDP()
	client, p := clientOf(i), testProvider()
	if _, err := client.identify(t.Context(), p, discover(t, client, p), &tokens{idToken: i.IDToken(nil)}, ""); err != nil || i.Count("/userinfo") > 0 {
		t.Errorf("it was asked unasked: %v", err)
	}
}

func TestAProviderWithoutUserInfo(t *testing.T) {
	t.Parallel()
	p := testProvider()
	p.UserInfo = true
	for _, endpoint := range []any{nil, "http://idp.example.com/userinfo", "https://127.0.0.1/userinfo"} {
		i := logintest.NewIDP()
		i.Metadata = map[string]any{"userinfo_endpoint": endpoint}
		_, err := clientOf(i).Discover(t.Context(), p)
		logintest.WantFault(t, err, ui.Failed, "userinfo_endpoint")
	}
}

// informed is a fixture whose groups are at the userinfo endpoint.
func informed(t *testing.T, test func(f *fixture, p login.Provider, info map[string]any)) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		p, info := testProvider(), map[string]any{"sub": "alice-1", "groups": []string{"ml"}}
		p.UserInfo = true
		f.idp.UserInfo = func(string) logintest.Reply { return logintest.JSON(200, info) }
		f.changes = map[string]any{"groups": []string{"of-the-token"}, "email": nil, "name": nil, "preferred_username": nil}
		test(f, p, info)
	})
}

func TestARenewalAsksUserInfoAgain(t *testing.T) {
	informed(t, func(f *fixture, p login.Provider, info map[string]any) {
		// The session is of a map that read the ID token: whoever needs the groups renews.
		session, err := f.sessions.Load(f.Context(), p)
		if err != nil || session.Groups != nil || session.GroupsPresent || !session.GroupsUnasked {
			f.Fatalf("before: %+v, %v", session, err)
		}
		fresh := func(want ...string) {
			f.Helper()
			session, err := logintest.Fresh(f.Context(), f.sessions, p, time.Minute)
			if err != nil || !slices.Equal(session.Groups, want) || session.GroupsUnasked || session.Display() != "alice@example.com" {
				f.Fatalf("%+v, %v", session, err)
			}
			if stored, err := f.sessions.Load(f.Context(), p); err != nil || !slices.Equal(stored.Groups, want) || !stored.UserInfo || stored.GroupsUnasked {
				f.Fatalf("stored %+v, %v", stored, err)
			}
		}
		fresh("ml")
		fresh("ml")
		if n := f.idp.Count("/userinfo"); n != 1 {
			f.Errorf("asked %d times", n)
		}
		info["groups"] = map[string]any{"other": 1}
		time.Sleep(time.Hour)
		fresh("other")
		delete(info, "groups") // nobody's mishap: it was asked
		time.Sleep(time.Hour)
		fresh()
		// The map goes back to the ID token.
		if session, err := f.sessions.Load(f.Context(), testProvider()); err != nil || !slices.Equal(session.Groups, []string{"of-the-token"}) || session.UserInfo {
			f.Errorf("%+v, %v", session, err)
		}
	})
}

func TestUserInfoThatDoesNotAnswerKeepsTheGroupsForADay(t *testing.T) {
	informed(t, func(f *fixture, p login.Provider, info map[string]any) {
		if _, err := logintest.Fresh(f.Context(), f.sessions, p, time.Minute); err != nil {
			f.Fatal(err)
		}
		f.idp.UserInfo = func(string) logintest.Reply { return logintest.Reply{Status: 503} }
		for n := range 23 {
			time.Sleep(time.Hour + time.Second)
			if session, err := logintest.Fresh(f.Context(), f.sessions, p, time.Minute); err != nil || !slices.Equal(session.Groups, []string{"ml"}) {
				f.Fatalf("renewal %d: %+v, %v", n+1, session, err)
			}
		}
		if len(f.notices) != 1 || !strings.Contains(f.notices[0], "without the groups") {
			f.Errorf("notices %q", f.notices)
		}
		time.Sleep(time.Hour)
		if session, err := logintest.Fresh(f.Context(), f.sessions, p, time.Minute); err == nil && len(session.Groups) > 0 {
			f.Errorf("after a day: %+v", session)
		}
		// A refusal is no mishap, and costs nobody the refresh token.
		f.idp.UserInfo = func(string) logintest.Reply { return logintest.JSON(200, map[string]any{"sub": "mallory-1"}) }
		_, err := f.sessions.Renew(f.Context(), p, f.stored())
		logintest.WantFault(f.T, err, ui.Refused, "not the one who signed in")
		f.idp.UserInfo = func(string) logintest.Reply { return logintest.JSON(200, info) }
		if session, err := f.sessions.Renew(f.Context(), p, f.stored()); err != nil || !slices.Equal(session.Groups, []string{"ml"}) {
			f.Errorf("the next: %+v, %v", session, err)
		}
	})
}

func TestASignInAsksUserInfo(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Device = func(url.Values) logintest.Reply { return deviceAnswer(map[string]any{"interval": 0}) }
	i.Token = func(url.Values) logintest.Reply {
		return logintest.JSON(200, map[string]any{
			"access_token": "canary-access", "id_token": i.IDToken(map[string]any{"groups": []string{"of-the-token"}, "email": nil, "name": "Alice at the token"}).Reveal(),
		})
	}
	i.UserInfo = func(string) logintest.Reply {
		return logintest.JSON(200, map[string]any{"sub": "alice-1", "groups": []string{"ml"}, "email": "alice@example.com", "name": "Alice at userinfo"})
	}
	p := testProvider()
	p.UserInfo = true
	session, err := clientOf(i).SignIn(t.Context(), p, logintest.ByCode(func(*login.DeviceCode) {}))
	if err != nil || !slices.Equal(session.Groups, []string{"ml"}) || session.Email != "alice@example.com" || session.Name != "Alice at the token" || !session.UserInfo {
		t.Errorf("got %+v, %v", session, err)
	}
	if session.Claim("email") != nil {
		t.Error("rules on claims read the ID token alone")
	}
}
