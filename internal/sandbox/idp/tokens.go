package idp

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// firstTokens answers a sign-in that was approved.
func (p *Provider) firstTokens(g *grant, nonce string) *harness.Reply {
	g.Spent = true
	fields := map[string]any{}
	if slices.Contains(g.Scopes, scopeOffline) || p.kind().RefreshAlways {
		g.redeemed = &family{authentication: g.authentication, user: g.User, scopes: g.Scopes, nonce: nonce}
		fields["refresh_token"] = p.rotate(g.redeemed)
	}
	return p.withTokens(fields, g.User, g.Scopes, nonce, g.authentication)
}

// withTokens adds an ID token to an answer, and an access token, which the userinfo endpoint takes.
func (p *Provider) withTokens(fields map[string]any, u *signin.User, scopes []string, nonce string, a authentication) *harness.Reply {
	claims := p.claims(u, scopes, nonce, a)
	told := maps.Clone(claims)
	for _, name := range p.kind().UserInfoOnly {
		delete(told, name)
	}
	idToken, err := p.issuers.Provider.Sign(told, p.h.Behaviour.Algorithm)
	if err != nil {
		return p.h.Failure(err)
	}
	fields["id_token"] = p.h.HandOut(idToken)
	answer := p.answer(fields, scopes)
	accessToken, _ := fields["access_token"].(string)
	for _, name := range []string{"iss", "aud", "iat", "exp", "nonce"} {
		delete(claims, name)
	}
	p.info[accessToken] = claims
	return answer
}

// userInfo answers with the claims of the person whose access token it is (OpenID Connect Core 1.0 5.3).
func (p *Provider) userInfo(r *http.Request) *harness.Reply {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	claims := p.info[token]
	if scheme != "Bearer" || claims == nil {
		p.h.Unexpectedf("GET %s: no access token of this provider", r.URL.Path)
		refused := harness.OAuthError("invalid_token", "")
		refused.Status = http.StatusUnauthorized
		refused.Header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return refused
	}
	return harness.JSON(http.StatusOK, maps.Clone(claims))
}

// answer completes an answer with tokens, as the kind has it.
func (p *Provider) answer(fields map[string]any, scopes []string) *harness.Reply {
	var spelt []string
	for _, scope := range scopes {
		if name := p.kind().Spell(scope); name != "" {
			spelt = append(spelt, name)
		}
	}
	fields["access_token"] = p.h.HandOut(harness.Opaque(64))
	fields["token_type"] = "Bearer"
	fields["expires_in"] = seconds(time.Hour)
	fields["scope"] = strings.Join(spelt, " ")
	for name, value := range kind.Fill(p.kind().Tokens, fields) {
		if _, refresh := fields["refresh_token"]; refresh || !strings.HasPrefix(name, "refresh_") {
			fields[name] = value
		}
	}
	return harness.JSON(http.StatusOK, fields)
}

// claims are those of a user for the scopes that were granted (OpenID Connect Core 2 and 5.4), as the kind has them; the
// behaviour's are laid over all.
func (p *Provider) claims(u *signin.User, scopes []string, nonce string, a authentication) map[string]any {
	groups := p.groups(u)
	now := p.h.Clock()
	claims := map[string]any{
		"iss": p.issuers.Issuer(),
		"sub": u.Subject,
		"aud": harness.ClientID,
		"iat": now.Unix(),
		"exp": now.Add(p.h.Behaviour.IDTokenLifetime).Unix(),
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
	if slices.Contains(scopes, scopeGroups) && len(groups) > 0 {
		claims["groups"] = groups
	}
	p.ownClaims(u, groups, scopes, claims, a)
	p.tell(a, claims)
	harness.Overlay(claims, p.h.Behaviour.Claims)
	return claims
}

// ownClaims lays those over the claims of a token that the kind has of its own.
func (p *Provider) ownClaims(u *signin.User, groups, scopes []string, claims map[string]any, a authentication) {
	k := p.kind()
	given, family, _ := strings.Cut(u.FullName, " ")
	_, domain, _ := strings.Cut(u.Email, "@")
	known := map[string]any{
		"client_id": harness.ClientID, "iat": claims["iat"], "now": p.h.Clock().UTC().Format("2006-01-02T15:04:05.000Z"),
		"username": u.Name, "guid": guid(u.Subject), "email": u.Email, "domain": domain, "given_name": given, "family_name": family,
	}
	if !k.AuthTimeAsked || a.asked {
		known["auth_time"] = a.at.Unix()
	}
	if len(u.AppRoles) > 0 {
		known["app_roles"], known["app_role"] = u.AppRoles, u.AppRoles[0]
	}
	switch {
	case k.MaxGroups > 0 && len(groups) > k.MaxGroups:
		harness.Overlay(claims, kind.Fill(k.OverageClaims, known))
	case len(groups) > 0:
		known["groups"], known["group_paths"], known["group_object"] = groups, groupPaths(groups), groupObject(groups)
	}
	harness.Overlay(claims, kind.Fill(k.Claims, known))
	if slices.Contains(scopes, scopeProfile) {
		harness.Overlay(claims, kind.Fill(k.ProfileClaims, known))
	}
}

// groups are a user's, as many as the behaviour wants: their own first, then made-up ones.
func (p *Provider) groups(u *signin.User) []string {
	n := p.h.Behaviour.UserGroups
	if n == 0 {
		return u.Groups
	}
	groups := slices.Clone(u.Groups[:min(n, len(u.Groups))])
	for len(groups) < n {
		groups = append(groups, fmt.Sprintf("group-%04d", len(groups)+1))
	}
	return groups
}

// groupPaths are groups as Keycloak's mapper writes them with "full group path": ml-scientists is /ml/scientists.
func groupPaths(groups []string) []string {
	var paths []string
	for _, group := range groups {
		paths = append(paths, "/"+strings.ReplaceAll(group, "-", "/"))
	}
	return paths
}

// groupObject are groups as Zitadel writes roles: each over the organisations that it is held in.
func groupObject(groups []string) map[string]any {
	object := map[string]any{}
	for _, group := range groups {
		object[group] = map[string]any{"170086774599581901": "acme.zitadel.cloud"}
	}
	return object
}

// guid makes one out of a text, always the same one.
func guid(of string) string {
	sum := sha256.Sum256([]byte(of))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
