package oidc

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// byBrowser signs in with a browser on this machine: an authorization code (RFC 6749 §4.1) bound by PKCE (RFC 7636) comes
// back to a loopback address (RFC 8252 §7.3) and is traded for tokens, whose ID token is verified with the sign-in's
// nonce. Only then is the browser answered, so that its page tells the truth.
//
// Nobody coming back within five minutes is LoginNeeded, a denial Refused; errors.Is tells a canceled ctx. Nothing
// listens any more when it returns.
func (c *Client) byBrowser(ctx context.Context, p login.Provider, e *Endpoints, screen login.Screen) (*tokens, idtoken.Claims, error) {
	none := idtoken.Claims{}
	if !e.BrowserPossible() {
		return nil, none, ui.Errorf("browser-flow-missing", ui.Failed,
			"%s offers no sign-in by browser (authorization code with PKCE)", p.Host()).With(ui.Command(otherwise(p, e)))
	}
	request := newAuthorization()
	r, err := oauth.Listen(ctx, redirect(p), request.state, otherwise(p, e), c.Peer)
	if err != nil {
		return nil, none, err
	}
	defer r.Close()
	request.redirect = r.Redirect
	address, err := request.address(p, e)
	if err != nil {
		return nil, none, err
	}
	defer screen.Page(address, otherwise(p, e) != p.LoginCommand())()
	back, err := r.Wait(ctx, login.PageWait)
	if err != nil {
		return nil, none, nobodyCame(p, e, err)
	}
	got, claims, err := c.conclude(ctx, p, e, request, back.Query)
	back.Answer(err == nil)
	return got, claims, err
}

// redirect is the address that the browser comes back to.
func redirect(p login.Provider) loopback.Address {
	at := loopback.Address{Host: "127.0.0.1", Port: p.RedirectPort, Path: "/callback"}
	if p.Quirks().Localhost {
		at.Host = "localhost"
	}
	return at
}

// nobodyCame says why nobody came back. Most mistakes of registration are shown by the provider's page alone.
func nobodyCame(p login.Provider, e *Endpoints, err error) error {
	return oauth.NobodyCame(p, err, ui.Command(otherwise(p, e)),
		p.FillIn(idp.Yours+"if the page complained of the redirect address: "+p.Quirks().Redirects, redirect(p).String()))
}

// otherwise is the command that signs in without this machine's browser, if the provider and the access map allow that.
func otherwise(p login.Provider, e *Endpoints) string {
	if !e.DevicePossible() {
		return p.LoginCommand()
	}
	return cmp.Or(p.ByFlow(login.FlowDevice), p.LoginCommand())
}

// authorization is one sign-in by browser. Its secrets are random, of 128 bits or more.
type authorization struct {
	state    string // comes back with the browser
	nonce    string // comes back in the ID token
	verifier string // of PKCE: goes to the token endpoint only
	scope    string
	redirect string
}

func newAuthorization() *authorization {
	return &authorization{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
}

// address is the authorization request (OpenID Connect Core 1.0 §3.1.2.1), written so that no shell reads anything into
// it: openers of browsers are often shell scripts.
func (a *authorization) address(p login.Provider, e *Endpoints) (string, error) {
	u, err := httpclient.CheckURL(e.Authorization)
	if err != nil {
		return "", ui.Errorf("endpoint-invalid", ui.Failed, "authorization_endpoint of %s: %w", p.Host(), err)
	}
	a.scope = scopeOf(p, e)
	form := u.Query() // an endpoint's own is kept (RFC 6749 §3.1)
	for _, parameter := range p.Quirks().Authorize {
		form.Set(parameter[0], parameter[1])
	}
	for name, values := range opening(p) {
		form[name] = values
	}
	afresh(p, form)
	for name, value := range map[string]string{
		"response_type": "code", "client_id": p.ClientID, "redirect_uri": a.redirect, "scope": a.scope,
		"state": a.state, "nonce": a.nonce,
	} {
		form.Set(name, value)
	}
	oauth.SetChallenge(form, a.verifier)
	u.RawQuery = form.Encode()
	return oauth.Serialise(u), nil
}

// conclude makes tokens of what the browser came back with.
func (c *Client) conclude(
	ctx context.Context, p login.Provider, e *Endpoints, a *authorization, back url.Values,
) (*tokens, idtoken.Claims, error) {
	code, err := oauth.Code(p, e.NamesIssuer, back)
	if err != nil {
		return nil, idtoken.Claims{}, err
	}
	got, err := c.redeemCode(ctx, p, e, a, code)
	if err != nil {
		return nil, idtoken.Claims{}, err
	}
	claims, err := c.identify(ctx, p, e, got, a.nonce)
	return got, claims, err
}

// redeemCode trades the code for tokens (RFC 6749 §4.1.3), in one try: a code works once, and one that comes back makes
// providers revoke what they gave for it (§4.1.2).
func (c *Client) redeemCode(
	ctx context.Context, p login.Provider, e *Endpoints, a *authorization, code secret.String,
) (*tokens, error) {
	const doing = "trading the code of the sign-in for tokens"
	answer, err := c.post(ctx, p, e, doing, e.Token, url.Values{
		"grant_type": {"authorization_code"}, "code": {code.Reveal()}, "redirect_uri": {a.redirect}, "code_verifier": {a.verifier},
	}, code, secret.New(a.verifier))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, onlyOnce(p, err)
	}
	if got := answer.tokens(a.scope); got != nil {
		if got.idToken.IsZero() {
			return nil, noIDToken(p, a.scope, otherwise(p, e))
		}
		return got, nil
	}
	refused := answer.refusal()
	if refused == nil {
		return nil, onlyOnce(p, answer.NoAnswer())
	}
	refused.Browser = true
	switch {
	case answer.temporary(refused):
		return nil, onlyOnce(p, refused)
	case refused.Code == "invalid_grant" && refused.Remedy(p) == nil:
		return nil, ui.Errorf("sign-in-code-refused", ui.LoginNeeded, "%s: %s no longer takes it: %w", doing, p.Host(), refused).With(p.SignInFix())
	}
	return nil, refused.Fault(p, doing)
}

func onlyOnce(p login.Provider, err error) error {
	return ui.Errorf("sign-in-code-lost", ui.Failed, "%w; a code works once, so it was not sent again", err).With(p.SignInFix())
}
