package login

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
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// poll polls in a bubble of fake time, answer being called with the number of the poll, from 1. It returns the seconds
// that passed before each poll.
func poll(ctx context.Context, t *testing.T, lifetime time.Duration, answer func(n int) reply) (*Tokens, []int, error) {
	t.Helper()
	start := time.Now()
	var at []int
	i := newIDP()
	i.token = func(form url.Values) reply {
		if form.Get("grant_type") != grantDevice || form.Get("device_code") != "device-code-1" || form.Get("client_id") != testClient {
			t.Errorf("polled with %q", form)
		}
		at = append(at, int(time.Since(start).Seconds()))
		return answer(len(at))
	}
	c := i.client()
	c.HTTP.Timeout = 10 * time.Second
	d := &DeviceCode{Code: secret.New("device-code-1"), Interval: 5 * time.Second, Expires: start.Add(lifetime), scope: "openid offline_access"}
	tokens, err := c.pollDevice(ctx, testProvider(), discover(t, c, testProvider()), d)
	return tokens, at, err
}

func tokenReply() reply {
	return jsonReply(http.StatusOK, map[string]any{"id_token": "i.d.t", "access_token": "a", "refresh_token": "r", "scope": "profile"})
}

func TestPollingKeepsTheProvidersPace(t *testing.T) {
	pending, slow := oauthError(400, "authorization_pending"), oauthError(400, "slow_down")
	gateway := reply{status: 502, contentType: "text/html", body: "<html>"}
	for name, c := range map[string]struct {
		answers []reply // the last one is followed by tokens
		at      []int
	}{
		"pending":                   {[]reply{pending, pending}, []int{5, 10, 15}},
		"slower for good":           {[]reply{slow, slow, pending, slow}, []int{5, 15, 30, 45, 65}},
		"by the code, not status":   {[]reply{oauthError(403, "authorization_pending"), oauthError(500, "slow_down"), oauthError(200, "authorization_pending")}, []int{5, 10, 20, 30}},
		"text that is JSON":         {[]reply{{status: 400, contentType: "text/html", body: `{"error":"authorization_pending"}`}}, []int{5, 10}},
		"trouble backs off":         {[]reply{gateway, gateway, gateway, gateway, gateway}, []int{5, 15, 35, 75, 135, 195}},
		"and comes back":            {[]reply{gateway, pending}, []int{5, 15, 20}},
		"nothing at all":            {[]reply{{status: 200}, {status: 200, body: "null"}, {status: 200, body: "[]"}}, []int{5, 15, 35, 75}},
		"JSON of a gateway":         {[]reply{oauthError(503, "upstream"), {status: 500, body: `{"error":{"code":1}}`}}, []int{5, 15, 35}},
		"server_error":              {[]reply{oauthError(400, "server_error")}, []int{5, 15}},
		"429 with Retry-After":      {[]reply{{status: 429, header: map[string]string{"Retry-After": "30"}}}, []int{5, 35}},
		"429 for an hour":           {[]reply{{status: 429, header: map[string]string{"Retry-After": "3600"}}}, []int{5, 65}},
		"slow_down and Retry-After": {[]reply{{status: 400, body: `{"error":"slow_down"}`, header: map[string]string{"Retry-After": "20"}}}, []int{5, 25}},
		"too large a body":          {[]reply{{status: 200, body: "{", bodyErr: httpclient.ErrBodyTooLarge}}, []int{5, 15}},
		"a lost connection":         {[]reply{{err: errConnectionLost}}, []int{5, 15}},
		"a server that hangs":       {[]reply{{delay: time.Hour}}, []int{5, 25}},
		"tokens under an error":     {[]reply{{status: 500, body: `{"id_token":"i.d.t"}`}}, []int{5, 15}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tokens, at, err := poll(t.Context(), t, 10*time.Minute, func(n int) reply {
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
				if tokens.RefreshToken.Reveal() != "r" || tokens.Scope != "profile openid offline_access" {
					t.Errorf("scope %q", tokens.Scope)
				}
			})
		})
	}
}

func TestPollingEndsWithAMessageOfItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		reply reply
		code  ui.Code
		words []string
	}{
		"denied":               {oauthError(400, "access_denied"), ui.Refused, []string{"was declined at idp.example.com", "dbxaccess login --identity acme"}},
		"declined":             {oauthError(400, "authorization_declined"), ui.Refused, []string{"was declined"}},
		"denied by a 500":      {oauthError(500, "access_denied"), ui.Refused, []string{"was declined"}},
		"a code unknown to us": {oauthError(500, "bad_verification_code"), ui.Refused, []string{"bad_verification_code"}},
		"expired":              {oauthError(400, "expired_token"), ui.LoginNeeded, []string{"before its code expired", "dbxaccess login --identity acme"}},
		"expired, Auth0":       {oauthError(403, "invalid_grant"), ui.LoginNeeded, []string{"before its code expired"}},
		"the grant is off":     {oauthError(400, "unauthorized_client"), ui.Refused, []string{"enable the authorization code, device code"}},
		"an unknown client":    {oauthError(401, "invalid_client"), ui.Refused, []string{"client_id", "public (native) client"}},
		"blocked by Entra ID":  {jsonReply(400, map[string]any{"error": "invalid_grant", "error_codes": []int{53003}}), ui.Refused, []string{"--flow browser", "Conditional Access"}},
		"something else":       {jsonReply(400, map[string]any{"error": "teapot\x1b", "error_description": "short\u202e\nand \x07stout"}), ui.Refused, []string{"teapot: short and stout"}},
		"no ID token":          {jsonReply(200, map[string]any{"access_token": "a"}), ui.Failed, []string{"no ID token", "openid"}},
		"a redirect":           {reply{err: &httpclient.RedirectError{Host: "idp.example.com", Status: 307, Target: "evil"}}, ui.Failed, []string{"redirect"}},
		"an insecure endpoint": {reply{err: &httpclient.InsecureError{URL: "http://x"}}, ui.Failed, []string{"https"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, at, err := poll(t.Context(), t, 10*time.Minute, func(int) reply { return c.reply })
				wantFault(t, err, c.code, c.words...)
				if len(at) != 1 {
					t.Errorf("polled at %v, want once", at)
				}
			})
		})
	}
}

func TestSilenceEndsWithTheCode(t *testing.T) {
	for name, c := range map[string]struct {
		reply reply
		words []string
	}{
		"a denial that stays pending": {oauthError(400, "authorization_pending"), []string{"before its code expired"}},
		"a gateway all along":         {reply{status: 502, contentType: "text/html"}, []string{"before its code expired", "502"}},
		"no network":                  {reply{err: errConnectionLost}, []string{"before its code expired", "reset by peer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, at, err := poll(t.Context(), t, 62*time.Second, func(int) reply { return c.reply })
				wantFault(t, err, ui.LoginNeeded, c.words...)
				if at[len(at)-1] != 62 {
					t.Errorf("polled at %v; the last poll is due when the code ends", at)
				}
			})
		})
	}
}

func TestAnApprovalInTheLastMomentCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, _, err := poll(t.Context(), t, 12*time.Second, func(n int) reply {
			if n < 3 {
				return oauthError(400, "authorization_pending")
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
				_, _, err := poll(ctx, t, 10*time.Minute, func(int) reply {
					r := oauthError(400, "authorization_pending")
					r.delay = delay
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
		i := newIDP()
		asleep := time.Duration(0)
		i.now = func() time.Time { return time.Now().Round(0).Add(asleep) }
		i.device = func(url.Values) reply { return deviceAnswer(nil) }
		i.token = func(url.Values) reply {
			asleep = 8 * time.Hour
			return oauthError(400, "authorization_pending")
		}
		c := i.client()
		e := discover(t, c, testProvider())
		d, err := c.startDevice(t.Context(), testProvider(), e)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.pollDevice(t.Context(), testProvider(), e, d)
		wantFault(t, err, ui.LoginNeeded, "expired")
		if n := i.count("/token"); n != 1 {
			t.Errorf("polled %d times", n)
		}
	})
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
		a := &answer{host: "idp", status: status, scrub: scrubber(Provider{}, url.Values{"token": {"canary-token"}})}
		a.Object, _ = httpclient.ParseObject(body)
		tokens, refused := a.tokens("openid"), a.refusal()
		if tokens != nil && (refused != nil || !a.ok() || tokens.IDToken.IsZero() && tokens.AccessToken.IsZero()) {
			t.Fatalf("tokens from %d %q", status, body)
		}
		if refused != nil {
			told := fmt.Sprint(refused.fault(Provider{}, "asking"))
			if told != ui.Clean(told) || len(told) > 8000 {
				t.Fatalf("not fit to be shown: %q", told)
			}
		}
		interval := seconds(a.Object, "interval", defaultInterval, minInterval, maxInterval)
		lifetime := seconds(a.Object, "expires_in", defaultLifetime, minLifetime, maxLifetime)
		if interval < minInterval || interval > maxInterval || lifetime < minLifetime || lifetime > maxLifetime {
			t.Fatalf("interval %s, lifetime %s from %q", interval, lifetime, body)
		}
	})
}
