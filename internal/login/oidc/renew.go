package oidc

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Prepare implements login.Protocol. Mostly nothing is asked: the provider is known from before.
func (c *Client) Prepare(ctx context.Context, keep *login.Stored, p login.Provider, _ *login.Session) (login.Renewal, error) {
	e, err := c.known(ctx, p)
	if err != nil {
		return nil, err
	}
	return &renewal{client: c, keep: keep, p: p, e: e}, nil
}

// renewal is the renewal of a session.
type renewal struct {
	client *Client
	keep   *login.Stored
	p      login.Provider
	e      *Endpoints
	got    *tokens // by Spend
}

// Spend implements login.Renewal. Where the provider no longer is at the address that was kept, its metadata says where it is; what
// else may have changed with it costs this attempt, and not the next.
func (r *renewal) Spend(ctx context.Context, session *login.Session) (err error) {
	r.got, err = r.client.refresh(ctx, r.p, r.e, session.RefreshToken, session.Scope)
	if err == nil || !r.e.Kept {
		return err
	}
	if httpclient.Permanent(err) && !httpclient.Lost(err) {
		if e, again := r.client.Discover(ctx, r.p); again == nil && e.Token != r.e.Token {
			r.e = e
			r.got, err = r.client.refresh(ctx, r.p, r.e, session.RefreshToken, session.Scope)
		}
		return err
	}
	r.client.tokens().Forget(r.e.Issuer)
	return err
}

// Keep implements login.Renewal. A new refresh token is stored before anything else can fail: verifying the ID token needs the
// network.
func (r *renewal) Keep(ctx context.Context, session *login.Session) (*login.Session, error) {
	ctx = context.WithoutCancel(ctx)
	keep, p, got := r.keep, r.p, r.got
	// Not verified yet, but another's refresh token must not get into this session. verify proves the same bytes below.
	if claims, ok := idtoken.Parse(got.idToken); ok && session.IsAnother(p, claims) {
		return nil, ui.Errorf("renewed-as-another", ui.LoginNeeded, "%s renewed the session of %s as another subject", p.Host(), session.Display()).
			With(p.SignInFix())
	}
	renewed := *session
	rotated := renewed.Replace(got.refreshToken)
	renewed.NoSilentRenewal = got.idToken.IsZero()
	renewed.Limit(got.lasts, rotated, keep.Now())
	if renewed.NoSilentRenewal {
		keep.WarnUnstored(p, keep.Put(ctx, p, &renewed))
		return nil, login.NoRenewal(p, &renewed)
	}
	var unstored error
	if rotated {
		unstored = keep.Put(ctx, p, &renewed)
	}
	claims, err := r.client.verify(ctx, p, r.e, got.idToken, "")
	if err != nil {
		keep.WarnUnstored(p, unstored)
		return nil, err
	}
	now := keep.Now().UTC()
	missed, err := r.inform(ctx, &renewed, claims, now)
	if err != nil {
		keep.WarnUnstored(p, unstored)
		return nil, err
	}
	if renewed.Update(p, claims, got.idToken, now) || missed {
		keep.Warn(login.GroupsMissing(p, &renewed))
	}
	if err := keep.Settle(ctx, p, session, &renewed); err != nil {
		keep.WarnUnstored(p, unstored)
		return nil, err
	}
	keep.WarnUnstored(p, keep.Put(ctx, p, &renewed))
	return &renewed, nil
}

// inform asks for the groups where they are at the userinfo endpoint. Where that gives no answer for now, those of before stay
// for a while, as far as there are any.
func (r *renewal) inform(ctx context.Context, session *login.Session, claims idtoken.Claims, now time.Time) (missed bool, err error) {
	if !r.p.UserInfo {
		return false, nil
	}
	info, err := r.client.userInfo(ctx, r.p, r.e, r.got.accessToken, claims.Text("sub"))
	if err != nil && (!login.Temporary(err) || !session.GroupsPresent) {
		return false, err
	}
	return session.Inform(r.p, info, now), nil
}
