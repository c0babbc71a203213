package login

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxBrowserWait bounds waiting for the person to come back from the provider's page.
const maxBrowserWait = 5 * time.Minute

// byBrowser signs in with a browser on this machine: an authorization code (RFC 6749 §4.1) bound by PKCE (RFC 7636) comes
// back to a loopback address (RFC 8252 §7.3) and is traded for tokens, whose ID token is verified with the sign-in's
// nonce. Only then is the browser answered, so that its page tells the truth.
//
// Nobody coming back within five minutes is LoginNeeded, a denial Refused; errors.Is tells a canceled ctx. Nothing
// listens any more when it returns.
func (c *Client) byBrowser(ctx context.Context, p Provider, e *Endpoints, screen Screen) (*Tokens, *Identity, error) {
	if !p.BrowserPossible(e) {
		return nil, nil, ui.Fault(ui.Failed, p.otherwise(e),
			"%s offers no sign-in by browser (authorization code with PKCE)", p.host())
	}
	request := newAuthorization()
	r, err := c.receive(ctx, p, e, request.state)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	request.redirect = r.Redirect
	address, err := request.address(p, e)
	if err != nil {
		return nil, nil, err
	}
	defer screen.Page(address, p.DevicePossible(e))()
	back, err := r.Wait(ctx, maxBrowserWait)
	if err != nil {
		return nil, nil, browserless(p, e, err)
	}
	tokens, who, err := c.conclude(ctx, p, e, request, back.Query)
	back.Answer(err == nil)
	if err != nil {
		return nil, nil, err
	}
	return tokens, who, nil
}

// The paths that the browser comes back to.
const (
	callbackPath = "/callback"
	// centerPath is the one that the AWS CLI registers with Identity Center: known to be taken.
	centerPath = "/oauth/callback"
)

// redirect is the address that the browser comes back to.
func (p Provider) redirect() loopback.Address {
	at := loopback.Address{Host: "127.0.0.1", Port: p.RedirectPort, Path: callbackPath}
	if p.kind().Localhost {
		at.Host = "localhost"
	}
	if p.center() {
		at.Path = centerPath
	}
	return at
}

// receive waits there for the browser. A port that is taken is Failed and says how to do without.
func (c *Client) receive(ctx context.Context, p Provider, e *Endpoints, state string) (*loopback.Reception, error) {
	r, err := loopback.Open(ctx, p.redirect(), state, c.Peer)
	switch {
	case err != nil && p.RedirectPort == 0:
		return nil, ui.Fault(ui.Failed, p.otherwise(e), "listening for the browser: %w", err)
	case err != nil:
		return nil, ui.Fault(ui.Failed, p.otherwise(e)+"\n"+
			"or stop the program that has the port, or give another one as redirect_port of the identity in the access map",
			"listening for the browser on port %d: %w", p.RedirectPort, err)
	}
	return r, nil
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
func (a *authorization) address(p Provider, e *Endpoints) (string, error) {
	u, err := httpclient.CheckURL(e.Authorization)
	if err != nil {
		return "", ui.Fault(ui.Failed, "", "authorization_endpoint of %s: %w", p.host(), err)
	}
	a.scope = p.scope(e)
	form := u.Query() // an endpoint's own is kept (RFC 6749 §3.1)
	for _, parameter := range p.kind().Authorize {
		form.Set(parameter[0], parameter[1])
	}
	for name, values := range p.opening() {
		form[name] = values
	}
	for name, value := range map[string]string{
		"response_type": "code", "client_id": p.ClientID, "redirect_uri": a.redirect, "scope": a.scope,
		"state": a.state, "nonce": a.nonce,
	} {
		form.Set(name, value)
	}
	setChallenge(form, a.verifier)
	u.RawQuery = form.Encode()
	return serialise(u), nil
}

func setChallenge(form url.Values, verifier string) {
	form.Set("code_challenge", oauth2.S256ChallengeFromVerifier(verifier))
	form.Set("code_challenge_method", "S256")
}

// browserless says why nobody came back: interrupted, or too late.
func browserless(p Provider, e *Endpoints, err error) error {
	if !errors.Is(err, loopback.ErrNobodyCame) {
		return interrupted(err)
	}
	return ui.Fault(ui.LoginNeeded, p.otherwise(e)+"\nif the page complained of the redirect address: "+p.redirectHint(),
		"nobody came back from the sign-in page of %s within %s", p.host(), maxBrowserWait)
}

// otherwise is the command that signs in without this machine's browser, if the provider allows that.
func (p Provider) otherwise(e *Endpoints) string {
	if !p.DevicePossible(e) {
		return p.loginCommand()
	}
	return p.loginCommand() + " --flow device"
}

// conclude makes tokens of what the browser came back with.
func (c *Client) conclude(
	ctx context.Context, p Provider, e *Endpoints, a *authorization, back url.Values,
) (*Tokens, *Identity, error) {
	code, err := codeOf(p, e, back)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := c.redeemCode(ctx, p, e, a, code)
	if err != nil {
		return nil, nil, err
	}
	who, err := c.Verify(ctx, p, e, tokens.IDToken, a.nonce)
	if err != nil {
		return nil, nil, err
	}
	return tokens, who, nil
}

// codeOf reads an authorization response (RFC 6749 §4.1.2), whose state is right. The issuer is looked at first: an error
// of somebody else is none of this sign-in's (RFC 9207 §2.4).
func codeOf(p Provider, e *Endpoints, back url.Values) (secret.String, error) {
	none := secret.String{}
	for _, name := range []string{"code", "error", "iss"} {
		if len(back[name]) > 1 {
			return none, ui.Fault(ui.Failed, p.loginCommand(), "the browser came back from %s with two of %q", p.host(), name)
		}
	}
	switch {
	case back.Has("iss") && back.Get("iss") != p.Issuer:
		return none, ui.Fault(ui.Failed, "somebody may be in between: don't go on before this is understood",
			"the browser came back from the issuer %q, not from %q", ui.Cut(back.Get("iss"), 300), ui.Clean(p.Issuer))
	case !back.Has("iss") && e.NamesIssuer:
		return none, ui.Fault(ui.Failed, "somebody may be in between: don't go on before this is understood",
			"the browser came back without the name of the issuer, which %s promises to send", p.host())
	case back.Get("error") != "":
		refused := newRefusal(back.Get("error"), back.Get("error_description"))
		if refused.code == "access_denied" {
			return none, declined(p, refused)
		}
		return none, refused.fault(p, "signing in")
	case back.Get("code") == "":
		return none, ui.Fault(ui.Failed, p.loginCommand(), "the browser came back from %s with neither a code nor an error", p.host())
	}
	return secret.New(back.Get("code")), nil
}

// redeemCode trades the code for tokens (RFC 6749 §4.1.3), in one try: a code works once, and one that comes back makes
// providers revoke what they gave for it (§4.1.2).
func (c *Client) redeemCode(
	ctx context.Context, p Provider, e *Endpoints, a *authorization, code secret.String,
) (*Tokens, error) {
	const doing = "trading the code of the sign-in for tokens"
	answer, err := c.post(ctx, p, e, e.Token, url.Values{
		"grant_type": {"authorization_code"}, "code": {code.Reveal()}, "redirect_uri": {a.redirect}, "code_verifier": {a.verifier},
	})
	if err != nil {
		err = httpclient.Explain(doing, err)
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, onlyOnce(p, err)
	}
	if tokens := answer.tokens(a.scope); tokens != nil {
		if tokens.IDToken.IsZero() {
			return nil, noIDToken(p)
		}
		return tokens, nil
	}
	refused := answer.refusal()
	switch {
	case refused == nil:
		return nil, onlyOnce(p, answer.unusable())
	case answer.passing(refused):
		return nil, onlyOnce(p, refused)
	case refused.code == "invalid_grant" && p.remedy(refused) == "":
		return nil, p.loginNeeded("%s: %s no longer takes it: %w", doing, p.host(), refused)
	}
	return nil, refused.fault(p, doing)
}

func onlyOnce(p Provider, err error) error {
	return ui.Fault(ui.Failed, p.loginCommand(), "%w; a code works once, so it was not sent again", err)
}
