package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// startDeviceAuthorization begins a device flow (StartDeviceAuthorization). Approve, Deny and the pages decide it.
func (s *Server) startDeviceAuthorization(r *http.Request) reply {
	client, refused := s.centerClientOf(r, grantDevice)
	if refused != nil {
		return *refused
	}
	// AWS takes the fragment that the portal's address has in a browser.
	if start, _, _ := strings.Cut(r.PostForm.Get("startUrl"), "#"); strings.TrimSuffix(start, "/") != s.StartURL() {
		return s.refuseCenter(r, "InvalidRequestException", "there is no Identity Center at the startUrl")
	}
	g := &grant{
		id:      newUserCode(),
		code:    s.handOut(opaque(centerTokenSize)),
		scopes:  client.scopes,
		expires: s.clock().Add(s.behaviour.DeviceCodeLifetime),
		device:  &devicePolls{interval: s.behaviour.PollInterval},
		center:  &centerGrant{client: client},
	}
	if err := s.decideAtOnce(g); err != nil {
		return s.failure(err)
	}
	s.center.byCode[g.code] = g
	s.grants.show(g)
	return jsonReply(http.StatusOK, map[string]any{
		"deviceCode":              g.code,
		"userCode":                g.id,
		"verificationUri":         s.VerificationURL(""),
		"verificationUriComplete": s.VerificationURL(g.id),
		"expiresIn":               int64(s.behaviour.DeviceCodeLifetime / time.Second),
		"interval":                int64(s.behaviour.PollInterval / time.Second),
	})
}

// centerAuthorize is where a browser begins (RFC 6749 4.1.1 with RFC 7636). The page is in no reference of AWS's; its
// parameters, scopes among them, are those that the AWS CLI sends.
func (s *Server) centerAuthorize(r *http.Request) reply {
	query := r.URL.Query()
	refuse := func(why string) reply {
		s.unexpectedf("GET %s: %s", r.URL.Path, why)
		return s.problemPage(http.StatusBadRequest, why)
	}
	for name, values := range query {
		if len(values) > 1 {
			return refuse("parameter " + name + " twice")
		}
	}
	client := s.center.clients[query.Get("client_id")]
	switch {
	case client == nil || !s.clock().Before(client.expires):
		return refuse("unknown client")
	case !client.takesRedirect(query.Get("redirect_uri")):
		return refuse("a redirect that the client did not register")
	}
	redirect, _ := loopbackRedirect(query.Get("redirect_uri"))
	back := browserRequest{redirectURI: query.Get("redirect_uri"), redirect: redirect, state: query.Get("state")}
	fail := func(code, why string) reply {
		s.unexpectedf("GET %s: %s: %s", r.URL.Path, code, why)
		return s.centerRedirect(back, url.Values{"error": {code}, "error_description": {why}})
	}
	switch {
	case query.Get("response_type") != "code":
		return fail(errUnsupportedResponse, "only the code flow is supported")
	case back.state == "":
		return fail(errInvalidRequest, "state is missing")
	case query.Get("scopes") != scopeAccounts:
		return fail(errInvalidScope, "the scopes are not "+scopeAccounts)
	case query.Get("code_challenge_method") != challengeS256 || !challengeForm.MatchString(query.Get("code_challenge")):
		return fail(errInvalidRequest, "an S256 code challenge is required")
	}
	g := &grant{
		id:       opaque(32),
		code:     s.handOut(opaque(centerTokenSize)),
		scopes:   client.scopes,
		verifier: pkce(query.Get("code_challenge")),
		expires:  s.clock().Add(authorizationLifetime),
		browser:  &back,
		center:   &centerGrant{client: client},
	}
	if err := s.decideAtOnce(g); err != nil {
		return s.failure(err)
	}
	s.center.byCode[g.code] = g
	s.grants.show(g)
	if g.decision != pending {
		return s.returnFromCenter(g)
	}
	return s.signInPage(r, g)
}

// returnFromCenter sends the browser back with the person's decision.
func (s *Server) returnFromCenter(g *grant) reply {
	if g.decision == approved {
		return s.centerRedirect(*g.browser, url.Values{"code": {g.code}})
	}
	return s.centerRedirect(*g.browser, url.Values{"error": {errAccessDenied}, "error_description": {"the sign-in was denied"}})
}

// centerRedirect answers through the browser. Identity Center is no issuer and adds no iss.
func (s *Server) centerRedirect(back browserRequest, answer url.Values) reply {
	if back.state != "" {
		answer.Set("state", back.state)
	}
	target := *back.redirect
	target.RawQuery = answer.Encode()
	return reply{
		status: http.StatusSeeOther,
		header: http.Header{"Location": {target.String()}, "Cache-Control": {"no-store"}},
	}
}
