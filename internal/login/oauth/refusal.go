package oauth

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var (
	// TryAgain is for trouble that is the provider's own.
	TryAgain = ui.Advice("the provider may have a passing fault: try again in a moment")
	// InBetween is for answers that the provider itself can't have sent.
	InBetween = ui.Advice("somebody may be in between: don't go on before this is understood")
)

// Refusal is an OAuth error answer (RFC 6749 §5.2), cleaned. The code decides, never the HTTP status: PingFederate sends 403
// with authorization_pending.
type Refusal struct {
	idp.Refused
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
	e := &Refusal{idp.Refused{Code: ui.Cut(code, 100), Description: ui.Cut(description, maxDescription)}}
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
	"invalid_dpop_proof", "use_dpop_nonce",
}

// Remedy is what fixes a refusal; nil where that is not known.
func (e *Refusal) Remedy(p login.Provider) ui.Fix {
	refused := e.Refused
	refused.Browser = refused.Browser || p.ByFlow(login.FlowBrowser) == ""
	return p.FillIn(p.Quirks().Remedy(refused), "")
}

// Fault makes what a person reads of a refusal, with the remedy where the code tells it.
func (e *Refusal) Fault(p login.Provider, doing string) error {
	fix := e.Remedy(p)
	if !e.Temporary(false) {
		return ui.Errorf("provider-refuses", ui.Refused, "%s: %s refused: %w", doing, p.Host(), e).With(fix)
	}
	if fix == nil {
		fix = TryAgain
	}
	return ui.Errorf("provider-busy", ui.Failed, "%s: %s refused: %w", doing, p.Host(), e).With(fix)
}

// Declined tells that the person said no, or that the provider did in a way that is known.
func (e *Refusal) Declined(p login.Provider) error {
	return Declined(p, e, e.Remedy(p))
}

// Declined tells that the sign-in was declined. fix is what is known to fix it, nil for nothing.
func Declined(p login.Provider, cause error, fix ui.Fix) error {
	if fix == nil {
		fix = ui.Advice("if that was not meant: " + p.LoginCommand())
	}
	return ui.Errorf("sign-in-declined", ui.Refused, "the sign-in was declined at %s: %w", p.Host(), cause).With(fix)
}
