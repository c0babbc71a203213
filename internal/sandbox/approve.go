package sandbox

import (
	"context"
	"fmt"
)

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
