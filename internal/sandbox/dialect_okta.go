package sandbox

import (
	"net/http"
	"time"
)

// okta is Okta with an authorization server that has the scope groups, as the org's own has.
//
//	https://developer.okta.com/docs/guides/device-authorization-grant/main/ (answers, pending)
//	https://developer.okta.com/docs/api/openapi/okta-oauth/oauth/tag/OrgAS/ (metadata, errors of the token endpoint)
//	https://developer.okta.com/docs/guides/refresh-tokens/main/ (rotation, reuse, the grace of 30 s)
//	https://developer.okta.com/docs/reference/error-codes/ (errorCode, errorSummary)
//	https://support.okta.com/help/s/article/Why-am-I-redirected-back-to-my-app-instead-of-being-shown-the-OktaHosted-Error-Pages-when-my-OpenID-Connect-app-returns-an-error
//	(what is wrong with the person comes back by the redirect, what is wrong with the redirect is on a page)
func okta() dialect {
	return dialect{
		groupsNeedScope: true, refreshGrace: 30 * time.Second,
		scopes: []string{scopeOpenID, scopeProfile, scopeEmail, "address", "phone", scopeOffline, scopeGroups},
		metadata: map[string]any{
			"authorization_response_iss_parameter_supported": nil,
			"token_endpoint_auth_methods_supported": []string{
				"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none",
			},
			"response_modes_supported": []string{"query", "fragment", "form_post", "okta_post_message"},
			"response_types_supported": []string{
				"code", "id_token", "code id_token", "code token", "id_token token", "code id_token token",
			},
		},
		plainCode: true,
		claims: func(_ *Server, u *User, scopes []string, claims map[string]any) {
			overlay(claims, map[string]any{
				"ver": 1, "jti": "ID." + opaque(43), "amr": []string{"pwd"}, "idp": "00o1acme", "auth_time": claims["iat"],
			})
			if has(scopes, scopeProfile) {
				claims["preferred_username"] = u.Email // the login
			}
		},
		form: oktaForm,
		says: map[situation]refusal{
			sayPending: {code: errAuthorizationPending,
				text: "The device authorization is pending. Please try again later."},
			saySlowDown: {code: errSlowDown, text: "The device is polling too frequently. Please slow down."},
			sayDenied: {code: errAccessDenied,
				text: "The resource owner or authorization server denied the request."},
			sayExpiredDeviceCode: {code: errExpiredToken, text: "The device code is expired. Please restart the flow."},
			sayUnknownDeviceCode: {code: errInvalidGrant, text: "The device code is invalid or has expired."},
			sayUsedDeviceCode:    {code: errInvalidGrant, text: "The device code is invalid or has expired."},
			sayUnknownCode:       {code: errInvalidGrant, text: "The authorization code is invalid or has expired."},
			sayUsedCode:          {code: errInvalidGrant, text: "The authorization code is invalid or has expired."},
			sayExpiredCode:       {code: errInvalidGrant, text: "The authorization code is invalid or has expired."},
			sayOtherRedirect: {code: errInvalidGrant,
				text: "The 'redirect_uri' does not match the redirection URI used in the authorization request."},
			sayWrongVerifier: {code: errInvalidGrant, text: "PKCE verification failed."},
			sayNoVerifier:    {code: errInvalidGrant, text: "PKCE verification failed."},
			sayNoChallenge: {code: errInvalidRequest,
				text: "PKCE code challenge is required when the token endpoint authentication method is 'NONE'."},
			sayUnknownRefreshToken: {code: errInvalidGrant, text: "The refresh token is invalid or expired."},
			sayReusedRefreshToken:  {code: errInvalidGrant, text: "The refresh token is invalid or expired."},
			sayUnknownScope: {code: errInvalidScope,
				text: "One or more scopes are not configured for the authorization server resource."},
			sayUnknownClient: oktaUnknownClient(),
			sayNoSecret: {code: errInvalidClient,
				text: "Client authentication failed. Either the client or the client credentials are invalid."},
			sayWrongSecret: {code: errInvalidClient,
				text: "The client secret supplied for a confidential client is invalid."},
			sayForeignRedirect: {api: true, code: errInvalidRequest,
				text: "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings."},
		},
		refusals: map[Refusal]refusal{
			RefuseClient: oktaUnknownClient(),
			RefusePublic: {code: errInvalidClient,
				text: "Client authentication failed. Either the client or the client credentials are invalid."},
			RefuseDevice: {code: "unauthorized_client",
				text: "The client is not authorized to use the provided grant type. " +
					"Configured grant types: [authorization_code, refresh_token]."},
			RefuseUser: {code: errAccessDenied, text: "User is not assigned to the client application."},
			RefusePolicy: {code: errAccessDenied,
				text: "Policy evaluation failed for this request, please check the policy configurations."},
			RefuseSession: {code: errInvalidGrant, text: "The refresh token is invalid or expired."},
			RefuseSilence: {code: "login_required",
				text: "The client specified not to prompt, but the user is not logged in."},
		},
	}
}

func oktaUnknownClient() refusal {
	return refusal{api: true, status: http.StatusUnauthorized, code: errInvalidClient,
		text: "Invalid value for 'client_id' parameter."}
}

// oktaForm: what fails before OAuth begins is told in the form of Okta's API, which has no member "error".
func oktaForm(_ *Server, what refusal) reply {
	if !what.api {
		return what.plain()
	}
	status := what.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	return jsonReply(status, map[string]any{
		"errorCode": what.code, "errorSummary": what.text, "errorLink": what.code,
		"errorId": "oae" + opaque(20), "errorCauses": []any{},
	})
}
