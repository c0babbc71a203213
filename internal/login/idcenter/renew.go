package idcenter

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// listTime bounds looking up the assignments while a renewal's lock is held.
const listTime = 10 * time.Second

// assignments lists what the person is assigned at Identity Center, as in 111122223333/MLAdmin, sorted. Only those of
// p.Accounts are asked for: one request for each account that is both there and assigned, at the pace that the service sets.
// LoginNeeded: the access token is no longer taken.
func (c *Client) assignments(ctx context.Context, p login.Provider, token secret.String) ([]string, error) {
	const doing = "looking up your assignments"
	accounts, err := c.Wire.Accounts(ctx, p.SSORegion, token)
	if err != nil {
		return nil, fault(p, doing, err)
	}
	found := []string{}
	slices.Sort(accounts) // one that is listed twice is asked once
	for _, account := range slices.Compact(accounts) {
		if !slices.Contains(p.Accounts, account) {
			continue
		}
		roles, err := c.Wire.AccountRoles(ctx, p.SSORegion, token, account)
		switch codeOf(err) {
		case "ForbiddenException", "ResourceNotFoundException":
			continue // taken away since the accounts were listed
		}
		if err != nil {
			return nil, fault(p, doing, err)
		}
		for _, role := range roles {
			found = append(found, account+"/"+role)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// renewal is the renewal of a session.
type renewal struct {
	*Client

	keep   *login.Stored
	p      login.Provider
	client *identitycenter.Registration // by Spend
	token  *identitycenter.Token        // by Spend
}

const renewing = "renewing the session"

// Prepare implements login.Protocol.
func (c *Client) Prepare(ctx context.Context, keep *login.Stored, p login.Provider, session *login.Session) (login.Renewal, error) {
	if _, err := c.clientOf(ctx, p, session); err != nil {
		return nil, fault(p, renewing, err)
	}
	return &renewal{Client: c, keep: keep, p: p}, nil
}

// Spend implements login.Renewal.
func (r *renewal) Spend(ctx context.Context, session *login.Session) (err error) {
	r.client, r.token, err = r.trade(ctx, r.p, session)
	return fault(r.p, renewing, err)
}

// Keep implements login.Renewal. It looks up the assignments for as long as the caller waits: by then the new tokens are
// stored. Where that fails the former ones stay; LoginNeeded: the new token is not taken.
func (r *renewal) Keep(ctx context.Context, session *login.Session) (*login.Session, error) {
	lasting, now := context.WithoutCancel(ctx), r.Now().UTC()
	renewed := *session
	rotated := renewed.Replace(r.token.RefreshToken)
	renewed.AccessToken, renewed.Registration = r.token.AccessToken, r.client
	renewed.IDTokenExpires, renewed.Refreshed = r.token.Expires, now
	renewed.Limit(0, rotated, now)
	unstored := r.keep.Put(lasting, r.p, &renewed)

	asking, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	assigned, err := r.assignments(asking, r.p, renewed.AccessToken)
	changed := err == nil && (!renewed.GroupsPresent || !slices.Equal(assigned, renewed.Groups))
	switch {
	case ui.CodeOf(err) == ui.LoginNeeded, err != nil && !renewed.GroupsPresent: // there are no former ones
		r.keep.WarnUnstored(r.p, unstored)
		return nil, err
	case err != nil:
		r.Log.Warn("the assignments were not looked up; the former ones stay", "provider", r.p.Host(), "error", err)
	case changed:
		renewed.Groups, renewed.GroupsPresent = assigned, true
		if err := r.keep.Settle(lasting, r.p, session, &renewed); err != nil {
			// What is stored already has the former assignments. Taken for ended, it is renewed by the next call, which finds out again.
			renewed.Groups, renewed.GroupsPresent, renewed.IDTokenExpires = session.Groups, session.GroupsPresent, now
			r.keep.WarnUnstored(r.p, r.keep.Put(lasting, r.p, &renewed))
			return nil, err
		}
	}
	if changed || unstored != nil { // which gets another go
		unstored = r.keep.Put(lasting, r.p, &renewed)
	}
	r.keep.WarnUnstored(r.p, unstored)
	return &renewed, nil
}

// clientOf is the client that a session's refresh token was given to; where that is over or not known, whichever there is.
func (c *Client) clientOf(ctx context.Context, p login.Provider, session *login.Session) (*identitycenter.Registration, error) {
	if r := session.Registration; r != nil && c.Now().Before(r.Expires) {
		return r, nil
	}
	return c.register(ctx, p, deviceFlow)
}

// trade spends the refresh token. Where Identity Center has forgotten the client, no other may renew it: the next sign-in
// registers again.
func (c *Client) trade(
	ctx context.Context, p login.Provider, session *login.Session,
) (*identitycenter.Registration, *identitycenter.Token, error) {
	client, err := c.clientOf(ctx, p, session)
	if err != nil {
		return nil, nil, err
	}
	token, err := c.Wire.CreateToken(ctx, p.SSORegion, client, identitycenter.Grant{RefreshToken: session.RefreshToken})
	if codeOf(err) == "InvalidClientException" {
		c.unregisterClient(ctx, p, client)
	}
	return client, token, err
}

// Revoke implements login.Protocol. It ends the session at the access portal, which takes living tokens only: where the present
// one has ended, the refresh token, which nobody needs any more, makes another. The region is the session's own, also where
// the access map no longer names the provider, or another region for it.
func (c *Client) Revoke(ctx context.Context, p login.Provider, session *login.Session) error {
	p.SSORegion = session.SSORegion
	token := session.AccessToken
	if !session.Alive(c.Now()) && session.CanRenew() {
		if _, another, err := c.trade(ctx, p, session); err == nil {
			token = another.AccessToken
		}
	}
	return fault(p, "ending the session", c.Wire.Logout(ctx, p.SSORegion, token))
}
