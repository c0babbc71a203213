package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// WalkAuthorize stands for the browser in the browser flow: it opens the authorization URL, signs in as user, approves,
// and loads the redirect from the client that waits on loopback. callbackURL is that redirect, with all that was
// brought there; it holds the authorization code, which is a secret until it is redeemed. An error tells that the browser
// never came back to the client. Where the behaviour decides at once, or refuses, the pages in between are left out.
func WalkAuthorize(ctx context.Context, authorizationURL, user string) (callbackURL string, err error) {
	return walkBack(ctx, authorizationURL, map[string]string{"user": user, "decision": "approve"})
}

// WalkDeny is WalkAuthorize for somebody who signs in as user and then presses Deny: the client is told access_denied.
func WalkDeny(ctx context.Context, authorizationURL, user string) (callbackURL string, err error) {
	return walkBack(ctx, authorizationURL, map[string]string{"user": user, "decision": "deny"})
}

// walkBack walks until the browser has left the provider.
func walkBack(ctx context.Context, start string, answers map[string]string) (callbackURL string, err error) {
	from, err := url.Parse(start)
	if err != nil {
		return "", fmt.Errorf("the authorization URL: %w", err)
	}
	// Without kept connections: the client closes its listener once it has been called.
	person := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	last, err := walk(ctx, person, start, answers)
	switch {
	case err != nil:
		return "", err
	case last.outcome != "" || last.problem != "":
		return "", last.failure()
	case last.base.Host == from.Host:
		return "", errors.New("the sign-in ended at the provider, with no way back to the client")
	}
	return last.base.String(), nil
}

// WaitForUserCode returns the next user code that waits for a person, each once. It waits for one until ctx ends.
func (s *Server) WaitForUserCode(ctx context.Context) (string, error) {
	for {
		s.mu.Lock()
		code, ok := s.grants.nextUserCode()
		arrived := s.grants.arrived
		s.mu.Unlock()
		if ok {
			return code, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for a user code: %w", ctx.Err())
		}
	}
}

// Approve approves a user code in the name of a user, without the pages.
func (s *Server) Approve(userCode, user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.user(user)
	if !ok {
		return fmt.Errorf("%w: %s", errNoSuchUser, user)
	}
	g, err := s.open(normalUserCode(userCode))
	if err != nil {
		return err
	}
	g.decision, g.user = approved, u
	return nil
}

// Deny denies a user code, without the pages.
func (s *Server) Deny(userCode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.open(normalUserCode(userCode))
	if err != nil {
		return err
	}
	g.decision = denied
	return nil
}
