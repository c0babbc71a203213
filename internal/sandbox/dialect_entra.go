package sandbox

import (
	"crypto/sha256"
	"fmt"
	"net/http"
)

// entraTenant is the tenant that everybody belongs to. As in Entra ID, whose issuers are
// https://login.microsoftonline.com/TENANT/v2.0, it is what the issuer's path begins with; there it is a GUID.
const entraTenant = "oidc"

// maxEntraGroups is how many groups an ID token of Entra ID holds; with one more it holds none.
const maxEntraGroups = 200

const entraPending = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."

// entra is Microsoft Entra ID, endpoints of version 2.0.
//
//	https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code (answers, codes; no complete address)
//	https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow (refresh, form of errors)
//	https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference (claims, groups overage)
//	https://learn.microsoft.com/entra/identity-platform/reference-error-codes (AADSTS numbers)
//	https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions (any port of localhost)
//	https://learn.microsoft.com/entra/identity-platform/refresh-tokens (a new one each time, the old one stays good)
func entra() dialect {
	return dialect{
		oldRefreshTokensStay: true,
		scopes:               []string{scopeOpenID, scopeProfile, scopeEmail, scopeOffline},
		spelling:             map[string]string{scopeOffline: ""}, // "the scopes in which the access token is valid"
		metadata: map[string]any{
			"revocation_endpoint": nil, "grant_types_supported": nil, "code_challenge_methods_supported": nil,
			"authorization_response_iss_parameter_supported": nil,
			"token_endpoint_auth_methods_supported": []string{
				"client_secret_post", "private_key_jwt", "client_secret_basic",
			},
			"subject_types_supported": []string{"pairwise"},
			"response_types_supported": []string{
				"code", "id_token", "code id_token", "id_token token",
			},
			"response_modes_supported": []string{"query", "fragment", "form_post"},
			"claims_supported": []string{
				"sub", "iss", "cloud_instance_name", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username",
				"name", "tid", "ver", "email",
			},
			"tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com", "msgraph_host": "graph.microsoft.com",
		},
		device: func(_ *Server, fields map[string]any) {
			delete(fields, "verification_uri_complete")
			fields["message"] = fmt.Sprintf(
				"To sign in, use a web browser to open the page %s and enter the code %s to authenticate.",
				fields["verification_uri"], fields["user_code"])
		},
		plainCode:    true,
		redirectHost: "localhost",
		tokens: func(_ *Server, fields map[string]any) {
			fields["ext_expires_in"] = fields["expires_in"]
		},
		claims: entraClaims,
		form:   entraForm,
		says: map[situation]refusal{
			sayPending:  {code: errAuthorizationPending, number: 70016, text: entraPending},
			saySlowDown: {code: errAuthorizationPending, number: 70016, text: entraPending}, // there is no slow_down
			sayDenied: {code: "authorization_declined", number: 65004,
				text: "User declined to consent to access the app."},
			sayExpiredDeviceCode: {code: errExpiredToken, number: 70020,
				text: "The provided value for the input parameter 'device_code' is not valid. This code has " +
					"expired."},
			sayUnknownDeviceCode: {code: "bad_verification_code", number: 70018, text: "Invalid verification code."},
			sayUsedDeviceCode: {code: errInvalidGrant, number: 54005,
				text: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use " +
					"an existing refresh token."},
			sayUnknownCode: {code: errInvalidGrant, number: 9002313,
				text: "Invalid request. Request is malformed or invalid."},
			sayUsedCode: {code: errInvalidGrant, number: 54005,
				text: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use " +
					"an existing refresh token."},
			sayExpiredCode: {code: errInvalidGrant, number: 70008,
				text: "The provided authorization code or refresh token has expired due to inactivity. Send a new " +
					"interactive authorization request for this user and resource."},
			sayOtherRedirect: {code: errInvalidClient, status: http.StatusBadRequest, number: 500112,
				text: "The reply address does not match the reply address provided when requesting Authorization " +
					"code."},
			sayWrongVerifier: {code: errInvalidGrant, number: 501481,
				text: "The Code_Verifier does not match the code_challenge supplied in the authorization request."},
			sayNoVerifier: {code: errInvalidGrant, number: 50148,
				text: "The code_verifier does not match the code_challenge supplied in the authorization request " +
					"for PKCE."},
			sayNoRefreshToken: {code: errInvalidRequest, number: 900144,
				text: "The request body must contain the following parameter: 'refresh_token'."},
			sayUnknownRefreshToken: {code: errInvalidGrant, number: 70000,
				text: "The provided value for the input parameter 'refresh_token' or 'assertion' is not valid."},
			sayReusedRefreshToken: {code: errInvalidGrant, number: 70000,
				text: "The provided value for the input parameter 'refresh_token' or 'assertion' is not valid."},
			sayUnknownScope: {code: errInvalidScope, number: 70011,
				text: "The provided request must include a 'scope' input parameter. The provided value for the " +
					"input parameter 'scope' is not valid."},
			sayUnknownClient: entraUnknownClient(),
			sayNoSecret: {code: errInvalidClient, number: 7000218,
				text: "The request body must contain the following parameter: 'client_assertion' or " +
					"'client_secret'."},
			sayWrongSecret: {code: errInvalidClient, number: 7000215,
				text: "Invalid client secret provided. Ensure the secret being sent in the request is the client " +
					"secret value, not the client secret ID."},
			sayForeignRedirect: {number: 50011,
				text: "The redirect URI specified in the request does not match the redirect URIs configured for " +
					"the application."},
		},
		refusals: map[Refusal]refusal{
			RefuseClient: entraUnknownClient(),
			RefusePublic: {code: errInvalidClient, number: 7000218,
				text: "The request body must contain the following parameter: 'client_assertion' or " +
					"'client_secret'."},
			RefuseUser: {code: errInvalidGrant, number: 50105,
				text: "Your administrator has configured the application to block users unless they are " +
					"specifically granted ('assigned') access to the application. The signed in user '{EUII " +
					"Hidden}' is blocked because they are not a direct member of a group with access, nor had " +
					"access directly assigned by an administrator. Please contact your administrator to assign " +
					"access to this application."},
			RefusePolicy: {code: errInvalidGrant, number: 53003, sub: "message_only",
				text: "Access has been blocked by Conditional Access policies. The access policy does not allow " +
					"token issuance."},
			RefuseSession: {code: errInvalidGrant, number: 50173, sub: "bad_token",
				text: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The " +
					"user might have changed or reset their password."},
			RefuseSilence: {code: errInvalidGrant, number: 50076, sub: "basic_action",
				text: "Due to a configuration change made by your administrator, or because you moved to a new " +
					"location, you must use multi-factor authentication to access the application."},
		},
	}
}

func entraUnknownClient() refusal {
	return refusal{code: "unauthorized_client", number: 700016,
		text: "Application with identifier '" + clientID + "' was not found in the directory 'Acme'. " +
			"This can happen if the application has not been installed by the administrator of the tenant " +
			"or consented to by any user in the tenant. " +
			"You may have sent your authentication request to the wrong tenant."}
}

// entraForm is the form of Entra ID's errors: the number, in the text and by itself, and what support asks for.
func entraForm(s *Server, what refusal) reply {
	if what.number == 0 {
		what.number = 9002313 // "request is malformed or invalid"
	}
	trace, correlation := guid(opaque(8)), guid(opaque(8))
	when := s.clock().UTC().Format("2006-01-02 15:04:05Z")
	what.text = fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s",
		what.number, what.text, trace, correlation, when)
	a := what.plain()
	overlay(a.fields, map[string]any{
		"error_codes": []int{what.number}, "timestamp": when, "trace_id": trace, "correlation_id": correlation,
		"error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", what.number),
	})
	if what.sub != "" {
		a.fields["suberror"] = what.sub
	}
	return a
}

// entraClaims: the groups come whatever the scopes are, by their names as tenants can choose; more than 200 become a
// reference. Tokens of the implicit flow, which nobody here uses, say hasgroups instead: claim.hasgroups=true.
func entraClaims(_ *Server, u *User, scopes []string, claims map[string]any) {
	delete(claims, "email_verified")
	oid := guid(u.Subject)
	overlay(claims, map[string]any{
		"tid": entraTenant, "ver": "2.0", "nbf": claims["iat"], "uti": opaque(22), "rh": "1." + opaque(40) + ".",
		"groups": nil,
	})
	if has(scopes, scopeProfile) {
		claims["oid"], claims["preferred_username"] = oid, u.Email
	}
	if len(u.AppRoles) > 0 {
		claims["roles"] = u.AppRoles
	}
	switch {
	case len(u.Groups) > maxEntraGroups:
		claims["_claim_names"] = map[string]string{"groups": "src1"}
		claims["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": "https://graph.windows.net/" + entraTenant + "/users/" + oid + "/getMemberObjects",
		}}
	case len(u.Groups) > 0:
		claims["groups"] = u.Groups
	}
}

// guid makes one out of a text, always the same one.
func guid(of string) string {
	sum := sha256.Sum256([]byte(of))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
