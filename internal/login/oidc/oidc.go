// Package oidc signs people in at OpenID Connect providers: by a code that is typed on any device (RFC 8628), or with the browser
// of this machine (RFC 8252).
//
// In comes an identity of the access map; out comes a session with a verified ID token, and a newer one with each renewal. No
// secret may be sent to an address that neither the access map nor the issuer's own metadata names. What single providers do in
// their own way is in package idp.
package oidc

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpcache"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Client speaks to OpenID Connect providers. It implements login.Protocol.
type Client struct {
	HTTP *http.Client     // made by httpclient.New: bounded bodies, no redirects, https or loopback
	Now  func() time.Time // wall clock
	Log  *slog.Logger
	// Notes keep the providers' metadata and keys for other processes; nil: each asks.
	Notes httpcache.Notes

	// Peer reports whether the far end of a connection over loopback is this person's own program, by the addresses of
	// both ends ("127.0.0.1:port" or "[::1]:port"). The browser flow answers nobody else. nil: everybody is believed.
	Peer func(remote, local string) bool
}

func (c *Client) tokens() *idtoken.Client {
	return &idtoken.Client{HTTP: c.HTTP, Now: c.Now, Notes: c.Notes}
}

func (c *Client) verify(ctx context.Context, p login.Provider, e *Endpoints, idToken secret.String, nonce string) (idtoken.Claims, error) {
	return c.tokens().Verify(ctx, e.Issuer, idToken, idtoken.Expected{
		Audience: p.ClientID, Nonce: nonce, Tenants: p.Quirks().Tenants, SignIn: p.LoginCommand(),
	})
}

// SigningKeys fetches the keys that the provider signs ID tokens with and counts them. None is an error.
func (c *Client) SigningKeys(ctx context.Context, e *Endpoints) (count int, err error) {
	return c.tokens().SigningKeys(ctx, e.Issuer)
}

// SignIn implements login.Protocol.
func (c *Client) SignIn(ctx context.Context, p login.Provider, screen login.Screen) (*login.Session, error) {
	e, err := c.Discover(ctx, p)
	if err != nil {
		return nil, err
	}
	flow, err := screen.Flow(e.BrowserPossible(), e.DevicePossible())
	if err != nil {
		return nil, err
	}
	prove := c.byDevice
	if flow == login.FlowBrowser {
		prove = c.byBrowser
	}
	got, claims, err := prove(ctx, p, e, screen)
	if err != nil {
		return nil, err
	}
	session := newSession(p, got, claims, c.Now())
	_, session.Unasked = scopesOf(p, e)
	return session, nil
}

// newSession makes a session of what a sign-in brought.
func newSession(p login.Provider, got *tokens, claims idtoken.Claims, now time.Time) *login.Session {
	session := login.NewSession(p, now)
	session.RefreshToken, session.Scope = got.refreshToken, got.scope
	if p.UserInfo {
		session.Inform(p, got.info, now.UTC())
	}
	session.Update(p, claims, got.idToken, now.UTC())
	session.Limit(got.lasts, false, now.UTC())
	return session
}

// scopesOf is what is asked for at sign-in: the map's choice, else a name, an address and, where the provider lists them, a refresh
// token and the groups (Okta, Dex). RFC 8414 lets a provider keep a scope from its list, but many refuse what they don't list,
// in the browser for everybody to see (Amazon Cognito, GitLab): so those are left out, and noted where that may be missed.
func scopesOf(p login.Provider, e *Endpoints) (asked, unasked []string) {
	if len(p.Scopes) > 0 {
		return p.Scopes, nil
	}
	kind := p.Quirks()
	asked = []string{"openid", "profile", "email"}
	for _, scope := range []string{"offline_access", "groups"} {
		untold := e.ScopesSupported == nil && scope == "offline_access" // OpenID Connect's own
		switch {
		case scope == "offline_access" && kind.NoOffline:
		case kind.Unlisted || untold || slices.Contains(e.ScopesSupported, scope):
			asked = append(asked, scope)
		default:
			unasked = append(unasked, scope)
		}
	}
	return asked, unasked
}

// scopeOf is what is asked for as it is sent (RFC 6749 §3.3).
func scopeOf(p login.Provider, e *Endpoints) string {
	asked, _ := scopesOf(p, e)
	return strings.Join(asked, " ")
}

// opening holds the parameters that the access map adds where a sign-in begins, for the protocol's own to be laid over.
func opening(p login.Provider) url.Values {
	form := url.Values{}
	for name, value := range p.Parameters {
		form.Set(name, value)
	}
	if p.Audience != "" {
		form.Set("audience", p.Audience)
	}
	return form
}
