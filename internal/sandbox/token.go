package sandbox

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Grant types (RFC 6749, RFC 8628).
const (
	grantTypeURN = "urn:ietf:params:oauth:grant-type:"
	grantDevice  = grantTypeURN + "device_code"
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// Error codes (RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5).
const (
	errAccessDenied         = "access_denied"
	errAuthorizationPending = "authorization_pending"
	errExpiredToken         = "expired_token"
	errInvalidClient        = "invalid_client"
	errInvalidGrant         = "invalid_grant"
	errInvalidRequest       = "invalid_request"
	errInvalidScope         = "invalid_scope"
	errSlowDown             = "slow_down"
	errUnsupportedGrant     = "unsupported_grant_type"
	errUnsupportedResponse  = "unsupported_response_type"
)

// accessTokenLifetime is told, and of no consequence: nothing here takes access tokens.
const accessTokenLifetime = time.Hour

// token is the token endpoint (RFC 6749 3.2).
func (s *Server) token(r *http.Request) reply {
	if refused := s.checkClient(r, atTokens); refused != nil {
		return *refused
	}
	switch grantType := r.PostForm.Get("grant_type"); grantType {
	case grantDevice:
		return s.redeemDeviceCode(r)
	case grantCode:
		return s.redeemAuthorizationCode(r)
	case grantRefresh:
		return s.redeemRefreshToken(r)
	default:
		return *s.refuse(r, errUnsupportedGrant, "unknown grant type")
	}
}

// refuse answers with an error that no orderly client meets, and records that this one did.
func (s *Server) refuse(r *http.Request, code, why string) *reply {
	s.unexpectedf("%s %s: %s: %s", r.Method, r.URL.Path, code, why)
	a := oauthError(code, why)
	return &a
}

// checkClient authenticates the client (RFC 6749 2.3 and 3.2.1). A public one sends its id and nothing else.
func (s *Server) checkClient(r *http.Request, at stage) *reply {
	if refused := s.refusedAt(atClient); refused != nil {
		return refused
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = user, password
	} else if r.Header.Get("Authorization") != "" {
		return s.refuse(r, errInvalidClient, "an Authorization header that is not Basic")
	}
	want := s.provider().Secret
	switch {
	case id == "":
		return s.refuse(r, errInvalidClient, "client_id is missing")
	case id != clientID:
		return s.sayUnexpected(r, onUnknownClient)
	case want == "" && secret != "":
		return s.refuse(r, errInvalidClient, "a secret of a public client")
	case secret == "" && at == atDevice && s.provider().PublicDevice:
		return nil
	case secret == "" && want != "":
		return s.sayUnexpected(r, onNoSecret)
	case subtle.ConstantTimeCompare([]byte(secret), []byte(want)) != 1:
		return s.sayUnexpected(r, onWrongSecret)
	}
	return nil
}

// firstTokens answers a sign-in that was approved.
func (s *Server) firstTokens(g *grant, nonce string) reply {
	idToken, err := s.idToken(g.user, g.scopes, nonce)
	if err != nil {
		return s.failure(err)
	}
	fields := s.tokenFields(g.scopes)
	fields["id_token"] = idToken
	if slices.Contains(g.scopes, scopeOffline) || s.provider().RefreshAlways {
		g.redeemed = &family{user: g.user, scopes: g.scopes, nonce: nonce}
		fields["refresh_token"] = s.rotate(g.redeemed)
	}
	return s.withTokens(fields)
}

// withTokens makes an answer of its fields, as the provider has it.
func (s *Server) withTokens(fields map[string]any) reply {
	for name, value := range filled(s.provider().Tokens, fields) {
		if _, refresh := fields["refresh_token"]; refresh || !strings.HasPrefix(name, "refresh_") {
			fields[name] = value
		}
	}
	return jsonReply(http.StatusOK, fields)
}

func (s *Server) tokenFields(scopes []string) map[string]any {
	p := s.provider()
	var spelt []string
	for _, scope := range scopes {
		if name := p.spell(scope); name != "" {
			spelt = append(spelt, name)
		}
	}
	return map[string]any{
		"access_token": s.handOut(opaque(64)),
		"token_type":   "Bearer",
		"expires_in":   seconds(accessTokenLifetime),
		"scope":        strings.Join(spelt, " "),
	}
}

// seconds is a duration as providers tell it.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
