package oidc

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
)

// afresh adds to an authorization request that people are to prove who they are now, and how (OpenID Connect Core 1.0 §3.1.2.1).
// Whatever the provider makes of it, the ID token says what became of it: nothing here is relied on.
func afresh(p login.Provider, form url.Values) {
	if p.StepUp == nil {
		return
	}
	kind := p.Quirks()
	form.Set("prompt", "login")
	if kind.Afresh != "" {
		form.Set("prompt", kind.Afresh)
	}
	if p.StepUp.MaxAge > 0 { // which makes auth_time a claim that must be there
		form.Set("max_age", strconv.Itoa(int(p.StepUp.MaxAge/time.Second)))
	}
	classes(p, form)
	if kind.ByClaims && (p.StepUp.MaxAge > 0 || len(p.StepUp.ACR) > 0) {
		form.Set("claims", claimsOf(p))
	}
}

// classes adds the classes of authentication that are asked for, the best first. Those of a kind that has another claim for them are
// no values of acr.
func classes(p login.Provider, form url.Values) {
	if p.StepUp != nil && len(p.StepUp.ACR) > 0 && p.Quirks().ACR == "" {
		form.Set("acr_values", strings.Join(p.StepUp.ACR, " "))
	}
}

// claimsOf asks for claims of the ID token one by one (OpenID Connect Core 1.0 §5.5).
func claimsOf(p login.Provider) string {
	type claim struct {
		Essential bool   `json:"essential"`
		Value     string `json:"value,omitempty"`
	}
	asked := map[string]claim{}
	if p.StepUp.MaxAge > 0 {
		asked["auth_time"] = claim{Essential: true}
	}
	if len(p.StepUp.ACR) > 0 {
		asked[p.Quirks().ACRClaim()] = claim{Essential: true, Value: p.StepUp.ACR[0]}
	}
	text, _ := json.Marshal(map[string]any{"id_token": asked}) // never fails: there is nothing but text and true in it
	return string(text)
}
