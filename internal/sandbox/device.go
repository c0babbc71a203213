package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// devicePolls is how a device client has been asking.
type devicePolls struct {
	interval time.Duration
	last     time.Time // zero before the first poll
}

// slowDownStep is what RFC 8628 3.5 adds to the interval at each slow_down.
const slowDownStep = 5 * time.Second

// deviceAuthorization begins a device flow (RFC 8628 3.1 and 3.2).
func (s *Server) deviceAuthorization(r *http.Request) reply {
	if refused := s.checkClient(r); refused != nil {
		return *refused
	}
	scopes, refused := s.checkScopes(r, r.PostForm.Get("scope"))
	if refused != nil {
		return *refused
	}
	// Keycloak takes a challenge here, though no RFC has it.
	challenge, refused := s.checkChallenge(r.PostForm.Get("code_challenge"), r.PostForm.Get("code_challenge_method"))
	if refused != nil {
		return *refused
	}
	g := &grant{
		id:       newUserCode(),
		code:     s.handOut(opaque(43)),
		scopes:   scopes,
		verifier: challenge,
		expires:  s.clock().Add(s.behaviour.DeviceCodeLifetime),
		device:   &devicePolls{interval: s.behaviour.PollInterval},
	}
	if err := s.decideAtOnce(g); err != nil {
		return s.failure(err)
	}
	s.grants.add(g)
	return jsonReply(http.StatusOK, map[string]any{
		"device_code":               g.code,
		"user_code":                 g.id,
		"verification_uri":          s.VerificationURL(""),
		"verification_uri_complete": s.VerificationURL(g.id),
		"expires_in":                int64(s.behaviour.DeviceCodeLifetime / time.Second),
		"interval":                  int64(s.behaviour.PollInterval / time.Second),
	})
}

// redeemDeviceCode answers a poll (RFC 8628 3.4 and 3.5).
func (s *Server) redeemDeviceCode(r *http.Request) reply {
	g := s.grants.byCode[r.PostForm.Get("device_code")]
	if g == nil || g.device == nil {
		s.unexpectedf("POST %s: unknown device code", tokenPath)
		return oauthError(errInvalidGrant, "unknown device code")
	}
	now := s.clock()
	switch {
	case g.spent:
		s.unexpectedf("POST %s: device code redeemed twice", tokenPath)
		return oauthError(errInvalidGrant, "the device code was redeemed already")
	case !now.Before(g.expires):
		return oauthError(errExpiredToken, "the device code has expired")
	case g.device.tooEarly(now):
		s.record.calls[SlowDowns]++
		return oauthError(errSlowDown, "")
	case g.decision == denied && !s.behaviour.DenialStaysPending:
		return oauthError(errAccessDenied, "the sign-in was denied")
	case g.decision != approved:
		return oauthError(errAuthorizationPending, "")
	case !g.verifier.matches(r.PostForm.Get("code_verifier")):
		s.unexpectedf("POST %s: code verifier does not match the challenge", tokenPath)
		return oauthError(errInvalidGrant, "the code verifier does not match")
	}
	g.spent = true
	return s.firstTokens(g, "")
}

// tooEarly notes a poll, and tells whether it came before its time.
func (d *devicePolls) tooEarly(now time.Time) bool {
	early := !d.last.IsZero() && now.Sub(d.last) < d.interval
	d.last = now
	if early {
		d.interval += slowDownStep
	}
	return early
}

// checkScopes reads the scopes that a client asks for. A client that wants an ID token must say openid.
func (s *Server) checkScopes(r *http.Request, asked string) ([]string, *reply) {
	scopes := strings.Fields(asked)
	if !slices.Contains(scopes, scopeOpenID) {
		return nil, s.refuse(r, errInvalidScope, "the scope openid is missing")
	}
	for _, scope := range scopes {
		if !slices.Contains(knownScopes(), scope) {
			return nil, s.refuse(r, errInvalidScope, "unknown scope")
		}
	}
	return scopes, nil
}

// checkChallenge reads a PKCE challenge; both parameters may be missing.
func (s *Server) checkChallenge(challenge, method string) (pkce, *reply) {
	if challenge == "" && method == "" {
		return "", nil
	}
	if method != challengeS256 || !challengeForm.MatchString(challenge) {
		s.unexpectedf("code challenge that is not S256")
		a := oauthError(errInvalidRequest, "only S256 challenges are taken")
		return "", &a
	}
	return pkce(challenge), nil
}
