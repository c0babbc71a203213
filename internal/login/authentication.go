package login

import (
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bounds of what is kept of acr and amr.
const (
	maxProofs = 30
	maxProof  = 200 // characters
)

// Authentication is when and how someone proved who they are at the provider, as the ID token of the sign-in says it (OpenID
// Connect Core 1.0 §2). All texts are cleaned. The zero value says nothing.
type Authentication struct {
	Time time.Time // auth_time, in UTC, not after the sign-in; zero where the token does not say
	ACR  []string  // acr, or what stands for it at the provider's kind
	AMR  []string  // amr
	// Unbelieved is auth_time where Time does not take it, as it is later than the sign-in, or no time at all: in seconds since 1970, and
	// bounded. 0 where there is none.
	Unbelieved int64
}

// maxUnbelieved bounds Unbelieved to either side, by more than the nanoseconds that some write in place of seconds.
const maxUnbelieved = 1 << 62

// authenticationOf reads a token that came at a time. One that says that someone signs in later is not believed.
func authenticationOf(kind *idp.Kind, claims idtoken.Claims, now time.Time) (a Authentication) {
	at, ok := claims.Time("auth_time")
	switch said, _ := claims.Number("auth_time"); {
	case said == 0: // missing; some write it for what they don't know
	case !ok || at.After(now.Add(idtoken.Leeway)):
		a.Unbelieved = int64(max(-maxUnbelieved, min(said, maxUnbelieved)))
	case at.After(now): // by a clock that is a little ahead
		a.Time = now.UTC()
	default:
		a.Time = at
	}
	a.ACR, a.AMR = proofs(claims.Texts(kind.ACRClaim())), proofs(claims.Texts("amr"))
	return a
}

func proofs(texts []string) (kept []string) {
	for _, text := range texts {
		if text = ui.Clean(text); text != "" && len(text) <= maxProof && len(kept) < maxProofs && !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// renewed is what is left of an authentication once a renewed ID token says another: a renewal asks nobody to prove anything, so
// that it must say the same of when (OpenID Connect Core 1.0 §12.2). One that says more is not believed; less, it is.
func (a Authentication) renewed(by Authentication) Authentication {
	if !by.Time.IsZero() && by.Time.Before(a.Time) {
		a.Time = by.Time
	}
	if by.ACR != nil {
		a.ACR = both(a.ACR, by.ACR)
	}
	if by.AMR != nil {
		a.AMR = both(a.AMR, by.AMR)
	}
	return a
}

func both(before, now []string) []string {
	return slices.DeleteFunc(slices.Clone(before), func(text string) bool { return !slices.Contains(now, text) })
}

// Fingerprint tells an authentication from another.
func (a Authentication) Fingerprint() string {
	return a.Time.UTC().Format(time.RFC3339) + " " + strings.Join(a.ACR, ",") + " " + strings.Join(a.AMR, ",")
}

// StepUp is what a sign-in afresh is to prove: the provider is asked for it, and may do as it likes.
type StepUp struct {
	MaxAge time.Duration // since someone proved who they are; 0: nothing is said of it
	ACR    []string      // one of these classes, the best first
}
