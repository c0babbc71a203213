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
	// expiryTold: the client was told that the code has expired.
	expiryTold bool
}

// slowDownStep is what RFC 8628 3.5 adds to the interval at each slow_down.
const slowDownStep = 5 * time.Second

// deviceAuthorization begins a device flow (RFC 8628 3.1 and 3.2).
func (s *Server) deviceAuthorization(r *http.Request) reply {
	if refused := s.checkClient(r, atDevice); refused != nil {
		return *refused
	}
	if refused := s.refusedAt(atDevice); refused != nil {
		return *refused
	}
	if refused := s.checkAudience(r, r.PostForm.Get("audience")); refused != nil {
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
	if challenge == "" && s.behaviour.DemandPKCE {
		return *s.sayUnexpected(r, onNoChallenge)
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
	p, userCode := s.provider(), g.id
	if p.PlainCode {
		userCode = strings.ReplaceAll(userCode, "-", "")
	}
	fields := map[string]any{
		"device_code":               g.code,
		"user_code":                 userCode,
		"verification_uri":          s.VerificationURL(""),
		"verification_uri_complete": s.VerificationURL(userCode),
		"expires_in":                seconds(s.behaviour.DeviceCodeLifetime),
		"interval":                  seconds(s.behaviour.PollInterval),
	}
	overlay(fields, filled(p.Device, fields))
	return jsonReply(http.StatusOK, fields)
}

// redeemDeviceCode answers a poll (RFC 8628 3.4 and 3.5).
func (s *Server) redeemDeviceCode(r *http.Request) reply {
	g := s.grants.byCode[r.PostForm.Get("device_code")]
	if g == nil || g.device == nil {
		s.unexpectedf("POST %s: unknown device code", tokenPath)
		return s.say(onUnknownDeviceCode)
	}
	now := s.clock()
	switch {
	case g.spent:
		s.unexpectedf("POST %s: device code redeemed twice", tokenPath)
		return s.say(onUsedDeviceCode)
	case !now.Before(g.expires):
		return s.expiredDeviceCode(g)
	case g.device.tooEarly(now):
		s.record.calls[SlowDowns]++
		return s.say(onSlowDown)
	case g.decision == denied && !s.provider().DenialStaysPending:
		return s.say(onDenied)
	case g.decision != approved:
		return s.say(onPending)
	case !g.verifier.matches(r.PostForm.Get("code_verifier")):
		s.unexpectedf("POST %s: code verifier does not match the challenge", tokenPath)
		return s.say(verifierFault(r))
	}
	if refused := s.refusedAt(atTokens, atSignIn); refused != nil {
		return *refused
	}
	g.spent = true
	return s.firstTokens(g, "")
}

// expiredDeviceCode is told once or always, as the kind of provider has it.
func (s *Server) expiredDeviceCode(g *grant) reply {
	if g.device.expiryTold && s.provider().ExpiredOnce {
		return s.say(onUnknownDeviceCode)
	}
	g.device.expiryTold = true
	return s.say(onExpiredDeviceCode)
}

// verifierFault is what is wrong with the code verifier of a request.
func verifierFault(r *http.Request) situation {
	if r.PostForm.Get("code_verifier") == "" {
		return onNoVerifier
	}
	return onWrongVerifier
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
	p := s.provider()
	scopes := strings.Fields(asked)
	for i, scope := range scopes {
		scopes[i] = p.unspell(scope)
	}
	if !slices.Contains(scopes, scopeOpenID) {
		return nil, s.refuse(r, errInvalidScope, "the scope openid is missing")
	}
	for _, scope := range scopes {
		if !slices.Contains(p.Scopes, scope) {
			return nil, s.sayUnexpected(r, onUnknownScope)
		}
	}
	return scopes, nil
}

// checkAudience compares the audience that a sign-in begins with, where the behaviour demands one.
func (s *Server) checkAudience(r *http.Request, audience string) *reply {
	if want := s.behaviour.Audience; want != "" && audience != want {
		return s.sayUnexpected(r, onUnknownAudience)
	}
	return nil
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
