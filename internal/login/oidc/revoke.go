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
		return login.ErrNoRevocation
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
