package sandbox

import (
	"maps"
	"net/http"
	"slices"
)

// situation is what a client meets that every kind of provider has its own words for.
type situation string

const (
	onPending             situation = "pending"
	onSlowDown            situation = "slow-down"
	onDenied              situation = "denied"
	onExpiredDeviceCode   situation = "expired-device-code"
	onUnknownDeviceCode   situation = "unknown-device-code"
	onUsedDeviceCode      situation = "used-device-code"
	onUnknownCode         situation = "unknown-code" // an authorization code
	onUsedCode            situation = "used-code"
	onExpiredCode         situation = "expired-code"
	onOtherRedirect       situation = "other-redirect" // the token request names another one than the authorization request
	onWrongVerifier       situation = "wrong-verifier"
	onNoVerifier          situation = "no-verifier"
	onNoChallenge         situation = "no-challenge"
	onNoRefreshToken      situation = "no-refresh-token"
	onUnknownRefreshToken situation = "unknown-refresh-token"
	onReusedRefreshToken  situation = "reused-refresh-token"
	onWiderScope          situation = "wider-scope"
	onUnknownScope        situation = "unknown-scope"
	onUnknownClient       situation = "unknown-client"
	onNoSecret            situation = "no-secret"
	onWrongSecret         situation = "wrong-secret"
	onUnknownAudience     situation = "unknown-audience"
	onForeignRedirect     situation = "foreign-redirect" // on a page, for nothing may be sent there
)

// say answers in the words of the provider. The lock must be held.
func (s *Server) say(what situation) reply {
	p := s.provider()
	fields := maps.Clone(p.Answers[what])
	status, told := fields["status"].(int)
	delete(fields, "status")
	if p.ErrorForm != nil {
		fields["timestamp"] = s.clock().UTC().Format("2006-01-02 15:04:05Z")
		form := filled(p.ErrorForm, fields)
		fields = map[string]any{}
		overlay(fields, form)
	}
	if code, _ := fields["error"].(string); !told {
		status = statusOfOAuth(code)
	}
	return jsonReply(status, fields)
}

// sayUnexpected answers so and records that no orderly client meets it. The lock must be held.
func (s *Server) sayUnexpected(r *http.Request, what situation) *reply {
	s.unexpectedf("%s %s: %s", r.Method, r.URL.Path, what)
	a := s.say(what)
	return &a
}

// Refusal is a trouble that a provider's administrator, not its client or the person, has made. It lasts until the
// behaviour is set otherwise. It is also the situation that the client is in, for which every kind has its words.
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

func stages() map[Refusal][]stage {
	return map[Refusal][]stage{
		"": nil, RefuseClient: {atClient}, RefusePublic: {atTokens, atRefresh}, RefuseDevice: {atDevice}, RefuseUser: {atSignIn},
		RefusePolicy: {atSignIn, atRefresh}, RefuseSession: {atRefresh}, RefuseSilence: {atRefresh},
	}
}

// UnmarshalText implements encoding.TextUnmarshaler: only refusals that there are, and "" for none.
func (r *Refusal) UnmarshalText(text []byte) error {
	return oneOf(r, text, slices.Sorted(maps.Keys(stages())))
}

// meets reports whether the behaviour's refusal is to be met at a stage. The lock must be held.
func (s *Server) meets(at stage) bool { return slices.Contains(stages()[s.behaviour.Refusal], at) }

// refusedAt answers with the refusal that is to be met at any of the stages; nil where there is none. The lock must be
// held.
func (s *Server) refusedAt(at ...stage) *reply {
	if !slices.ContainsFunc(at, s.meets) {
		return nil
	}
	a := s.say(situation(s.behaviour.Refusal))
	return &a
}
