// Package idp is the double of an OpenID Connect provider, of every kind that package kind has.
//
// In come a client's requests, and what people decide at the desk; out go tokens and refusals, in the words of the kind that
// the behaviour names. It checks what real providers check (client, PKCE, redirect, scopes, reuse of refresh tokens), so that a
// client which passes here is not merely one that was humoured.
package idp

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// Grant types (RFC 6749, RFC 8628).
const (
	grantTypeURN = "urn:ietf:params:oauth:grant-type:"
	grantDevice  = grantTypeURN + "device_code"
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// Error codes (RFC 6749 4.1.2.1 and 5.2) beside those that kinds have words for.
const (
	errInvalidClient  = "invalid_client"
	errInvalidRequest = "invalid_request"
	errInvalidScope   = "invalid_scope"
)

// Scopes that have claims, or do something else.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopeGroups  = "groups"
	scopeOffline = "offline_access"
)

// Provider is a sandbox's identity provider.
type Provider struct {
	h       *harness.Harness
	issuers *issuer.Issuers
	desk    *signin.Desk
	grants  map[string]*grant         // by the device code or the authorization code
	refresh map[string]*family        // by every refresh token ever issued
	info    map[string]map[string]any // by every access token: what userinfo says
}

// New is a provider that signs with an issuer's keys, and whose people sign in at the desk.
func New(h *harness.Harness, issuers *issuer.Issuers, desk *signin.Desk) *Provider {
	return &Provider{h: h, issuers: issuers, desk: desk, grants: map[string]*grant{}, refresh: map[string]*family{}, info: map[string]map[string]any{}}
}

// grant is a sign-in here.
type grant struct {
	*signin.Grant
	authentication
	redeemed   *family
	expiryTold bool // the client was told that the code has expired
}

// Routes are those of the provider.
func (p *Provider) Routes() []harness.Route {
	const get, post, at = http.MethodGet, http.MethodPost, issuer.ProviderPath
	byGrant := func(r *http.Request) string { return strings.TrimPrefix(r.PostForm.Get("grant_type"), grantTypeURN) }
	return []harness.Route{
		{Endpoint: harness.Discovery, Method: get, Path: at + "/.well-known/openid-configuration", Answer: p.discovery},
		{Endpoint: harness.Metadata, Method: get, Path: "/.well-known/oauth-authorization-server" + at, Answer: p.discovery},
		{Endpoint: harness.JWKS, Method: get, Path: at + "/keys", Answer: func(*http.Request) *harness.Reply { return p.issuers.Provider.Published() }},
		{Endpoint: harness.Device, Method: post, Path: at + "/device/authorize", Answer: p.deviceAuthorization},
		{Endpoint: harness.Token, Method: post, Path: at + "/token", Answer: p.token, Detail: byGrant},
		{Endpoint: harness.Revoke, Method: post, Path: at + "/revoke", Answer: p.revoke},
		{Endpoint: harness.UserInfo, Method: get, Path: at + "/userinfo", Answer: p.userInfo},
		{Endpoint: harness.Authorize, Method: get, Path: at + "/authorize", Answer: p.authorize},
	}
}

// kind is what the provider is doubled of. The lock must be held.
func (p *Provider) kind() *kind.Provider { return kind.Of(p.h.Behaviour.Kind) }

// discovery answers with the provider's metadata: OpenID Connect Discovery 1.0 and RFC 8414 have the same document.
func (p *Provider) discovery(*http.Request) *harness.Reply {
	at := p.issuers.Issuer()
	fields := map[string]any{
		"issuer":                                         at,
		"authorization_endpoint":                         at + "/authorize",
		"token_endpoint":                                 at + "/token",
		"device_authorization_endpoint":                  at + "/device/authorize",
		"revocation_endpoint":                            at + "/revoke",
		"userinfo_endpoint":                              at + "/userinfo",
		"jwks_uri":                                       at + "/keys",
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{grantCode, grantRefresh, grantDevice},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{issuer.RS256},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"scopes_supported":                               p.kind().Scopes,
		"claims_supported":                               []string{"sub", "email", "name", "preferred_username", "groups"},
		"authorization_response_iss_parameter_supported": true,
	}
	harness.Overlay(fields, p.kind().Discovery)
	return harness.JSON(http.StatusOK, fields)
}

// token is the token endpoint (RFC 6749 3.2).
func (p *Provider) token(r *http.Request) *harness.Reply {
	if refused := p.checkClient(r, kind.AtTokens); refused != nil {
		return refused
	}
	switch grantType := r.PostForm.Get("grant_type"); grantType {
	case grantDevice:
		return p.redeemDeviceCode(r)
	case grantCode:
		return p.redeemAuthorizationCode(r)
	case grantRefresh:
		return p.redeemRefreshToken(r)
	default:
		return p.refuse(r, "unsupported_grant_type", "unknown grant type")
	}
}

// say answers in the words of the kind. The lock must be held.
func (p *Provider) say(what kind.Situation) *harness.Reply {
	status, fields := p.kind().Answer(what, p.h.Clock())
	if status == 0 {
		code, _ := fields["error"].(string)
		status = harness.OAuthStatus(code)
	}
	return harness.JSON(status, fields)
}

// sayUnexpected answers so and records that no orderly client meets it.
func (p *Provider) sayUnexpected(r *http.Request, what kind.Situation) *harness.Reply {
	p.h.Unexpectedf("%s %s: %s", r.Method, r.URL.Path, what)
	return p.say(what)
}

// refuse answers with an error that no orderly client meets and no kind has words of its own for, and records it.
func (p *Provider) refuse(r *http.Request, code, why string) *harness.Reply {
	p.h.Unexpectedf("%s %s: %s: %s", r.Method, r.URL.Path, code, why)
	return harness.OAuthError(code, why)
}

// refusedAt answers with the refusal that is to be met at any of the stages; nil where there is none.
func (p *Provider) refusedAt(at ...kind.Stage) *harness.Reply {
	if !kind.MetAt(p.h.Behaviour.Refusal, at...) {
		return nil
	}
	return p.say(p.h.Behaviour.Refusal)
}

// checkClient authenticates the client (RFC 6749 2.3 and 3.2.1). A public one sends its id and nothing else.
func (p *Provider) checkClient(r *http.Request, at kind.Stage) *harness.Reply {
	if refused := p.refusedAt(kind.AtClient); refused != nil {
		return refused
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = user, password
	} else if r.Header.Get("Authorization") != "" {
		return p.refuse(r, errInvalidClient, "an Authorization header that is not Basic")
	}
	want := p.kind().Secret
	switch {
	case id == "":
		return p.refuse(r, errInvalidClient, "client_id is missing")
	case id != harness.ClientID:
		return p.sayUnexpected(r, kind.UnknownClient)
	case want == "" && secret != "":
		return p.refuse(r, errInvalidClient, "a secret of a public client")
	case secret == "" && at == kind.AtDevice && p.kind().PublicDevice:
		return nil
	case secret == "" && want != "":
		return p.sayUnexpected(r, kind.NoSecret)
	case subtle.ConstantTimeCompare([]byte(secret), []byte(want)) != 1:
		return p.sayUnexpected(r, kind.WrongSecret)
	}
	return nil
}

// seconds is a duration as providers tell it.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
