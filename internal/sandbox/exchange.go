package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
)

// What a token exchange says (RFC 8693 2.1), and the one scope of tokens that were exchanged.
const (
	grantExchange = grantTypeURN + "token-exchange"
	tokenTypeJWT  = "urn:ietf:params:oauth:token-type:jwt" //nolint:gosec // a name
	scopeAllAPIs  = "all-apis"
)

// oauthFault is an error that a token endpoint answers with (RFC 6749 5.2).
type oauthFault struct{ code, description string }

// workspaceToken is an access token as the workspace knows it.
type workspaceToken struct {
	host      string // that it was issued at, with the port; at any other it is nobody's
	user      *User  // nil for a service principal
	principal *FederationPolicy
	expires   time.Time
}

// exchange is Databricks' token endpoint, of the workspace and of the account.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-exchange
func (s *Server) exchange(r *http.Request) reply {
	call := ExchangeCall{
		Time:      s.clock(),
		Host:      "http://" + r.Host,
		AccountID: r.PathValue(accountIDSegment),
		ClientID:  r.PostForm.Get("client_id"),
	}
	a, failed := s.exchangeToken(r, &call)
	if failed != nil {
		call.Error = failed.code
		a = oauthError(failed.code, failed.description)
	}
	s.record.exchanges = append(s.record.exchanges, call)
	return a
}

func (s *Server) exchangeToken(r *http.Request, call *ExchangeCall) (reply, *oauthFault) {
	if failed := checkExchange(r); failed != nil {
		s.unexpectedf("POST %s: %s: %s", r.URL.Path, failed.code, failed.description)
		return reply{}, failed
	}
	if call.AccountID != "" && call.AccountID != DatabricksAccount {
		return reply{}, &oauthFault{errInvalidRequest, "there is no such account"}
	}
	claims, failed := s.readSubjectToken(r.PostForm.Get("subject_token"))
	if failed != nil {
		return reply{}, failed
	}
	call.Issuer, call.Subject, call.Audience = claims.Issuer, claims.Subject, claims.Audience
	if s.clock().Unix() >= int64(claims.Expiry) {
		return reply{}, &oauthFault{errInvalidGrant, "the subject token has expired"}
	}
	token, failed := s.federate(call.ClientID, claims)
	if failed != nil {
		return reply{}, failed
	}
	// Databricks gives the token the JWT's own expiry.
	token.host, token.expires = r.Host, time.Unix(int64(claims.Expiry), 0)
	if life := s.behaviour.WorkspaceTokenLifetime; life != 0 {
		token.expires = s.clock().Add(life)
	}
	value := s.handOut(opaque(workspaceTokenSize))
	s.workspaceTokens[value] = token
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": value,
		"token_type":   "Bearer",
		"expires_in":   max(1, int64(token.expires.Sub(s.clock())/time.Second)),
		"scope":        scopeAllAPIs,
	}), nil
}

// workspaceTokenSize is about what Databricks' tokens have, in characters.
const workspaceTokenSize = 860

// checkExchange checks what no orderly client gets wrong, whatever its JWT.
func checkExchange(r *http.Request) *oauthFault {
	form := r.PostForm
	switch {
	case form.Get("grant_type") != grantExchange:
		return &oauthFault{errUnsupportedGrant, "the grant type is not token-exchange"}
	case form.Get("subject_token") == "":
		return &oauthFault{errInvalidRequest, "subject_token is missing"}
	case form.Get("subject_token_type") != tokenTypeJWT:
		return &oauthFault{errInvalidRequest, "the subject token's type is not jwt"}
	case form.Get("scope") != scopeAllAPIs:
		return &oauthFault{errInvalidScope, "the scope is not all-apis"}
	case form.Has("client_secret") || r.Header.Get("Authorization") != "":
		return &oauthFault{errInvalidRequest, "a secret beside the subject token"}
	}
	return nil
}

// readSubjectToken verifies a JWT and reads what federation policies compare.
func (s *Server) readSubjectToken(token string) (webIdentity, *oauthFault) {
	invalid := func(why string) (webIdentity, *oauthFault) {
		return webIdentity{}, &oauthFault{errInvalidGrant, why}
	}
	unverified, _ := readUnverified(token)
	verify := s.verifier(unverified.Issuer)
	if verify == nil {
		// Another sandbox's issuer, where the two share their keys.
		verify = s.keys.verify
	}
	payload, err := verify(token)
	if err != nil {
		return invalid("the subject token's signature can't be verified")
	}
	var claims webIdentity
	if json.Unmarshal(payload, &claims) != nil {
		return invalid("the subject token is not a valid JWT")
	}
	if claims.Subject == "" || len(claims.Audience) == 0 || claims.Expiry == 0 {
		return invalid("the subject token has no sub, aud or exp")
	}
	return claims, nil
}
