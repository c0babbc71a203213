package sandbox

import (
	"maps"
	"slices"
)

// Scopes that the provider knows where its dialect has no others. Any other is refused, as Okta and Entra ID refuse them.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopeGroups  = "groups"
	scopeOffline = "offline_access"
)

func knownScopes() []string {
	return []string{scopeOpenID, scopeProfile, scopeEmail, scopeGroups, scopeOffline}
}

// idToken makes the token of a user for the scopes that were granted (OpenID Connect Core 2 and 5.4), as the dialect has
// it; the behaviour's claims are laid over all. The lock must be held.
func (s *Server) idToken(u *User, scopes []string, nonce string) (string, error) {
	u = s.withGroups(u)
	now := s.clock()
	claims := map[string]any{
		"iss": s.Issuer(),
		"sub": u.Subject,
		"aud": clientID,
		"iat": now.Unix(),
		"exp": now.Add(s.behaviour.IDTokenLifetime).Unix(),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if slices.Contains(scopes, scopeEmail) {
		claims["email"] = u.Email
		claims["email_verified"] = true
	}
	if slices.Contains(scopes, scopeProfile) {
		claims["name"] = u.FullName
		claims["preferred_username"] = u.Name
	}
	if slices.Contains(scopes, scopeGroups) && len(u.Groups) > 0 {
		claims["groups"] = u.Groups
	}
	if change := s.dialect().claims; change != nil {
		change(s, u, scopes, claims)
	}
	overlay(claims, s.behaviour.Claims)
	token, err := s.keys.sign(claims, s.behaviour.Algorithm)
	if err != nil {
		return "", err
	}
	return s.handOut(token), nil
}

// Mint signs a token with the provider's current key. The claims are laid over those of an orderly token of the
// first user; a nil value takes a claim away.
func (s *Server) Mint(claims map[string]any) (string, error) {
	now := s.now()
	all := map[string]any{
		"iss": s.Issuer(), "sub": s.users[0].Subject, "aud": clientID, "iat": now.Unix(), "exp": now.Unix() + 3600,
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return s.keys.sign(all, algorithmRS256)
}
