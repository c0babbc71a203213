package kind

import (
	"maps"
	"slices"
	"time"
)

// Situation is what a client meets that every kind of provider has its own words for.
type Situation string

// What comes of what a client or a person did.
const (
	Pending             Situation = "pending"
	SlowDown            Situation = "slow-down"
	Denied              Situation = "denied"
	ExpiredDeviceCode   Situation = "expired-device-code"
	UnknownDeviceCode   Situation = "unknown-device-code"
	UsedDeviceCode      Situation = "used-device-code"
	UnknownCode         Situation = "unknown-code" // an authorization code
	UsedCode            Situation = "used-code"
	ExpiredCode         Situation = "expired-code"
	OtherRedirect       Situation = "other-redirect" // the token request names another one than the authorization request
	WrongVerifier       Situation = "wrong-verifier"
	NoVerifier          Situation = "no-verifier"
	NoChallenge         Situation = "no-challenge"
	NoRefreshToken      Situation = "no-refresh-token"
	UnknownRefreshToken Situation = "unknown-refresh-token"
	ReusedRefreshToken  Situation = "reused-refresh-token" //nolint:gosec // a name
	WiderScope          Situation = "wider-scope"
	UnknownScope        Situation = "unknown-scope"
	UnknownClient       Situation = "unknown-client"
	NoSecret            Situation = "no-secret"
	WrongSecret         Situation = "wrong-secret"
	UnknownAudience     Situation = "unknown-audience"
	ForeignRedirect     Situation = "foreign-redirect" // on a page, for nothing may be sent there
)

// Answer is what the provider says in a situation, at a time. A status of 0 is that of RFC 6749 5.2. What nothing is known of
// is left out.
func (p *Provider) Answer(what Situation, now time.Time) (status int, fields map[string]any) {
	fields = maps.Clone(p.Answers[what])
	status, _ = fields["status"].(int)
	delete(fields, "status")
	if p.ErrorForm == nil {
		return status, fields
	}
	fields["timestamp"] = now.UTC().Format("2006-01-02 15:04:05Z")
	fields = Fill(p.ErrorForm, fields)
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	return status, fields
}

// Refusals: troubles that a provider's administrator, not its client or the person, has made. An UnknownClient is one too.
const (
	PublicClient  Situation = "public-client"   // the application may not be one (Entra ID's AADSTS7000218)
	NoDeviceGrant Situation = "no-device-grant" // the application may not use the device grant
	NotAssigned   Situation = "not-assigned"    // the person is not assigned to the application (Entra ID's AADSTS50105)
	Blocked       Situation = "blocked"         // a policy on devices, places or risk forbids it (Entra ID's AADSTS53003)
	SessionOver   Situation = "session-over"    // the session was ended at the provider
	Interaction   Situation = "interaction"     // the provider wants to see the person again (OpenID Connect Core 3.1.2.6)
)

// Stage is where a refusal is met.
type Stage int

// The stages.
const (
	AtClient  Stage = iota // wherever the client is checked, and on the authorization page
	AtDevice               // the device request
	AtTokens               // redeeming a code, once the person has approved
	AtSignIn               // the end of a sign-in, by either flow
	AtRefresh              // a refresh
)

func stages() map[Situation][]Stage {
	return map[Situation][]Stage{
		"": nil, UnknownClient: {AtClient}, PublicClient: {AtTokens, AtRefresh}, NoDeviceGrant: {AtDevice}, NotAssigned: {AtSignIn},
		Blocked: {AtSignIn, AtRefresh}, SessionOver: {AtRefresh}, Interaction: {AtRefresh},
	}
}

// Refusals are all that there are, and "" for none.
func Refusals() []Situation { return slices.Sorted(maps.Keys(stages())) }

// MetAt reports whether a refusal is to be met at any of some stages.
func MetAt(refusal Situation, met ...Stage) bool {
	return slices.ContainsFunc(met, func(at Stage) bool { return slices.Contains(stages()[refusal], at) })
}
