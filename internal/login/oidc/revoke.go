package oidc

import (
	"context"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Revoke ends a session at the provider (RFC 7009 §2), by its refresh token.
func (c *Client) Revoke(ctx context.Context, p login.Provider, session *login.Session) error {
	e, err := c.Discover(ctx, p)
	if err != nil {
		return err
	}
	if e.Revocation == "" {
		return withoutRevocation(p, e)
	}
	const doing = "ending the session at the provider"
	form := url.Values{"token": {session.RefreshToken.Reveal()}, "token_type_hint": {"refresh_token"}}
	a, err := c.post(ctx, p, e, doing, e.Revocation, form, session.RefreshToken)
	if err != nil {
		return err
	}
	if refused := a.refusal(); refused != nil {
		return refused.Fault(p, doing)
	}
	if !a.OK() {
		return ui.Errorf("revocation-failed", ui.Failed, "%w", a.NoAnswer()).With(ui.Advice("end it on the provider's own page for your sessions"))
	}
	return nil
}

// withoutRevocation names the page by which a person ends the session in the browser (OpenID Connect RP-Initiated Logout 1.0 §2), if
// there is one. The ID token, which may be a hint there, is left out: AWS takes it until it ends, and browsers keep addresses.
func withoutRevocation(p login.Provider, e *Endpoints) error {
	missing := ui.Errorf("revocation-missing", ui.Failed, "%w", login.ErrNoRevocation)
	page, err := url.Parse(e.EndSession)
	if err != nil || e.EndSession == "" {
		return missing
	}
	query := page.Query()
	query.Set("client_id", p.ClientID)
	page.RawQuery = query.Encode()
	return missing.With(ui.Advice("to sign out in the browser too, open " + page.String()))
}
