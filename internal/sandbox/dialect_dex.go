package sandbox

import "net/http"

// dex is Dex.
//
//	https://dexidp.io/docs/configuration/oauth2/ and https://dexidp.io/docs/configuration/tokens/ (rotation)
//	https://github.com/dexidp/dex/blob/master/server/deviceflowhandlers.go (pending is 401, slow_down 400; a denial is
//	never told)
//	https://github.com/dexidp/dex/blob/master/server/refreshhandlers.go (refresh tokens that are not good are
//	invalid_request; the nonce stays; 3 s in which a replaced one is still taken)
func dex() dialect {
	const claimed = "refresh token is invalid or has already been claimed by another client."
	return dialect{
		denialStaysPending: true,
		scopes:             []string{scopeOpenID, scopeEmail, scopeGroups, scopeProfile, scopeOffline},
		nonceStays:         true,
		metadata: map[string]any{
			"revocation_endpoint":                            nil,
			"authorization_response_iss_parameter_supported": nil,
			"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
			"code_challenge_methods_supported":               []string{challengeS256, "plain"},
			"claims_supported": []string{
				"iss", "sub", "aud", "iat", "exp", "email", "email_verified", "locale", "name", "preferred_username",
				"at_hash",
			},
		},
		says: map[situation]refusal{
			sayPending:           {code: errAuthorizationPending, status: http.StatusUnauthorized},
			sayExpiredDeviceCode: {code: errExpiredToken},
			sayUnknownDeviceCode: {code: errInvalidRequest, text: "Invalid Device code."},
			sayUnknownCode:       {code: errInvalidGrant, text: "Invalid or expired code parameter."},
			sayUsedCode:          {code: errInvalidGrant, text: "Invalid or expired code parameter."},
			sayExpiredCode:       {code: errInvalidGrant, text: "Invalid or expired code parameter."},
			sayOtherRedirect: {code: errInvalidRequest,
				text: "redirect_uri did not match URI from initial request."},
			sayWrongVerifier:       {code: errInvalidGrant, text: "Invalid code_verifier."},
			sayNoVerifier:          {code: errInvalidGrant, text: "Expecting parameter code_verifier in PKCE flow."},
			sayNoRefreshToken:      {code: errInvalidRequest, text: "No refresh token is found in request."},
			sayUnknownRefreshToken: {code: errInvalidRequest, text: claimed},
			sayReusedRefreshToken:  {code: errInvalidRequest, text: claimed},
			sayWiderScope:          {code: errInvalidRequest, text: "Requested scopes contain unauthorized scope(s)."},
			sayUnknownScope:        {code: errInvalidScope, text: "Unrecognized scope(s)."},
			sayUnknownClient:       {code: errInvalidClient, text: "Invalid client credentials."},
			sayNoSecret:            {code: errInvalidClient, text: "Invalid client credentials."},
			sayWrongSecret:         {code: errInvalidClient, text: "Invalid client credentials."},
			sayForeignRedirect:     {code: errInvalidRequest, text: "Unregistered redirect_uri."},
		},
		refusals: map[Refusal]refusal{
			RefuseClient:  {code: errInvalidClient, text: "Invalid client credentials."},
			RefusePublic:  {code: errInvalidClient, text: "Invalid client credentials."},
			RefuseDevice:  {code: errUnsupportedGrant},
			RefuseSession: {code: errInvalidRequest, text: claimed},
		},
	}
}
