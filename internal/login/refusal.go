package login

import (
	"encoding/json"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refusalError is an OAuth error answer (RFC 6749 §5.2), cleaned. The code decides, never the HTTP status: PingFederate
// sends 403 with authorization_pending.
type refusalError struct {
	code        string
	description string
	numbers     []int // Entra ID's error_codes, the numbers behind AADSTS
}

func (e *refusalError) Error() string {
	if e.description == "" {
		return e.code
	}
	return e.code + ": " + e.description
}

// maxDescription bounds a provider's explanation, in runes. Entra ID's, with its trace ids, are about 400.
const maxDescription = 600

// refusal returns the answer's OAuth error, or nil where it has none.
func (a *answer) refusal() *refusalError {
	code := a.Text("error")
	if code == "" {
		return nil
	}
	e := &refusalError{
		code:        ui.Cut(a.scrub.Replace(code), 100),
		description: ui.Cut(a.scrub.Replace(a.Text("error_description")), maxDescription),
	}
	_ = json.Unmarshal(a.Object["error_codes"], &e.numbers)
	return e
}

// passing reports whether an error answer says "later" rather than "no": the two codes that mean it, and codes that
// OAuth does not know beside a status that means it, as gateways send them.
func (a *answer) passing(e *refusalError) bool {
	switch e.code {
	case "server_error", "temporarily_unavailable":
		return true
	}
	return (a.status >= 500 || a.tooMany()) && !slices.Contains(oauthCodes, e.code)
}

// passingFault is the hint for trouble that is the provider's own.
const passingFault = "the provider may have a passing fault: try again in a moment"

// oauthCodes are the error codes of RFC 6749 §5.2, RFC 8628 §3.5 and the providers' own that are final or handled.
var oauthCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"authorization_pending", "slow_down", "access_denied", "expired_token",
	"authorization_declined", "bad_verification_code",
	"interaction_required", "login_required", "consent_required",
}

// fault makes what a person reads of a refusal, with the remedy where the code tells it.
func (e *refusalError) fault(p Provider, doing string) error {
	const publicClient = 7000218 // https://learn.microsoft.com/entra/identity-platform/reference-error-codes
	outcome, hint := ui.Refused, ""
	switch {
	case e.code == "server_error", e.code == "temporarily_unavailable":
		outcome, hint = ui.Failed, passingFault
	case slices.Contains(e.numbers, publicClient):
		hint = "in Entra ID, open the application's Authentication page and set \"Allow public client flows\" to Yes (AADSTS7000218)"
	case e.code == "invalid_client":
		hint = "check client_id in the access map; the application must be a public (native) client, " +
			"which needs no secret (in Entra ID: \"Allow public client flows\", AADSTS7000218)"
	case e.code == "unauthorized_client", e.code == "unsupported_grant_type":
		hint = "enable the device code and refresh token grants for the application " + ui.Clean(p.ClientID) + " at the identity provider"
	case e.code == "invalid_scope":
		hint = "name the scopes the provider knows as scopes of the identity in the access map"
	}
	return ui.Fault(outcome, hint, "%s: %s refused: %w", doing, p.host(), e)
}
