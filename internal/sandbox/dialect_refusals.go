package sandbox

import (
	"net/http"
	"slices"
)

// refusal is an error answer.
type refusal struct {
	status int    // 0: that of RFC 6749 5.2, which is 401 for invalid_client and else 400
	code   string // error
	text   string // error_description; "": none
	number int    // Entra ID's, behind AADSTS
	sub    string // Entra ID's suberror; "": none
	api    bool   // in the form of Okta's API instead of OAuth's
}

// situation is what a client meets that every dialect has its own words for.
type situation int

const (
	sayPending situation = iota
	saySlowDown
	sayDenied
	sayExpiredDeviceCode
	sayUnknownDeviceCode
	sayUsedDeviceCode
	sayUnknownCode // an authorization code
	sayUsedCode
	sayExpiredCode
	sayOtherRedirect // the token request names another one than the authorization request
	sayWrongVerifier
	sayNoVerifier
	sayNoChallenge
	sayNoRefreshToken
	sayUnknownRefreshToken
	sayReusedRefreshToken
	sayWiderScope
	sayUnknownScope
	sayUnknownClient
	sayNoSecret
	sayWrongSecret
	sayUnknownAudience
	sayForeignRedirect // on a page, for nothing may be sent there
)

// genericSays is RFC 6749, RFC 7636 and RFC 8628 to the letter.
func genericSays(what situation) refusal {
	return map[situation]refusal{
		sayPending:             {code: errAuthorizationPending},
		saySlowDown:            {code: errSlowDown},
		sayDenied:              {code: errAccessDenied, text: "the sign-in was denied"},
		sayExpiredDeviceCode:   {code: errExpiredToken, text: "the device code has expired"},
		sayUnknownDeviceCode:   {code: errInvalidGrant, text: "unknown device code"},
		sayUsedDeviceCode:      {code: errInvalidGrant, text: "the device code was redeemed already"},
		sayUnknownCode:         {code: errInvalidGrant, text: "unknown authorization code"},
		sayUsedCode:            {code: errInvalidGrant, text: "authorization code redeemed twice"},
		sayExpiredCode:         {code: errInvalidGrant, text: "the authorization code has expired"},
		sayOtherRedirect:       {code: errInvalidGrant, text: "another redirect_uri than at the start"},
		sayWrongVerifier:       {code: errInvalidGrant, text: "the code verifier does not match"},
		sayNoVerifier:          {code: errInvalidGrant, text: "the code verifier does not match"},
		sayNoChallenge:         {code: errInvalidRequest, text: "a code challenge is required"},
		sayNoRefreshToken:      {code: errInvalidRequest, text: "refresh_token is missing"},
		sayUnknownRefreshToken: {code: errInvalidGrant, text: "the refresh token is not valid"},
		sayReusedRefreshToken:  {code: errInvalidGrant, text: "the refresh token was used already"},
		sayWiderScope:          {code: errInvalidScope, text: "a scope that was not granted at sign-in"},
		sayUnknownScope:        {code: errInvalidScope, text: "unknown scope"},
		sayUnknownClient:       {code: errInvalidClient, text: "unknown client"},
		sayNoSecret:            {code: errInvalidClient, text: "missing or wrong client secret"},
		sayWrongSecret:         {code: errInvalidClient, text: "missing or wrong client secret"},
		sayUnknownAudience:     {code: errInvalidRequest, text: "audience is missing or unknown"},
		sayForeignRedirect:     {code: errInvalidRequest, text: "the redirect is not to this machine"},
	}[what]
}

// wording is what the dialect says in a situation.
func (d dialect) wording(what situation) refusal {
	if own, ok := d.says[what]; ok {
		return own
	}
	return genericSays(what)
}

// say answers in the words of the dialect. The lock must be held.
func (s *Server) say(what situation) reply {
	d := s.dialect()
	return d.answer(s, d.wording(what))
}

// sayUnexpected answers so and records that no orderly client meets it. The lock must be held.
func (s *Server) sayUnexpected(r *http.Request, what situation) *reply {
	generally := genericSays(what)
	s.unexpectedf("%s %s: %s: %s", r.Method, r.URL.Path, generally.code, generally.text)
	a := s.say(what)
	return &a
}

// answer puts a refusal into the dialect's form.
func (d dialect) answer(s *Server, what refusal) reply {
	if d.form != nil {
		return d.form(s, what)
	}
	return what.plain()
}

// plain is the form of RFC 6749 5.2.
func (what refusal) plain() reply {
	a := oauthError(what.code, what.text)
	if what.status != 0 {
		a.status = what.status
	}
	return a
}

// Refusal is a trouble that a provider's administrator, not its client or the person, has made. It lasts until the
// behaviour is set otherwise. Every dialect has all of them, in its own words where those are documented.
type Refusal string

// The refusals, and the requests that meet them.
const (
	// RefuseClient: the application is not known. Every request of a client, and the authorization page.
	RefuseClient Refusal = "unknown-client"
	// RefusePublic: the application may not be a public client (Entra ID's AADSTS7000218). The token request, once the
	// person has approved, and refreshes.
	RefusePublic Refusal = "public-client"
	// RefuseDevice: the application may not use the device grant. The device request.
	RefuseDevice Refusal = "no-device-grant"
	// RefuseUser: the person is not assigned to the application (Entra ID's AADSTS50105). The end of a sign-in.
	RefuseUser Refusal = "not-assigned"
	// RefusePolicy: a policy on devices, places or risk forbids it (Entra ID's AADSTS53003). The end of a sign-in, and
	// refreshes.
	RefusePolicy Refusal = "blocked"
	// RefuseSession: the session was ended at the provider. Refreshes.
	RefuseSession Refusal = "session-over"
	// RefuseSilence: the provider wants to see the person again (OpenID Connect Core 3.1.2.6). Refreshes.
	RefuseSilence Refusal = "interaction"
)

// stage is where a refusal is met.
type stage int

const (
	atClient  stage = iota // wherever the client is checked
	atDevice               // the device request
	atTokens               // redeeming a code
	atSignIn               // the end of a sign-in, by either flow
	atRefresh              // a refresh
)

func (r Refusal) stages() []stage {
	return map[Refusal][]stage{
		RefuseClient: {atClient}, RefusePublic: {atTokens, atRefresh}, RefuseDevice: {atDevice}, RefuseUser: {atSignIn},
		RefusePolicy: {atSignIn, atRefresh}, RefuseSession: {atRefresh}, RefuseSilence: {atRefresh},
	}[r]
}

func genericRefusal(r Refusal) refusal {
	return map[Refusal]refusal{
		RefuseClient:  {code: errInvalidClient, text: "unknown client"},
		RefusePublic:  {code: errInvalidClient, text: "the client must authenticate"},
		RefuseDevice:  {code: "unauthorized_client", text: "the client may not use the device grant"},
		RefuseUser:    {code: errAccessDenied, text: "the user is not assigned to the application"},
		RefusePolicy:  {code: errAccessDenied, text: "a policy forbids the sign-in"},
		RefuseSession: {code: errInvalidGrant, text: "the session has ended"},
		RefuseSilence: {code: "interaction_required", text: "the user must sign in again"},
	}[r]
}

// UnmarshalText implements encoding.TextUnmarshaler: only refusals that there are, and "" for none.
func (r *Refusal) UnmarshalText(text []byte) error { return oneOf(r, text, append(refusals(), "")) }

func refusals() []Refusal {
	return []Refusal{RefuseClient, RefusePublic, RefuseDevice, RefuseUser, RefusePolicy, RefuseSession, RefuseSilence}
}

// troubleAt is the refusal that is to be met at a stage, if any. The lock must be held.
func (s *Server) troubleAt(at stage) (refusal, bool) {
	r := s.behaviour.Refusal
	if !slices.Contains(r.stages(), at) {
		return refusal{}, false
	}
	if own, ok := s.dialect().refusals[r]; ok {
		return own, true
	}
	return genericRefusal(r), true
}

// refusedAt answers with the refusal that is to be met at any of the stages; nil where there is none. The lock must be
// held.
func (s *Server) refusedAt(stages ...stage) *reply {
	for _, at := range stages {
		if trouble, ok := s.troubleAt(at); ok {
			a := s.dialect().answer(s, trouble)
			return &a
		}
	}
	return nil
}
