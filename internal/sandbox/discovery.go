package sandbox

import (
	"net/http"
)

// Paths of the provider. Those of a person's pages are short, since people may have to type them.
const (
	jwksPath                = issuerPath + "/keys"
	deviceAuthorizationPath = issuerPath + "/device/authorize"
	tokenPath               = issuerPath + "/token"
	revokePath              = issuerPath + "/revoke"
	authorizePath           = issuerPath + "/authorize"

	devicePath  = "/device"
	signInPath  = "/sign-in"
	consentPath = "/consent"
	stylePath   = "/style.css"
)

// discovery answers with the provider's metadata: OpenID Connect Discovery 1.0 and RFC 8414 have the same document.
func (s *Server) discovery(*http.Request) reply {
	authMethods := []string{"none"}
	if s.provider().Secret != "" {
		authMethods = []string{"client_secret_post", "client_secret_basic"}
	}
	origin, p := s.origin(), s.provider()
	fields := map[string]any{
		"issuer":                                         s.Issuer(),
		"authorization_endpoint":                         origin + authorizePath,
		"token_endpoint":                                 origin + tokenPath,
		"device_authorization_endpoint":                  origin + deviceAuthorizationPath,
		"revocation_endpoint":                            origin + revokePath,
		"jwks_uri":                                       origin + jwksPath,
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{grantCode, grantRefresh, grantDevice},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{algorithmRS256},
		"token_endpoint_auth_methods_supported":          authMethods,
		"code_challenge_methods_supported":               []string{challengeS256},
		"scopes_supported":                               p.Scopes,
		"claims_supported":                               []string{"sub", "email", "name", "preferred_username", "groups"},
		"authorization_response_iss_parameter_supported": true,
	}
	overlay(fields, p.Discovery)
	return jsonReply(http.StatusOK, fields)
}

func (s *Server) jwks(*http.Request) reply {
	a := jsonReply(http.StatusOK, map[string]any{"keys": s.keys.public().Keys})
	a.header = http.Header{"Cache-Control": {"max-age=300"}}
	return a
}
