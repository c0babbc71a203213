package idp

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// authentication is when and how someone proved who they are at a sign-in: tokens of renewals tell the same (OpenID Connect Core
// 1.0 §12.2).
type authentication struct {
	at    time.Time
	class string   // acr; "" for none
	by    []string // amr
	asked bool     // the client asked for it to be told, or to be recent
}

// authenticate has someone prove who they are as an authorization request asks (OpenID Connect Core 1.0 §3.1.2.1), as far as the
// behaviour honours that. Without a wish they did so a while ago: see Behaviour.AuthAge.
func (p *Provider) authenticate(query url.Values) authentication {
	b := p.h.Behaviour
	a := authentication{at: p.h.Clock().Add(-b.AuthAge)}
	if b.StepUpIgnored {
		return a
	}
	prompts := strings.Fields(query.Get("prompt"))
	most, err := strconv.Atoi(query.Get("max_age"))
	a.asked = err == nil || slices.Contains(prompts, "login")
	if slices.Contains(prompts, "login") || err == nil && b.AuthAge > time.Duration(most)*time.Second {
		a.at = p.h.Clock()
	}
	for _, class := range p.classes(query) {
		if methods, ok := b.ACRs[class]; ok {
			a.class, a.by = class, methods
			break
		}
	}
	return a
}

// authenticateDevice is authenticate for a device request. RFC 8628 has none of the parameters; many providers take acr_values all
// the same, and none shows a person who is signed in the form again.
func (p *Provider) authenticateDevice(form url.Values) authentication {
	return p.authenticate(url.Values{"acr_values": form["acr_values"]})
}

// classes are those that a request asks for, by acr_values or by the parameter claims, for acr or for what stands for it.
func (p *Provider) classes(query url.Values) []string {
	asked := strings.Fields(query.Get("acr_values"))
	var claims struct {
		IDToken map[string]struct {
			Value  string   `json:"value"`
			Values []string `json:"values"`
		} `json:"id_token"`
	}
	if json.Unmarshal([]byte(query.Get("claims")), &claims) == nil {
		of := claims.IDToken[p.acrClaim()]
		asked = slices.Concat(asked, of.Values, []string{of.Value})
	}
	return asked
}

func (p *Provider) acrClaim() string {
	if name := p.kind().ACRClaim; name != "" {
		return name
	}
	return "acr"
}

// tell lays what is told of an authentication over the claims of a token.
func (p *Provider) tell(a authentication, claims map[string]any) {
	switch {
	case a.class == "":
	case p.acrClaim() == "acr":
		claims["acr"] = a.class
	default:
		claims[p.acrClaim()] = []string{a.class}
	}
	if len(a.by) > 0 {
		claims["amr"] = a.by
	}
}
