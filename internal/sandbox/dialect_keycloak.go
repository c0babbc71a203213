package sandbox

import (
	"strings"
	"time"
)

// keycloak is Keycloak, with client mappers that put groups (as full paths) and realm roles into ID tokens.
//
//	https://www.keycloak.org/docs/latest/server_admin/#_oidc_clients (PKCE, device grant, refresh token settings)
//	https://www.keycloak.org/docs/latest/server_admin/#_timeouts ("Revoke Refresh Token" is off by default: a new one
//	comes each time and the old one stays good)
//	https://github.com/keycloak/keycloak/tree/main/services/src/main/java/org/keycloak/protocol/oidc
//	(grants/device/DeviceGrantType.java and endpoints/DeviceEndpoint.java: the words, and that PKCE is checked in the
//	device request; TokenManager.java: the words of refreshes)
func keycloak() dialect {
	const ssoIdle = 30 * time.Minute
	return dialect{
		oldRefreshTokensStay: true,
		scopes: []string{
			scopeOpenID, scopeOffline, scopeProfile, scopeEmail, "address", "phone", "roles", "web-origins",
			"microprofile-jwt", "acr", "basic",
		},
		metadata: map[string]any{
			"token_endpoint_auth_methods_supported": []string{
				"private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt",
			},
			"code_challenge_methods_supported": []string{"plain", challengeS256},
			"grant_types_supported": []string{
				grantCode, "client_credentials", "implicit", "password", grantRefresh, grantDevice,
				grantTypeURN + "token-exchange",
			},
		},
		issInAnswer:   true,
		refreshAlways: true, // of the browser's session, if not an offline one
		tokens: func(_ *Server, fields map[string]any) {
			fields["not-before-policy"] = 0
			fields["session_state"] = guid(opaque(8))
			if _, ok := fields["refresh_token"]; ok {
				fields["refresh_expires_in"] = seconds(ssoIdle)
			}
		},
		claims: func(s *Server, u *User, _ []string, claims map[string]any) {
			overlay(claims, map[string]any{
				"typ": "ID", "azp": clientID, "acr": "1", "jti": guid(opaque(8)), "sid": guid(u.Name),
				"auth_time":    claims["iat"],
				"realm_access": map[string]any{"roles": append([]string{"default-roles-acme"}, u.AppRoles...)},
				"groups":       nil,
			})
			if paths := groupPaths(u.Groups); len(paths) > 0 {
				claims["groups"] = paths
			}
		},
		says: map[situation]refusal{
			sayPending:             {code: errAuthorizationPending, text: "The authorization request is still pending"},
			saySlowDown:            {code: errSlowDown, text: "Slow down"},
			sayDenied:              {code: errAccessDenied, text: "The end user denied the authorization request"},
			sayExpiredDeviceCode:   {code: errExpiredToken, text: "Device code is expired"},
			sayUnknownDeviceCode:   {code: errInvalidGrant, text: "Device code not valid"},
			sayUsedDeviceCode:      {code: errInvalidGrant, text: "Device code not valid"},
			sayUnknownCode:         {code: errInvalidGrant, text: "Code not valid"},
			sayUsedCode:            {code: errInvalidGrant, text: "Code not valid"},
			sayExpiredCode:         {code: errInvalidGrant, text: "Code not valid"},
			sayOtherRedirect:       {code: errInvalidGrant, text: "Incorrect redirect_uri"},
			sayWrongVerifier:       {code: errInvalidGrant, text: "PKCE verification failed: Code mismatch"},
			sayNoVerifier:          {code: errInvalidGrant, text: "PKCE code verifier not specified"},
			sayNoChallenge:         {code: errInvalidRequest, text: "Missing parameter: code_challenge_method"},
			sayNoRefreshToken:      {code: errInvalidRequest, text: "No refresh token"},
			sayUnknownRefreshToken: {code: errInvalidGrant, text: "Invalid refresh token"},
			sayReusedRefreshToken:  {code: errInvalidGrant, text: "Maximum allowed refresh token reuse exceeded"},
			sayUnknownScope:        {code: errInvalidScope, text: "Invalid scopes"},
			sayUnknownClient:       keycloakUnknownClient(),
			sayNoSecret: {code: "unauthorized_client", status: 401,
				text: "Invalid client or Invalid client credentials"},
			sayWrongSecret: {code: "unauthorized_client", status: 401,
				text: "Invalid client or Invalid client credentials"},
			sayForeignRedirect: {code: errInvalidRequest, text: "Invalid parameter: redirect_uri"},
		},
		refusals: map[Refusal]refusal{
			RefuseClient: keycloakUnknownClient(),
			RefusePublic: {code: "unauthorized_client", status: 401,
				text: "Invalid client or Invalid client credentials"},
			RefuseDevice:  {code: errInvalidGrant, text: "Client not allowed for OAuth 2.0 Device Authorization Grant"},
			RefuseSession: {code: errInvalidGrant, text: "Session not active"},
			RefuseSilence: {code: errInvalidGrant, text: "Token is not active"},
		},
	}
}

func keycloakUnknownClient() refusal {
	return refusal{code: errInvalidClient, text: "Invalid client or Invalid client credentials"}
}

// groupPaths are groups as Keycloak's mapper writes them with "full group path": ml-scientists is /ml/scientists.
func groupPaths(groups []string) []string {
	var paths []string
	for _, group := range groups {
		paths = append(paths, "/"+strings.ReplaceAll(group, "-", "/"))
	}
	return paths
}
