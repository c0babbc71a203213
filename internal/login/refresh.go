package login

import (
	"context"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refreshTimeout bounds one request for new tokens.
const refreshTimeout = 10 * time.Second

// sessionOver are the refusals that only a new sign-in mends: invalid_grant (RFC 6749 §5.2), which Dex calls
// invalid_request (https://github.com/dexidp/dex/blob/master/server/refreshhandlers.go), and OpenID Connect Core 1.0
// §3.1.2.6's wishes to see the person.
var sessionOver = []string{"invalid_grant", "invalid_request", "interaction_required", "login_required", "consent_required"}

// Refresh trades a refresh token for new tokens (RFC 6749 §6). scope is sent again, since Okta otherwise leaves the
// groups out. A request that was sent and got no usable answer is repeated once with the same token: the provider may
// have rotated it, and within the provider's grace the same token gets the answer again. LoginNeeded means that the
// provider no longer takes the token.
func (c *Client) Refresh(
	ctx context.Context, p Provider, e *Endpoints, refreshToken secret.String, scope string,
) (*Tokens, error) {
	a, sent, err := c.redeem(ctx, p, e, refreshToken, scope)
	if ctx.Err() == nil && sent && lost(a, err) {
		c.log().Warn("the answer to a renewal was lost; asking once more", "provider", p.host())
		a, _, err = c.redeem(ctx, p, e, refreshToken, scope)
	}
	const doing = "renewing the session"
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	if tokens := a.tokens(scope); tokens != nil {
		return tokens, nil
	}
	refused := a.refusal()
	switch {
	case refused == nil:
		return nil, ui.Fault(ui.Failed, passingFault, "%s: %w", doing, a.unusable())
	case a.passing(refused):
		return nil, ui.Fault(ui.Failed, passingFault, "%s: %w", doing, refused)
	case slices.Contains(sessionOver, refused.code):
		return nil, over(p, refused)
	}
	return nil, refused.fault(p, doing)
}

// over tells that only a new sign-in goes on, and what has to be done before it if that is known.
func over(p Provider, refused *refusalError) error {
	hint := p.remedy(refused)
	if !strings.HasPrefix(hint, p.loginCommand()) {
		hint = strings.TrimSuffix(p.loginCommand()+"\n"+hint, "\n")
	}
	return ui.Fault(ui.LoginNeeded, hint, "the session at %s is over: %w", p.host(), refused)
}

// redeem sends one request. sent reports whether the provider may have seen it; until its headers are written it has
// not.
func (c *Client) redeem(
	ctx context.Context, p Provider, e *Endpoints, refreshToken secret.String, scope string,
) (a *answer, sent bool, err error) {
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken.Reveal()}}
	if scope != "" {
		form.Set("scope", scope)
	}
	a, err = c.post(ctx, p, e, e.Token, form)
	return a, wrote.Load(), err
}

// lost reports whether an answer may have held tokens that did not arrive: none came, or a gateway's instead. A provider
// that asks for patience (429) gave none away.
func lost(a *answer, err error) bool {
	if err != nil {
		return !httpclient.Hopeless(err)
	}
	refused := a.refusal()
	if a.tokens("") != nil || a.tooMany() {
		return false
	}
	return refused == nil || a.passing(refused)
}
