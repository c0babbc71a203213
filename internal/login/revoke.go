package login

import (
	"context"
	"errors"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ErrNoRevocation: the provider has no revocation endpoint.
var ErrNoRevocation = errors.New("the provider offers no revocation of tokens")

// Revoke ends a session at the provider (RFC 7009 §2), by its refresh token. ErrNoRevocation where the provider has no
// endpoint for it.
func (c *Client) Revoke(ctx context.Context, p Provider, e *Endpoints, refreshToken secret.String) error {
	if e.Revocation == "" {
		return ErrNoRevocation
	}
	const doing = "ending the session at the provider"
	form := url.Values{"token": {refreshToken.Reveal()}, "token_type_hint": {"refresh_token"}}
	a, err := c.post(ctx, p, e, e.Revocation, form)
	if err != nil {
		return httpclient.Explain(doing, err)
	}
	if refused := a.refusal(); refused != nil {
		return refused.fault(p, doing)
	}
	if !a.ok() {
		return ui.Fault(ui.Failed, "end it on the provider's own page for your sessions", "%s: %w", doing, a.unusable())
	}
	return nil
}
