package sandbox

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Scopes that have claims, or are what people are asked about.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopeGroups  = "groups"
	scopeOffline = "offline_access"
)

// idToken makes the token of a user for the scopes that were granted (OpenID Connect Core 2 and 5.4), as the provider has
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
	s.ownClaims(u, scopes, claims)
	overlay(claims, s.behaviour.Claims)
	token, err := s.keys.sign(claims, s.behaviour.Algorithm)
	if err != nil {
		return "", err
	}
	return s.handOut(token), nil
}

// ownClaims lays those over the claims of a token that the kind of provider has of its own.
func (s *Server) ownClaims(u *User, scopes []string, claims map[string]any) {
	p := s.provider()
	given, family, _ := strings.Cut(u.FullName, " ")
	_, domain, _ := strings.Cut(u.Email, "@")
	known := map[string]any{
		"client_id": clientID, "iat": claims["iat"], "now": s.clock().UTC().Format("2006-01-02T15:04:05.000Z"),
		"username": u.Name, "guid": guid(u.Subject), "email": u.Email, "domain": domain, "given_name": given, "family_name": family,
	}
	if len(u.AppRoles) > 0 {
		known["app_roles"], known["app_role"] = u.AppRoles, u.AppRoles[0]
	}
	switch {
	case p.MaxGroups > 0 && len(u.Groups) > p.MaxGroups:
		overlay(claims, filled(p.OverageClaims, known))
	case len(u.Groups) > 0:
		known["groups"], known["group_paths"] = u.Groups, groupPaths(u.Groups)
	}
	overlay(claims, filled(p.Claims, known))
	if slices.Contains(scopes, scopeProfile) {
		overlay(claims, filled(p.ProfileClaims, known))
	}
}

// groupPaths are groups as Keycloak's mapper writes them with "full group path": ml-scientists is /ml/scientists.
func groupPaths(groups []string) []string {
	var paths []string
	for _, group := range groups {
		paths = append(paths, "/"+strings.ReplaceAll(group, "-", "/"))
	}
	return paths
}

// guid makes one out of a text, always the same one.
func guid(of string) string {
	sum := sha256.Sum256([]byte(of))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
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
