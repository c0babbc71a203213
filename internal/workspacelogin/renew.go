package workspacelogin

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refreshTimeout bounds one request for new tokens.
const refreshTimeout = 10 * time.Second

// renewal is the renewal of a session.
type renewal struct {
	*Client
	keep  *login.Stored
	p     login.Provider
	e     *databricks.SignInEndpoints
	grant *databricks.Grant // by Spend
}

// Prepare implements login.Protocol.
func (c *Client) Prepare(ctx context.Context, keep *login.Stored, p login.Provider, _ *login.Session) (login.Renewal, error) {
	e, err := c.Databricks.SignInEndpoints(ctx, at(p))
	if err != nil {
		return nil, err
	}
	return &renewal{Client: c, keep: keep, p: p, e: e}, nil
}

// Spend implements login.Renewal. An answer that was lost is asked for once more with the same token, unless this process
// slept meanwhile: see decision 005. No scope is sent, which asks for that of the sign-in (RFC 6749 §6).
func (r *renewal) Spend(ctx context.Context, session *login.Session) (err error) {
	began := time.Now()
	r.grant, err = r.refresh(ctx, session)
	if ctx.Err() == nil && httpclient.Lost(err) && !httpclient.Slept(began, refreshTimeout) {
		r.Log.Warn("the answer to a renewal was lost; asking once more", "provider", r.p.Host())
		r.grant, err = r.refresh(ctx, session)
	}
	return fault(r.p, "renewing the session", err)
}

func (r *renewal) refresh(ctx context.Context, session *login.Session) (*databricks.Grant, error) {
	ctx, cancel := httpclient.Awake(ctx, refreshTimeout)
	defer cancel()
	return r.Databricks.Refresh(ctx, at(r.p), r.e, session.RefreshToken, "")
}

// Keep implements login.Renewal. Nothing is asked any more: the principal of a refresh token does not change.
func (r *renewal) Keep(ctx context.Context, session *login.Session) (*login.Session, error) {
	renewed := *session
	rotated := renewed.Replace(r.grant.RefreshToken)
	renewed.AccessToken, renewed.IDTokenExpires, renewed.Refreshed = r.grant.Token.AccessToken, r.grant.Token.Expires, r.Now().UTC()
	renewed.Limit(0, rotated, r.Now())
	r.keep.WarnUnstored(r.p, r.keep.Put(context.WithoutCancel(ctx), r.p, &renewed))
	return &renewed, nil
}

// Revoke implements login.Protocol: it ends the session by its refresh token, where the host has an endpoint for that.
func (c *Client) Revoke(ctx context.Context, p login.Provider, session *login.Session) error {
	e, err := c.Databricks.SignInEndpoints(ctx, at(p))
	if err != nil {
		return err
	}
	if e.Revocation == "" || session.RefreshToken.IsZero() {
		return ui.Errorf("revocation-missing", ui.Failed, "%w", login.ErrNoRevocation)
	}
	return fault(p, "ending the session at the workspace", c.Databricks.Revoke(ctx, at(p), e, session.RefreshToken))
}
