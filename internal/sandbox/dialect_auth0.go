package sandbox

import (
	"net/http"
	"time"
)

// Auth0GroupsClaim is where Auth0's groups are: an Action has put them there, and claims of one's own must be named by
// an address.
const Auth0GroupsClaim = "https://example.com/groups"

// auth0 is Auth0, with refresh token rotation.
//
//	https://auth0.com/docs/api/authentication/device-authorization-flow/authorize-device (answers, 403 and 429)
//	https://auth0.com/docs/get-started/authentication-and-authorization-flow/device-authorization-flow/call-your-api-using-the-device-authorization-flow
//	("the expired_token error will be returned exactly once")
//	https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation (reuse detection)
//	https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims (names of claims)
func auth0() dialect {
	const accessLifetime = 24 * time.Hour
	const unknownRefresh = "Unknown or invalid refresh token."
	const forbidden = http.StatusForbidden
	return dialect{
		scopes: []string{
			scopeOpenID, scopeProfile, scopeOffline, "name", "given_name", "family_name", "nickname", scopeEmail,
			"email_verified", "picture",
			"created_at", "identities", "phone", "address",
		},
		metadata: map[string]any{
			"authorization_response_iss_parameter_supported": nil,
			"token_endpoint_auth_methods_supported": []string{
				"client_secret_basic", "client_secret_post", "private_key_jwt", "none",
			},
			"code_challenge_methods_supported": []string{challengeS256, "plain"},
			"claims_supported": []string{
				"aud", "auth_time", "created_at", "email", "email_verified", "exp", "family_name", "given_name",
				"iat", "identities", "iss",
				"name", "nickname", "phone_number", "picture", "sub",
			},
		},
		expiredOnce: true,
		tokens:      func(_ *Server, fields map[string]any) { fields["expires_in"] = seconds(accessLifetime) },
		claims: func(s *Server, u *User, scopes []string, claims map[string]any) {
			overlay(claims, map[string]any{"groups": nil, "preferred_username": nil, "sid": opaque(32)})
			if len(u.Groups) > 0 {
				claims[Auth0GroupsClaim] = u.Groups
			}
			if has(scopes, scopeProfile) {
				claims["nickname"], claims["updated_at"] = u.Name, s.clock().UTC().Format("2006-01-02T15:04:05.000Z")
			}
		},
		says: map[situation]refusal{
			sayPending: {code: errAuthorizationPending, status: forbidden,
				text: "User has yet to authorize device code."},
			saySlowDown: {code: errSlowDown, status: http.StatusTooManyRequests,
				text: "You are polling faster than the specified interval of 5 seconds."},
			sayDenied: {code: errAccessDenied, status: forbidden,
				text: "User cancelled the confirmation prompt."},
			sayExpiredDeviceCode:   {code: errExpiredToken, status: forbidden, text: "The device code has expired."},
			sayUnknownDeviceCode:   {code: errInvalidGrant, status: forbidden, text: "Invalid or expired device code."},
			sayUsedDeviceCode:      {code: errInvalidGrant, status: forbidden, text: "Invalid or expired device code."},
			sayUnknownCode:         {code: errInvalidGrant, status: forbidden, text: "Invalid authorization code"},
			sayUsedCode:            {code: errInvalidGrant, status: forbidden, text: "Invalid authorization code"},
			sayExpiredCode:         {code: errInvalidGrant, status: forbidden, text: "Invalid authorization code"},
			sayWrongVerifier:       {code: errInvalidGrant, status: forbidden, text: "Failed to verify code verifier"},
			sayNoVerifier:          {code: errInvalidRequest, text: "Parameter 'code_verifier' is required"},
			sayNoRefreshToken:      {code: errInvalidRequest, text: "Missing required parameter: refresh_token"},
			sayUnknownRefreshToken: {code: errInvalidGrant, status: forbidden, text: unknownRefresh},
			sayReusedRefreshToken:  {code: errInvalidGrant, status: forbidden, text: unknownRefresh},
			sayUnknownClient:       {code: errInvalidClient, status: forbidden, text: "Unknown client"},
			sayNoSecret:            {code: errAccessDenied, text: "Unauthorized", status: http.StatusUnauthorized},
			sayWrongSecret:         {code: errAccessDenied, text: "Unauthorized", status: http.StatusUnauthorized},
			sayUnknownAudience:     {code: errAccessDenied, status: forbidden, text: "Service not found"},
			sayForeignRedirect: {code: "unauthorized_client",
				text: "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback " +
					"URLs."},
		},
		refusals: map[Refusal]refusal{
			RefuseClient: {code: errInvalidClient, status: forbidden, text: "Unknown client"},
			RefusePublic: {code: errAccessDenied, status: http.StatusUnauthorized, text: "Unauthorized"},
			RefuseDevice: {code: "unauthorized_client", status: forbidden,
				text: "Grant type '" + grantDevice + "' not allowed for the client."},
			RefuseUser: {code: errAccessDenied, status: forbidden,
				text: "User is not assigned to the client application."},
			RefusePolicy:  {code: errAccessDenied, status: forbidden, text: "Access denied."},
			RefuseSession: {code: errInvalidGrant, status: forbidden, text: unknownRefresh},
			RefuseSilence: {code: "mfa_required", status: forbidden, text: "Multifactor authentication required"},
		},
	}
}
