package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// poll polls in a bubble of fake time, answer being called with the number of the poll, from 1. It returns the seconds
// that passed before each poll.
func poll(ctx context.Context, t *testing.T, lifetime time.Duration, answer func(n int) logintest.Reply) (*tokens, []int, error) {
	t.Helper()
	start := time.Now()
	var at []int
	i := logintest.NewIDP()
	i.Token = func(form url.Values) logintest.Reply {
		if form.Get("grant_type") != grantDevice || form.Get("device_code") != "device-code-1" || form.Get("client_id") != logintest.ClientID {
			t.Errorf("polled with %q", form)
		}
		at = append(at, int(time.Since(start).Seconds()))
		return answer(len(at))
	}
	c := clientOf(i)
	c.HTTP.Timeout = 10 * time.Second
	d := &deviceCode{
		DeviceCode: login.DeviceCode{Interval: 5 * time.Second, Expires: start.Add(lifetime)},
		code:       secret.New("device-code-1"), scope: "openid offline_access",
	}
	tokens, err := c.pollDevice(ctx, testProvider(), discover(t, c, testProvider()), d)
	return tokens, at, err
}

func tokenReply() logintest.Reply {
	return logintest.JSON(http.StatusOK, map[string]any{"id_token": "i.d.t", "access_token": "a", "refresh_token": "r", "scope": "profile"})
}

func TestPollingKeepsTheProvidersPace(t *testing.T) {
	pending, slow := logintest.OAuthError(400, "authorization_pending"), logintest.OAuthError(400, "slow_down")
	gateway := logintest.Reply{Status: 502, ContentType: "text/html", Body: "<html>"}
	for name, c := range map[string]struct {
		answers []logintest.Reply // the last one is followed by tokens
		at      []int
	}{
		"pending":                   {[]logintest.Reply{pending, pending}, []int{5, 10, 15}},
		"slower for good":           {[]logintest.Reply{slow, slow, pending, slow}, []int{5, 15, 30, 45, 65}},
		"by the code, not status":   {[]logintest.Reply{logintest.OAuthError(403, "authorization_pending"), logintest.OAuthError(500, "slow_down"), logintest.OAuthError(200, "authorization_pending")}, []int{5, 10, 20, 30}},
		"text that is JSON":         {[]logintest.Reply{{Status: 400, ContentType: "text/html", Body: `{"error":"authorization_pending"}`}}, []int{5, 10}},
		"trouble backs off":         {[]logintest.Reply{gateway, gateway, gateway, gateway, gateway}, []int{5, 15, 35, 75, 135, 195}},
		"and comes back":            {[]logintest.Reply{gateway, pending}, []int{5, 15, 20}},
		"a network's page":          {[]logintest.Reply{{Status: 200, ContentType: "text/html", Body: "Welcome"}, {Status: 403, Body: "<html>"}, {Status: 511}}, []int{5, 15, 35, 75}},
		"JSON of a gateway":         {[]logintest.Reply{logintest.OAuthError(503, "upstream"), {Status: 500, Body: `{"error":{"code":1}}`}}, []int{5, 15, 35}},
		"server_error":              {[]logintest.Reply{logintest.OAuthError(400, "server_error")}, []int{5, 15}},
		"429 with Retry-After":      {[]logintest.Reply{{Status: 429, Header: map[string]string{"Retry-After": "30"}}}, []int{5, 35}},
		"429 for an hour":           {[]logintest.Reply{{Status: 429, Header: map[string]string{"Retry-After": "3600"}}}, []int{5, 65}},
		"slow_down and Retry-After": {[]logintest.Reply{{Status: 400, Body: `{"error":"slow_down"}`, Header: map[string]string{"Retry-After": "20"}}}, []int{5, 25}},
		"too large a body":          {[]logintest.Reply{{Status: 200, Body: "{", BodyErr: httpclient.ErrBodyTooLarge}}, []int{5, 15}},
		"a lost connection":         {[]logintest.Reply{{Err: logintest.ErrConnectionLost}}, []int{5, 15}},
		"a server that hangs":       {[]logintest.Reply{{Delay: time.Hour}}, []int{5, 25}},
		"tokens under an error":     {[]logintest.Reply{{Status: 500, Body: `{"id_token":"i.d.t"}`}}, []int{5, 15}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tokens, at, err := poll(t.Context(), t, 10*time.Minute, func(n int) logintest.Reply {
					if n <= len(c.answers) {
						return c.answers[n-1]
					}
					return tokenReply()
				})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(at, c.at) {
					t.Errorf("polled at %v, want %v", at, c.at)
				}
				if tokens.refreshToken.Reveal() != "r" || tokens.scope != "profile openid offline_access" {
					t.Errorf("scope %q", tokens.scope)
				}
			})
		})
	}
}

func TestPollingEndsWithAMessageOfItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		reply logintest.Reply
		code  ui.Code
		words []string
	}{
		"denied":               {logintest.OAuthError(400, "access_denied"), ui.Refused, []string{"was declined at idp.example.com", "dbxaccess login --identity acme"}},
		"declined":             {logintest.OAuthError(400, "authorization_declined"), ui.Refused, []string{"was declined"}},
		"denied by a 500":      {logintest.OAuthError(500, "access_denied"), ui.Refused, []string{"was declined"}},
		"a code unknown to us": {logintest.OAuthError(500, "bad_verification_code"), ui.Refused, []string{"bad_verification_code"}},
		"expired":              {logintest.OAuthError(400, "expired_token"), ui.LoginNeeded, []string{"before its code expired", "dbxaccess login --identity acme"}},
		"expired, Auth0":       {logintest.OAuthError(403, "invalid_grant"), ui.LoginNeeded, []string{"before its code expired"}},
		"the grant is off":     {logintest.OAuthError(400, "unauthorized_client"), ui.Refused, []string{"enable the authorization code, device code"}},
		"an unknown client":    {logintest.OAuthError(401, "invalid_client"), ui.Refused, []string{"client_id", "public (native) client"}},
		"blocked by Entra ID":  {logintest.JSON(400, map[string]any{"error": "invalid_grant", "error_codes": []int{53003}}), ui.Refused, []string{"--flow browser", "Conditional Access"}},
		"something else":       {logintest.JSON(400, map[string]any{"error": "teapot\x1b", "error_description": "short\u202e\nand \x07stout"}), ui.Refused, []string{"teapot: short and stout"}},
		"no ID token":          {logintest.JSON(200, map[string]any{"access_token": "a"}), ui.Failed, []string{"no ID token", "OpenID Connect"}},
		"nothing at all":       {logintest.Reply{Status: 200}, ui.Failed, []string{"is no answer of an identity provider"}},
		"null":                 {logintest.Reply{Status: 200, Body: "null"}, ui.Failed, []string{"is no answer of an identity provider"}},
		"an empty object":      {logintest.JSON(200, map[string]any{}), ui.Failed, []string{"200 OK, application/json"}},
		"a wrong address":      {logintest.Reply{Status: 404, Body: "<html>"}, ui.Failed, []string{"has nothing at this address"}},
		"a redirect":           {logintest.Reply{Err: &httpclient.RedirectError{Host: "idp.example.com", Status: 307, Target: "evil"}}, ui.Failed, []string{"redirect"}},
		"an insecure endpoint": {logintest.Reply{Err: &httpclient.InsecureError{URL: "http://x"}}, ui.Failed, []string{"https"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, at, err := poll(t.Context(), t, 10*time.Minute, func(int) logintest.Reply { return c.reply })
				logintest.WantFault(t, err, c.code, c.words...)
				if len(at) != 1 {
					t.Errorf("polled at %v, want once", at)
				}
			})
		})
	}
}

func TestSilenceEndsWithTheCode(t *testing.T) {
	for name, c := range map[string]struct {
		reply logintest.Reply
		words []string
	}{
		"a denial that stays pending": {logintest.OAuthError(400, "authorization_pending"), []string{"before its code expired"}},
		"a gateway all along":         {logintest.Reply{Status: 502, ContentType: "text/html"}, []string{"before its code expired", "502"}},
		"no network":                  {logintest.Reply{Err: logintest.ErrConnectionLost}, []string{"before its code expired", "reset by peer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, at, err := poll(t.Context(), t, 62*time.Second, func(int) logintest.Reply { return c.reply })
				logintest.WantFault(t, err, ui.LoginNeeded, c.words...)
				if at[len(at)-1] != 62 {
					t.Errorf("polled at %v; the last poll is due when the code ends", at)
				}
			})
		})
	}
}

func TestAnApprovalInTheLastMomentCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, _, err := poll(t.Context(), t, 12*time.Second, func(n int) logintest.Reply {
			if n < 3 {
				return logintest.OAuthError(400, "authorization_pending")
			}
			return tokenReply()
		})
		if err != nil || tokens == nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestPollingIsInterruptedAtOnce(t *testing.T) {
	for name, delay := range map[string]time.Duration{"between polls": 0, "within one": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				start := time.Now()
				time.AfterFunc(7*time.Second, cancel)
				_, _, err := poll(ctx, t, 10*time.Minute, func(int) logintest.Reply {
					r := logintest.OAuthError(400, "authorization_pending")
					r.Delay = delay
					return r
				})
				if !errors.Is(err, context.Canceled) || ui.CodeOf(err) != ui.Interrupted || time.Since(start) != 7*time.Second {
					t.Errorf("after %s: %v", time.Since(start), err)
				}
			})
		})
	}
}

// A laptop that sleeps stops the monotonic clock, not the wall clock.
func TestACodeEndsWhileTheLaptopSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := logintest.NewIDP()
		asleep := time.Duration(0)
		i.Now = func() time.Time { return time.Now().Round(0).Add(asleep) }
		i.Device = func(url.Values) logintest.Reply { return deviceAnswer(nil) }
		i.Token = func(url.Values) logintest.Reply {
			asleep = 8 * time.Hour
			return logintest.OAuthError(400, "authorization_pending")
		}
		c := clientOf(i)
		e := discover(t, c, testProvider())
		d, err := c.startDevice(t.Context(), testProvider(), e)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.pollDevice(t.Context(), testProvider(), e, d)
		logintest.WantFault(t, err, ui.LoginNeeded, "expired")
		if n := i.Count("/token"); n != 1 {
			t.Errorf("polled %d times", n)
		}
	})
}

func answerOf(status int, body []byte) answer {
	o, _ := httpclient.ParseObject(body)
	return answer{&httpclient.Answer{Object: o, Status: status, Header: http.Header{}, Body: body}}
}

func FuzzTokenResponse(f *testing.F) {
	for _, seed := range []string{
		`{"id_token":"a.b.c","refresh_token":"r","scope":"openid"}`, `{"error":"slow_down"}`, `{"error":"x","error_description":"\u001b[2J","error_codes":[1]}`,
		`{"error":{"a":1},"id_token":5}`, "null", "[]", "", "<html>", `{"interval":"1e999","expires_in":-1}`, `{"error_codes":["x"],"error":"y"}`,
	} {
		for _, status := range []int{200, 400, 503} {
			f.Add(status, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answerOf(status, body)
		tokens, refused := a.tokens("openid"), a.refusal()
		if tokens != nil && (refused != nil || !a.OK() || tokens.idToken.IsZero() && a.Text("access_token") == "") {
			t.Fatalf("tokens from %d %q", status, body)
		}
		if refused != nil {
			told := fmt.Sprint(refused.Fault(login.Provider{}, "asking"))
			if told != ui.Clean(told) || len(told) > 8000 {
				t.Fatalf("not fit to be shown: %q", told)
			}
		}
		interval := seconds(a.Object, "interval", defaultInterval, oauth.MinInterval, oauth.MaxInterval)
		lifetime := seconds(a.Object, "expires_in", defaultLifetime, minLifetime, maxLifetime)
		if interval < oauth.MinInterval || interval > oauth.MaxInterval || lifetime < minLifetime || lifetime > maxLifetime {
			t.Fatalf("interval %s, lifetime %s from %q", interval, lifetime, body)
		}
	})
}
