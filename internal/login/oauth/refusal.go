package oauth

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TryAgain is the hint for trouble that is the provider's own.
const TryAgain = "the provider may have a passing fault: try again in a moment"

// Refusal is an OAuth error answer (RFC 6749 §5.2), cleaned. The code decides, never the HTTP status: PingFederate sends 403
// with authorization_pending.
type Refusal struct {
	Code        string
	Description string
	Numbers     []int // Entra ID's, which stand behind AADSTS; else nil
}

func (e *Refusal) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

// maxDescription bounds a provider's explanation, in runes. Entra ID's, with its trace ids, are about 400.
const maxDescription = 600

// NewRefusal cleans what a provider sent.
func NewRefusal(code, description string) *Refusal {
	e := &Refusal{Code: ui.Cut(code, 100), Description: ui.Cut(description, maxDescription)}
	// What the browser brings back has the number in the text only: "AADSTS50105: The signed in user …".
	if _, rest, ok := strings.Cut(e.Description, "AADSTS"); ok {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if number, err := strconv.Atoi(digits); err == nil {
			e.Numbers = []int{number}
		}
	}
	return e
}

// Temporary reports whether the refusal says "later" rather than "no": the two codes that mean it, and codes that OAuth does
// not know beside a status that means it (busy), as gateways send them.
func (e *Refusal) Temporary(busy bool) bool {
	switch e.Code {
	case "server_error", "temporarily_unavailable":
		return true
	}
	return busy && !slices.Contains(known, e.Code)
}

// known are the error codes of RFC 6749 §5.2, RFC 8628 §3.5 and the providers' own that are final or handled.
var known = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"authorization_pending", "slow_down", "access_denied", "expired_token",
	"authorization_declined", "bad_verification_code",
	"interaction_required", "login_required", "consent_required",
}

// Remedy is the hint for a refusal; "" where there is none.
func (e *Refusal) Remedy(p login.Provider) string {
	return p.FillIn(p.Quirks().Remedy(e.Code, e.Description, e.Numbers), "")
}

// Fault makes what a person reads of a refusal, with the remedy where the code tells it.
func (e *Refusal) Fault(p login.Provider, doing string) error {
	outcome, hint := ui.Refused, e.Remedy(p)
	if e.Temporary(false) {
		outcome = ui.Failed
		if hint == "" {
			hint = TryAgain
		}
	}
	return ui.Fault(outcome, hint, "%s: %s refused: %w", doing, p.Host(), e)
}

// Declined tells that the person said no, or that the provider did in a way that is known.
func (e *Refusal) Declined(p login.Provider) error {
	hint := e.Remedy(p)
	if hint == "" {
		hint = "if that was not meant: " + p.LoginCommand()
	}
	return ui.Fault(ui.Refused, hint, "the sign-in was declined at %s: %w", p.Host(), e)
}
