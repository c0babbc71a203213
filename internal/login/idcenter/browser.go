package idcenter

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// byBrowser signs in with a browser on this machine, as at other providers.
func (c *Client) byBrowser(ctx context.Context, p login.Provider, screen login.Screen) (*login.Session, error) {
	client, err := c.register(ctx, p, browserFlow)
	if err != nil {
		return nil, fault(p, "signing in", err)
	}
	byDevice := p.ByFlow(login.FlowDevice)
	otherwise := cmp.Or(byDevice, p.LoginCommand())
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	at := loopback.Address{Host: "127.0.0.1", Port: p.RedirectPort, Path: callbackPath}
	r, err := oauth.Listen(ctx, at, state, otherwise, c.Peer)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	address, err := c.Wire.AuthorizeURL(p.SSORegion, client, r.Redirect, state, oauth2.S256ChallengeFromVerifier(verifier))
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	done := screen.Page(oauth.Serialise(u), byDevice != "")
	back, err := r.Wait(ctx, login.PageWait)
	done()
	if err != nil {
		if errors.Is(err, loopback.ErrNobodyCame) {
			// A client that Identity Center has forgotten is told to the person alone, on its page: the next sign-in
			// registers again.
			c.unregister(ctx, p, browserFlow)
		}
		return nil, oauth.NobodyCame(p, err, ui.Command(otherwise))
	}
	token, err := c.conclude(ctx, p, client, back.Query, identitycenter.Grant{
		CodeVerifier: secret.New(verifier), RedirectURI: r.Redirect,
	})
	back.Answer(err == nil)
	if err != nil {
		return nil, err
	}
	return c.newSession(ctx, p, client, token, screen)
}

// conclude makes a token of what the browser came back with, in one try: a code works once.
func (c *Client) conclude(
	ctx context.Context, p login.Provider, client *identitycenter.Registration, back url.Values, grant identitycenter.Grant,
) (*identitycenter.Token, error) {
	code, err := oauth.Code(p, false, back)
	if err != nil {
		return nil, err
	}
	grant.AuthorizationCode = code
	token, err := c.Wire.CreateToken(ctx, p.SSORegion, client, grant)
	if codeOf(err) == "InvalidClientException" {
		c.unregister(ctx, p, browserFlow)
	}
	if err != nil {
		return nil, fault(p, "trading the code of the sign-in for tokens", err)
	}
	return token, nil
}
