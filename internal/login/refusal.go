package login

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refusalError is an OAuth error answer (RFC 6749 §5.2), cleaned. The code decides, never the HTTP status: PingFederate
// sends 403 with authorization_pending.
type refusalError struct {
	code        string
	description string
	numbers     []int // Entra ID's, which stand behind AADSTS; else nil
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
	e := newRefusal(a.scrub.Replace(code), a.scrub.Replace(a.Text("error_description")))
	var numbers []int
	if json.Unmarshal(a.Object["error_codes"], &numbers) == nil && len(numbers) > 0 {
		e.numbers = numbers
	}
	return e
}

func newRefusal(code, description string) *refusalError {
	e := &refusalError{code: ui.Cut(code, 100), description: ui.Cut(description, maxDescription)}
	// What the browser brings back has the number in the text only: "AADSTS50105: The signed in user …".
	if _, rest, ok := strings.Cut(e.description, "AADSTS"); ok {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if number, err := strconv.Atoi(digits); err == nil {
			e.numbers = []int{number}
		}
	}
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
	outcome, hint := ui.Refused, p.remedy(e)
	if e.code == "server_error" || e.code == "temporarily_unavailable" {
		outcome = ui.Failed
		if hint == "" {
			hint = passingFault
		}
	}
	return ui.Fault(outcome, hint, "%s: %s refused: %w", doing, p.host(), e)
}
