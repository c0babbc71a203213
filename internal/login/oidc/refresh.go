package oidc

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refreshTimeout bounds one request for new tokens.
const refreshTimeout = 10 * time.Second

// sessionOver are the refusals that only a new sign-in fixes: invalid_grant (RFC 6749 §5.2), which Dex calls
// invalid_request (https://github.com/dexidp/dex/blob/master/server/refreshhandlers.go), and OpenID Connect Core 1.0
// §3.1.2.6's wishes to see the person.
var sessionOver = []string{"invalid_grant", "invalid_request", "interaction_required", "login_required", "consent_required"}

// refresh trades a refresh token for new tokens (RFC 6749 §6). scope is sent again, since Okta otherwise leaves the groups out.
// A request that was sent and got no usable answer is repeated once with the same token: the provider may have rotated it, and
// within the provider's grace the same token gets the answer again. Not where this process slept meanwhile: the grace is over, and
// a replaced token that comes back ends the session. LoginNeeded means that the provider no longer takes the
// token.
func (c *Client) refresh(
	ctx context.Context, p login.Provider, e *Endpoints, refreshToken secret.String, scope string,
) (*tokens, error) {
	began := time.Now()
	a, err := c.redeem(ctx, p, e, refreshToken, scope)
	if ctx.Err() == nil && lost(a, err) && !httpclient.Slept(began, refreshTimeout) {
		c.Log.Warn("the answer to a renewal was lost; asking once more", "provider", p.Host())
		a, err = c.redeem(ctx, p, e, refreshToken, scope)
	}
	if err != nil {
		return nil, err
	}
	if tokens := a.tokens(scope); tokens != nil {
		return tokens, nil
	}
	refused := a.refusal()
	switch {
	case refused == nil:
		return nil, a.NoAnswer()
	case a.temporary(refused):
		return nil, httpclient.Later(ui.Errorf("provider-busy", ui.Failed, "%s: %w", renewing, refused).With(oauth.TryAgain), a.RetryAfter(c.Now()))
	case slices.Contains(sessionOver, refused.Code):
		return nil, over(p, refused)
	}
	return nil, refused.Fault(p, renewing)
}

const renewing = "renewing the session"

// over tells that only a new sign-in goes on, and what has to be done before it if that is known.
func over(p login.Provider, refused *oauth.Refusal) error {
	fix := refused.Remedy(p)
	if len(fix) == 0 || !fix[0].Copied { // a remedy may begin with a command of its own
		fix = append(p.SignInFix(), fix...)
	}
	return ui.Errorf("session-over", ui.LoginNeeded, "the session at %s is over: %w", p.Host(), refused).With(fix)
}

// redeem sends one request.
func (c *Client) redeem(
	ctx context.Context, p login.Provider, e *Endpoints, refreshToken secret.String, scope string,
) (answer, error) {
	ctx, cancel := httpclient.Awake(ctx, refreshTimeout)
	defer cancel()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken.Reveal()}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return c.post(ctx, p, e, renewing, e.Token, form, refreshToken)
}

// lost reports whether a request that the provider may have seen got no answer, or a gateway's: there may have been tokens in
// it. A provider that asks for patience (429) gave none away.
func lost(a answer, err error) bool {
	switch {
	case err != nil:
		return httpclient.Lost(err)
	case a.tokens("") != nil:
		return false
	}
	if refused := a.refusal(); refused != nil {
		return a.temporary(refused) && a.Status != http.StatusTooManyRequests
	}
	return httpclient.Lost(a.NoAnswer())
}
