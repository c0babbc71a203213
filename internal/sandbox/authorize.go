package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// authorizationLifetime bounds both the person's decision and the code's redemption, which RFC 6749 4.1.2 wants short.
const authorizationLifetime = 10 * time.Minute

// browserRequest is what the browser flow needs to get back to the client.
type browserRequest struct {
	redirectURI string // as the client wrote it: the token request must repeat it
	redirect    *url.URL
	state       string
	nonce       string
}

// authorize begins the browser flow (RFC 6749 4.1.1) with PKCE (RFC 7636), which RFC 8252 8.1 demands of native apps.
func (s *Server) authorize(r *http.Request) reply {
	query := r.URL.Query()
	for name, values := range query {
		if len(values) > 1 {
			return s.badAuthorization("parameter " + name + " twice")
		}
	}
	// Until client and redirect are known to be good, nothing may be sent to the redirect.
	if s.meets(atClient) {
		return s.refusalPage(onUnknownClient)
	}
	if query.Get("client_id") != clientID {
		return s.badAuthorization("unknown client")
	}
	redirectURI := query.Get("redirect_uri")
	redirect, ok := s.registeredRedirect(redirectURI)
	if !ok {
		s.unexpectedf("GET %s: %s: %s", authorizePath, onForeignRedirect, redirectURI)
		return s.refusalPage(onForeignRedirect)
	}
	back := browserRequest{
		redirectURI: redirectURI, redirect: redirect, state: query.Get("state"), nonce: query.Get("nonce"),
	}
	fail := func(code, why string) reply {
		s.unexpectedf("GET %s: %s: %s", r.URL.Path, code, why)
		return s.redirectBack(back, url.Values{"error": {code}, "error_description": {why}})
	}
	if query.Get("response_type") != "code" {
		return fail(errUnsupportedResponse, "only the code flow is supported")
	}
	if back.state == "" {
		return fail(errInvalidRequest, "state is missing")
	}
	scopes, refused := s.checkScopes(r, query.Get("scope"))
	if refused != nil {
		return s.redirectBack(back, url.Values{"error": {errInvalidScope}})
	}
	if want := s.behaviour.Audience; want != "" && query.Get("audience") != want {
		return fail(errInvalidRequest, "audience is missing or unknown")
	}
	challenge, refused := s.checkChallenge(query.Get("code_challenge"), query.Get("code_challenge_method"))
	if refused != nil || challenge == "" {
		return fail(errInvalidRequest, "an S256 code challenge is required")
	}
	g := &grant{
		id:       opaque(32),
		code:     s.handOut(opaque(43)),
		scopes:   scopes,
		verifier: challenge,
		expires:  s.clock().Add(authorizationLifetime),
		browser:  &back,
	}
	if err := s.decideAtOnce(g); err != nil {
		return s.failure(err)
	}
	s.grants.add(g)
	if g.decision != pending {
		return s.returnToClient(g)
	}
	return s.signInPage(r, g)
}

func (s *Server) badAuthorization(why string) reply {
	s.unexpectedf("GET %s: %s", authorizePath, why)
	return s.problemPage(http.StatusBadRequest, why)
}

// loopbackRedirect parses a native app's redirect: http to 127.0.0.1 or localhost, any port, any path (RFC 8252 7.3).
func loopbackRedirect(raw string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" || u.RawQuery != "" {
		return nil, false
	}
	return u, u.Hostname() == "127.0.0.1" || strings.EqualFold(u.Hostname(), "localhost")
}

// registeredRedirect parses a native app's redirect and compares it with what is registered: any port and path of this
// machine (RFC 8252 7.3), by the name that the kind of provider has for it.
func (s *Server) registeredRedirect(raw string) (*url.URL, bool) {
	u, ok := loopbackRedirect(raw)
	host := s.provider().RedirectHost
	return u, ok && (host == "" || u.Hostname() == host)
}

// refusalPage tells what a provider shows instead of going back to the client.
func (s *Server) refusalPage(what situation) reply {
	_, text := s.inRedirect(what)
	return s.problemPage(http.StatusBadRequest, text)
}

// inRedirect is a refusal as the browser brings it to the client (RFC 6749 4.1.2.1, which has no invalid_grant).
func (s *Server) inRedirect(what situation) (code, description string) {
	told := s.say(what).fields
	code, _ = told["error"].(string)
	if description, _ = told["error_description"].(string); description == "" {
		description, _ = told["errorSummary"].(string) // of Okta's API
	}
	if code == errInvalidGrant || code == "authorization_declined" {
		code = errAccessDenied
	}
	return code, description
}

// returnToClient sends the browser back with the person's decision (RFC 6749 4.1.2), or with what stands against it.
func (s *Server) returnToClient(g *grant) reply {
	if g.center != nil {
		return s.returnFromCenter(g)
	}
	what := situation(s.behaviour.Refusal)
	switch {
	case g.decision == denied:
		what = onDenied
	case !s.meets(atSignIn):
		return s.redirectBack(*g.browser, url.Values{"code": {g.code}})
	}
	code, description := s.inRedirect(what)
	return s.redirectBack(*g.browser, url.Values{"error": {code}, "error_description": {description}})
}

// redirectBack answers through the browser, with the issuer where the provider has RFC 9207.
func (s *Server) redirectBack(back browserRequest, answer url.Values) reply {
	if back.state != "" {
		answer.Set("state", back.state)
	}
	if s.provider().IssInAnswer {
		answer.Set("iss", s.Issuer())
	}
	target := *back.redirect
	target.RawQuery = answer.Encode()
	return reply{
		status: http.StatusSeeOther,
		header: http.Header{"Location": {target.String()}, "Cache-Control": {"no-store"}},
	}
}

// redeemAuthorizationCode exchanges a code (RFC 6749 4.1.3, RFC 7636 4.5). A second use ends the session that the first
// one began.
func (s *Server) redeemAuthorizationCode(r *http.Request) reply {
	g := s.grants.byCode[r.PostForm.Get("code")]
	refuse := func(what situation) reply { return *s.sayUnexpected(r, what) }
	switch {
	case g == nil || g.browser == nil || g.decision != approved:
		return refuse(onUnknownCode)
	case g.spent:
		if g.redeemed != nil {
			g.redeemed.dead = true
		}
		return refuse(onUsedCode)
	case !s.clock().Before(g.expires):
		return s.say(onExpiredCode)
	case r.PostForm.Get("redirect_uri") != g.browser.redirectURI:
		return refuse(onOtherRedirect)
	case !g.verifier.matches(r.PostForm.Get("code_verifier")):
		return refuse(verifierFault(r))
	}
	if refused := s.refusedAt(atTokens); refused != nil {
		return *refused
	}
	g.spent = true
	return s.firstTokens(g, g.browser.nonce)
}
