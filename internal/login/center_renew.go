package login

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// listTime bounds looking up the assignments while a renewal's lock is held.
const listTime = 20 * time.Second

// Assignments lists what the person is assigned at Identity Center, as in 111122223333/MLAdmin, sorted. Only those of
// p.Accounts are asked for: one request for each account that is both there and assigned, at the pace that the service sets.
// LoginNeeded: the access token is no longer taken.
func (s *Sessions) Assignments(ctx context.Context, p Provider, token secret.String) ([]string, error) {
	const doing = "looking up your assignments"
	if s.Center == nil {
		return nil, noCenter(p)
	}
	accounts, err := s.Center.Accounts(ctx, p.SSORegion, token)
	if err != nil {
		return nil, p.centerFault(doing, err)
	}
	found := []string{}
	for _, account := range accounts {
		if !slices.Contains(p.Accounts, account) {
			continue
		}
		roles, err := s.Center.AccountRoles(ctx, p.SSORegion, token, account)
		switch centerCode(err) {
		case "ForbiddenException", "ResourceNotFoundException":
			continue // taken away since the accounts were listed
		}
		if err != nil {
			return nil, p.centerFault(doing, err)
		}
		for _, role := range roles {
			found = append(found, account+"/"+role)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// centerRenewal is the renewal at Identity Center.
type centerRenewal struct {
	s      *Sessions
	p      Provider
	client *identitycenter.Registration
	token  *identitycenter.Token // what spend brought
}

func (s *Sessions) prepareCenter(ctx context.Context, p Provider, session *Session) (renewal, error) {
	if _, err := s.clientOf(ctx, p, session); err != nil {
		return nil, p.centerFault("renewing the session", err)
	}
	return &centerRenewal{s: s, p: p}, nil
}

func (r *centerRenewal) spend(ctx context.Context, session *Session) (err error) {
	r.client, r.token, err = r.s.tradeAtCenter(ctx, r.p, session)
	return r.p.centerFault("renewing the session", err)
}

// keep looks up the assignments for as long as whoever asked waits: by then the new tokens are stored.
func (r *centerRenewal) keep(ctx context.Context, session *Session) (*Session, error) {
	now := r.s.now().UTC()
	renewed := *session
	rotated := renewed.replace(r.token.RefreshToken)
	renewed.AccessToken, renewed.Registration = r.token.AccessToken, r.client
	renewed.IDTokenExpires, renewed.Refreshed = r.token.Expires, now
	renewed.limit(0, rotated, now)
	unkept := r.s.keep(context.WithoutCancel(ctx), r.p, &renewed)
	if err := r.s.reassign(ctx, r.p, &renewed, unkept); err != nil {
		return nil, err
	}
	return &renewed, nil
}

// clientOf is the client that a session's refresh token was given to; where that is over or not known, whichever there is.
func (s *Sessions) clientOf(ctx context.Context, p Provider, session *Session) (*identitycenter.Registration, error) {
	if s.Center == nil {
		return nil, noCenter(p)
	}
	if r := session.Registration; r != nil && s.now().Before(r.Expires) {
		return r, nil
	}
	return s.register(ctx, p, deviceFlow)
}

// tradeAtCenter spends the refresh token. Where Identity Center has forgotten the client, no other may renew it: the next
// sign-in registers anew.
func (s *Sessions) tradeAtCenter(
	ctx context.Context, p Provider, session *Session,
) (*identitycenter.Registration, *identitycenter.Token, error) {
	client, err := s.clientOf(ctx, p, session)
	if err != nil {
		return nil, nil, err
	}
	token, err := s.Center.CreateToken(ctx, p.SSORegion, client, identitycenter.Grant{RefreshToken: session.RefreshToken})
	if centerCode(err) == "InvalidClientException" {
		s.unregisterClient(ctx, p, client)
	}
	return client, token, err
}

// reassign looks up the assignments of a session that was just renewed, and stores them. Where that fails the former ones
// stay; LoginNeeded: the new token is not taken. unkept is why the session could not be stored before; it gets another go.
func (s *Sessions) reassign(ctx context.Context, p Provider, renewed *Session, unkept error) error {
	asking, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	assigned, err := s.Assignments(asking, p, renewed.AccessToken)
	if ui.CodeOf(err) == ui.LoginNeeded {
		s.tell(p, unkept)
		return err
	}
	changed := err == nil && (!renewed.GroupsPresent || !slices.Equal(assigned, renewed.Groups))
	if changed {
		renewed.Groups, renewed.GroupsPresent = assigned, true
	}
	if err != nil {
		s.Client.log().Warn("the assignments were not looked up; the former ones stay", "provider", p.host(), "error", err)
	}
	if changed || unkept != nil {
		unkept = s.keep(context.WithoutCancel(ctx), p, renewed)
	}
	s.tell(p, unkept)
	return nil
}

// leaveCenter ends the session at the access portal, which takes living tokens only: where the present one has ended, the
// refresh token, which nobody needs any more, makes another.
func (s *Sessions) leaveCenter(ctx context.Context, p Provider, session *Session) error {
	if s.Center == nil {
		return noCenter(p)
	}
	token := session.AccessToken
	if !session.alive(s.now()) && session.canRenew() {
		if _, another, err := s.tradeAtCenter(ctx, p, session); err == nil {
			token = another.AccessToken
		}
	}
	return p.centerFault("ending the session", s.Center.Logout(ctx, p.SSORegion, token))
}
