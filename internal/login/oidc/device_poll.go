package oidc

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// pollDevice waits until the person has approved (RFC 8628 §3.4, §3.5) and returns the tokens. Whatever trouble passes
// by itself (a network that goes away, a gateway's error page, a server that is busy) is waited out until the code
// expires. A denial is Refused, an expired code LoginNeeded, and each says how to go on; errors.Is tells a canceled ctx.
func (c *Client) pollDevice(ctx context.Context, p login.Provider, e *Endpoints, d *deviceCode) (got *tokens, err error) {
	err = oauth.Poll(ctx, p, &d.DeviceCode, c.Now, c.Log, func(pace *oauth.Pace) (ok bool, trouble, err error) {
		form := url.Values{"grant_type": {grantDevice}, "device_code": {d.code.Reveal()}}
		if !d.verifier.IsZero() {
			form.Set("code_verifier", d.verifier.Reveal())
		}
		a, err := c.post(ctx, p, e, approving, e.Token, form, d.code, d.verifier)
		if err != nil {
			trouble, err = pace.Unanswered(ctx, err)
			return false, trouble, err
		}
		got, trouble, err = c.judge(ctx, p, d, a, pace)
		return got != nil, trouble, err
	})
	if err != nil {
		return nil, err
	}
	return c.withIDToken(ctx, p, e, d.scope, got)
}

// withIDToken renews once where a sign-in brought a refresh token and no ID token, of which RFC 8628 does not speak: it may come
// with a renewal only.
func (c *Client) withIDToken(ctx context.Context, p login.Provider, e *Endpoints, asked string, got *tokens) (*tokens, error) {
	switch {
	case !got.idToken.IsZero():
		return got, nil
	case got.refreshToken.IsZero():
		return nil, noIDToken(p, asked, byBrowserInstead(p, e))
	}
	c.Log.Debug("the sign-in brought no ID token; renewing it at once", "provider", p.Host())
	scope := strings.Fields(got.scope)
	if slices.Contains(strings.Fields(asked), "openid") && !slices.Contains(scope, "openid") {
		scope = append(scope, "openid") // granted without being named
	}
	renewed, err := c.refresh(ctx, p, e, got.refreshToken, strings.Join(scope, " "))
	switch code := ui.CodeOf(err); {
	case code == ui.LoginNeeded || code == ui.Refused || err == nil && renewed.idToken.IsZero():
		return nil, noIDToken(p, asked, byBrowserInstead(p, e))
	case err != nil:
		return nil, err
	case renewed.refreshToken.IsZero():
		renewed.refreshToken = got.refreshToken
	}
	return renewed, nil
}

const approving = "waiting for the approval"

// judge decides what one answer means: tokens, an end, or to go on at a pace. trouble is what went wrong if it goes on
// in spite of something.
func (c *Client) judge(
	ctx context.Context, p login.Provider, d *deviceCode, a answer, pace *oauth.Pace,
) (got *tokens, trouble, end error) {
	if got := a.tokens(d.scope); got != nil {
		return got, nil, nil
	}
	refused := a.refusal()
	if refused == nil {
		trouble, end := pace.Unanswered(ctx, a.NoAnswer())
		return nil, trouble, end
	}
	switch refused.Code {
	case "authorization_pending":
		pace.Steady()
	case "slow_down":
		pace.SlowDown(a.RetryAfter(c.Now()))
	case "access_denied", "authorization_declined":
		return nil, nil, refused.Declined(p)
	case "expired_token", "invalid_grant": // Auth0 says expired_token once, then invalid_grant
		if refused.Remedy(p) != nil {
			return nil, nil, refused.Fault(p, approving)
		}
		return nil, nil, oauth.Expired(p, refused)
	default:
		if !a.temporary(refused) {
			return nil, nil, refused.Fault(p, approving)
		}
		pace.Trouble(a.RetryAfter(c.Now()))
		return nil, refused, nil
	}
	return nil, nil, nil
}

// noIDToken tells of a sign-in without an ID token. otherwise is the command of another flow, "" where there is none.
func noIDToken(p login.Provider, asked, otherwise string) error {
	fix := ui.ForAdmin("register the application for OpenID Connect at the provider")
	if !slices.Contains(strings.Fields(asked), "openid") {
		fix = ui.ForAdmin("add openid to scopes of the identity in the access map")
	}
	if otherwise != "" {
		fix = append(ui.Command(otherwise), fix...)
	}
	return ui.Errorf("id-token-missing", ui.Failed, "%s approved the sign-in but sent no ID token", p.Host()).With(fix)
}
