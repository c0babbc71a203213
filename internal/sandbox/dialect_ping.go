package sandbox

import "net/http"

// ping is PingFederate, whose attribute contract puts the groups into ID tokens whatever the scopes are.
//
//	https://docs.pingidentity.com/pingfederate/latest/developers_reference_guide/pf_device_auth_endpoint.html
//	https://docs.pingidentity.com/pingfederate/latest/introduction_to_pingfederate/pf_device_auth_grant.html
//
// Its pages leave the statuses open. That a pending sign-in is 403 and that refreshes bring no ID token is what clients
// have seen; both are worth a client's while to bear.
func ping() dialect {
	return dialect{
		omitsIDToken:  true,
		scopes:        []string{scopeOpenID, scopeProfile, scopeEmail, "address", "phone"},
		refreshAlways: true, // where the client has the grant
		metadata: map[string]any{
			"authorization_response_iss_parameter_supported": nil,
			"token_endpoint_auth_methods_supported": []string{
				"client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "client_secret_jwt",
			},
			"code_challenge_methods_supported": []string{"plain", challengeS256},
		},
		claims: func(_ *Server, u *User, _ []string, claims map[string]any) {
			overlay(claims, map[string]any{"jti": opaque(22), "pi.sri": opaque(27), "auth_time": claims["iat"]})
			if len(u.Groups) > 0 {
				claims["groups"] = u.Groups
			}
		},
		says: map[situation]refusal{
			sayPending: {code: errAuthorizationPending, status: http.StatusForbidden,
				text: "authorization pending"},
			saySlowDown:            {code: errSlowDown, text: "polling too frequently"},
			sayDenied:              {code: errAccessDenied, text: "User denied authorization"},
			sayExpiredDeviceCode:   {code: errExpiredToken, text: "device code expired"},
			sayUnknownDeviceCode:   {code: errInvalidGrant, text: "device code is invalid"},
			sayUnknownCode:         {code: errInvalidGrant, text: "Authorization code is invalid or expired."},
			sayUsedCode:            {code: errInvalidGrant, text: "Authorization code is invalid or expired."},
			sayExpiredCode:         {code: errInvalidGrant, text: "Authorization code is invalid or expired."},
			sayUnknownRefreshToken: {code: errInvalidGrant, text: "unknown, invalid, or expired refresh token"},
			sayReusedRefreshToken:  {code: errInvalidGrant, text: "unknown, invalid, or expired refresh token"},
			sayUnknownClient:       {code: errInvalidClient, text: "Invalid client or client credentials."},
			sayNoSecret:            {code: errInvalidClient, text: "Invalid client or client credentials."},
			sayWrongSecret:         {code: errInvalidClient, text: "Invalid client or client credentials."},
		},
		refusals: map[Refusal]refusal{
			RefuseClient:  {code: errInvalidClient, text: "Invalid client or client credentials."},
			RefuseDevice:  {code: "unauthorized_client", text: "grant type not allowed for the client"},
			RefuseSession: {code: errInvalidGrant, text: "unknown, invalid, or expired refresh token"},
		},
	}
}
