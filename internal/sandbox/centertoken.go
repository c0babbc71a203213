package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// createToken redeems a device code, an authorization code or a refresh token (CreateToken).
func (s *Server) createToken(r *http.Request) reply {
	grantType := r.PostForm.Get("grantType")
	redeem := map[string]func(*Server, *http.Request, *centerClient) reply{
		grantDevice:  (*Server).redeemCenterDevice,
		grantCode:    (*Server).redeemCenterCode,
		grantRefresh: (*Server).redeemCenterRefresh,
	}[grantType]
	if redeem == nil {
		return s.refuseCenter(r, "UnsupportedGrantTypeException", "unknown grant type")
	}
	client, refused := s.centerClientOf(r, grantType)
	if refused != nil {
		return *refused
	}
	return redeem(s, r, client)
}

// redeemCenterDevice answers a poll.
func (s *Server) redeemCenterDevice(r *http.Request, client *centerClient) reply {
	g := s.center.byCode[r.PostForm.Get("deviceCode")]
	now := s.clock()
	switch {
	case g == nil || g.device == nil || g.center.client != client:
		return s.refuseCenter(r, "InvalidGrantException", "unknown device code")
	case g.spent:
		return s.refuseCenter(r, "InvalidGrantException", "device code redeemed twice")
	case !now.Before(g.expires):
		return centerOIDCError("ExpiredTokenException", "the device code has expired")
	case g.device.tooEarly(now):
		s.record.calls[SSOSlowDowns]++
		return centerOIDCError("SlowDownException", "")
	case g.decision == denied:
		return centerOIDCError("AccessDeniedException", "the sign-in was denied")
	case g.decision != approved:
		return centerOIDCError("AuthorizationPendingException", "")
	}
	return s.openCenter(g)
}

// redeemCenterCode exchanges an authorization code. A second use ends the session that the first one began.
func (s *Server) redeemCenterCode(r *http.Request, client *centerClient) reply {
	g := s.center.byCode[r.PostForm.Get("code")]
	refuse := func(why string) reply { return s.refuseCenter(r, "InvalidGrantException", why) }
	switch {
	case g == nil || g.browser == nil || g.decision != approved || g.center.client != client:
		return refuse("unknown authorization code")
	case g.spent:
		g.center.session.dead = true
		return refuse("authorization code redeemed twice")
	case !s.clock().Before(g.expires):
		return centerOIDCError("InvalidGrantException", "the authorization code has expired")
	case r.PostForm.Get("redirectUri") != g.browser.redirectURI:
		return refuse("another redirectUri than at the start")
	case !g.verifier.matches(r.PostForm.Get("codeVerifier")):
		return refuse("the code verifier does not match")
	}
	return s.openCenter(g)
}

// openCenter answers a sign-in that was approved.
func (s *Server) openCenter(g *grant) reply {
	g.spent = true
	g.center.session = &centerSession{user: g.user, client: g.center.client, ends: s.clock().Add(centerSessionLifetime)}
	return s.centerTokens(g.center.session, true)
}

// centerTokens answers with an access token and, where the client's registration lets it have one, a refresh token.
func (s *Server) centerTokens(of *centerSession, rotate bool) reply {
	life := min(centerTokenLifetime, of.ends.Sub(s.clock()))
	access := s.handOut(opaque(centerTokenSize))
	s.center.access[access] = &centerToken{of: of, expires: s.clock().Add(life)}
	fields := map[string]any{
		"accessToken": access,
		"tokenType":   "Bearer",
		"expiresIn":   int64(life / time.Second),
		"idToken":     nil, // AWS has the field and never fills it
	}
	if slices.Contains(of.client.grantTypes, grantRefresh) && slices.Contains(of.client.scopes, scopeAccounts) {
		if rotate {
			of.previous, of.current, of.rotated = of.current, s.handOut(opaque(centerTokenSize)), s.clock()
			s.center.sessions[of.current] = of
		}
		fields["refreshToken"] = of.current
	}
	return jsonReply(http.StatusOK, fields)
}

// redeemCenterRefresh answers a refresh. Each replaces the token; one that was replaced ends the session when it comes
// again, but for the grace that the behaviour gives, within which the newer one is told again.
func (s *Server) redeemCenterRefresh(r *http.Request, client *centerClient) reply {
	presented := r.PostForm.Get("refreshToken")
	if presented == "" {
		return s.refuseCenter(r, "InvalidRequestException", "refreshToken is missing")
	}
	of := s.center.sessions[presented]
	now := s.clock()
	switch {
	case of == nil || of.client != client:
		return s.refuseCenter(r, "InvalidGrantException", "unknown refresh token")
	case of.dead || !now.Before(of.ends):
		return centerOIDCError("InvalidGrantException", "the session has ended")
	case presented == of.current:
		return s.centerTokens(of, !s.behaviour.KeepRefreshToken)
	case presented == of.previous && now.Sub(of.rotated) < s.behaviour.RefreshGrace:
		return s.centerTokens(of, false)
	}
	s.record.calls[SSOReuses]++
	of.dead = true
	return centerOIDCError("InvalidGrantException", "the refresh token was used already")
}
