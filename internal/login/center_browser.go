package login

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// centerByBrowser signs in at Identity Center with a browser on this machine, as Client.byBrowser does at other providers.
func (s *Sessions) centerByBrowser(ctx context.Context, p Provider, screen Screen) (*Session, error) {
	client, err := s.register(ctx, p, browserFlow)
	if err != nil {
		return nil, p.centerFault("signing in", err)
	}
	e := &Endpoints{DeviceAuthorization: p.Issuer} // which it always offers
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	r, err := s.Client.receive(ctx, p, e, state)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	address, err := s.Center.AuthorizeURL(p.SSORegion, client, r.Redirect, state, oauth2.S256ChallengeFromVerifier(verifier))
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	defer screen.Page(serialise(u), true)()
	back, err := r.Wait(ctx, maxBrowserWait)
	if err != nil {
		return nil, s.centerBrowserless(ctx, p, e, err)
	}
	session, err := s.redeemCenterCode(ctx, p, e, client, back.Query, identitycenter.Grant{
		CodeVerifier: secret.New(verifier), RedirectURI: r.Redirect,
	})
	back.Answer(err == nil)
	return session, err
}

// redeemCenterCode makes a session of what the browser came back with, in one try: a code works once.
func (s *Sessions) redeemCenterCode(
	ctx context.Context, p Provider, e *Endpoints, client *identitycenter.Registration, back url.Values, grant identitycenter.Grant,
) (*Session, error) {
	code, err := codeOf(p, e, back)
	if err != nil {
		return nil, err
	}
	grant.AuthorizationCode = code
	token, err := s.Center.CreateToken(ctx, p.SSORegion, client, grant)
	if centerCode(err) == "InvalidClientException" {
		s.unregister(ctx, p, browserFlow)
	}
	if err != nil {
		return nil, p.centerFault("trading the code of the sign-in for tokens", err)
	}
	return s.centerSession(ctx, p, client, token)
}

// centerBrowserless says why nobody came back. A client that Identity Center has forgotten is told to the person alone, on
// its page: the next sign-in registers anew.
func (s *Sessions) centerBrowserless(ctx context.Context, p Provider, e *Endpoints, err error) error {
	if !errors.Is(err, loopback.ErrNobodyCame) {
		return interrupted(err)
	}
	s.unregister(ctx, p, browserFlow)
	return ui.Fault(ui.LoginNeeded, p.otherwise(e), "nobody came back from the sign-in page of %s within %s", p.host(), maxBrowserWait)
}
