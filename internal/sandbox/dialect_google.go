package sandbox

import (
	"net/http"
	"strings"
)

// GoogleClientSecret is what Google's clients must send. It is that of an installed application, which is no secret.
const GoogleClientSecret = "GOCSPX-sandbox" //nolint:gosec // of the double alone

// google is Google's accounts, with a client of the type "TVs and Limited Input devices" or "Desktop".
//
//	https://developers.google.com/identity/protocols/oauth2/limited-input-device (verification_url, 428 and 403, scopes)
//	https://developers.google.com/identity/protocols/oauth2/native-app (loopback redirect, client_secret, refresh)
//	https://developers.google.com/identity/openid-connect/openid-connect (claims, hd; no groups)
func google() dialect {
	const forbidden, unauthorized = http.StatusForbidden, http.StatusUnauthorized
	const apis = "https://www.googleapis.com/auth/userinfo."
	return dialect{
		keepsRefreshToken: true,
		scopes:            []string{scopeOpenID, scopeEmail, scopeProfile},
		spelling:          map[string]string{scopeEmail: apis + "email", scopeProfile: apis + "profile"},
		metadata: map[string]any{
			"authorization_response_iss_parameter_supported": nil,
			"token_endpoint_auth_methods_supported":          []string{"client_secret_post", "client_secret_basic"},
			"code_challenge_methods_supported":               []string{"plain", challengeS256},
			"claims_supported": []string{
				"aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name",
				"picture", "sub",
			},
		},
		device: func(_ *Server, fields map[string]any) {
			fields["verification_url"] = fields["verification_uri"]
			delete(fields, "verification_uri")
			delete(fields, "verification_uri_complete")
		},
		secret:        GoogleClientSecret,
		publicDevice:  true,
		refreshAlways: true, // of installed applications
		claims: func(s *Server, u *User, scopes []string, claims map[string]any) {
			overlay(claims, map[string]any{"azp": clientID, "groups": nil, "preferred_username": nil})
			if _, domain, ok := strings.Cut(u.Email, "@"); ok {
				claims["hd"] = domain
			}
			if has(scopes, scopeProfile) {
				given, family, _ := strings.Cut(u.FullName, " ")
				overlay(claims, map[string]any{
					"given_name": given, "family_name": family,
					"picture": "https://lh3.googleusercontent.com/a/" + opaque(20),
				})
			}
		},
		says: map[situation]refusal{
			sayPending: {code: errAuthorizationPending, status: http.StatusPreconditionRequired,
				text: "Precondition Required"},
			saySlowDown:            {code: errSlowDown, status: forbidden, text: "Forbidden"},
			sayDenied:              {code: errAccessDenied, status: forbidden, text: "Forbidden"},
			sayExpiredDeviceCode:   {code: errExpiredToken, text: "Bad Request"},
			sayUnknownDeviceCode:   {code: errInvalidGrant, text: "Malformed auth code."},
			sayUsedDeviceCode:      {code: errInvalidGrant, text: "Bad Request"},
			sayUnknownCode:         {code: errInvalidGrant, text: "Malformed auth code."},
			sayUsedCode:            {code: errInvalidGrant, text: "Bad Request"},
			sayExpiredCode:         {code: errInvalidGrant, text: "Bad Request"},
			sayOtherRedirect:       {code: "redirect_uri_mismatch", text: "Bad Request"},
			sayWrongVerifier:       {code: errInvalidGrant, text: "Invalid code verifier."},
			sayNoVerifier:          {code: errInvalidGrant, text: "Missing code verifier."},
			sayNoRefreshToken:      {code: errInvalidRequest, text: "Missing required parameter: refresh_token"},
			sayUnknownRefreshToken: {code: errInvalidGrant, text: "Token has been expired or revoked."},
			sayReusedRefreshToken:  {code: errInvalidGrant, text: "Token has been expired or revoked."},
			sayUnknownScope:        {code: errInvalidScope, text: "Invalid scope for the client type."},
			sayUnknownClient: {code: errInvalidClient, status: unauthorized,
				text: "The OAuth client was not found."},
			sayNoSecret: {code: errInvalidRequest, text: "client_secret is missing."},
			sayWrongSecret: {code: errInvalidClient, status: unauthorized,
				text: "The provided client secret is invalid."},
			sayForeignRedirect: {code: "redirect_uri_mismatch", text: "Error 400: redirect_uri_mismatch"},
		},
		refusals: map[Refusal]refusal{
			RefuseClient:  {code: errInvalidClient, status: unauthorized, text: "The OAuth client was not found."},
			RefusePublic:  {code: errInvalidRequest, text: "client_secret is missing."},
			RefuseDevice:  {code: errInvalidClient, status: unauthorized, text: "Invalid client type."},
			RefuseUser:    {code: "org_internal", status: forbidden, text: "Forbidden"},
			RefusePolicy:  {code: "admin_policy_enforced", text: "Bad Request"},
			RefuseSession: {code: errInvalidGrant, text: "Token has been expired or revoked."},
			RefuseSilence: {code: errInvalidGrant, text: "reauth related error (invalid_rapt)"},
		},
	}
}
