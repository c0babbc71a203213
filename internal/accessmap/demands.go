package accessmap

import "strings"

// Demands is what the map's policy has someone do before they are served a role's credentials: what an identity can prove to its
// sign-in, and a reason. Its JSON is a part of what `map who`, `map explain` and `roles` promise.
type Demands struct {
	MaxAuthAge string     `json:"max_auth_age,omitempty"` // since they proved who they are, as the map has it: "1h"
	ACR        []string   `json:"acr,omitempty"`          // one is enough
	AMR        [][]string `json:"amr,omitempty"`          // of each list, one
	Reason     bool       `json:"reason,omitempty"`
	Unable     string     `json:"unable,omitempty"` // why no sign-in with the identity proves that; then nobody is served
}

// Demands are those on who signs in with an identity; nil for none. A job proves nothing, and can say a reason.
func (h Handling) Demands(i *Identity) *Demands {
	d := Demands{Reason: h.Reason}
	if h.StepUp.Asks() && i.Method().SignsIn() {
		d.MaxAuthAge, d.ACR, d.AMR, d.Unable = Span(h.StepUp.MaxAge), h.StepUp.ACR, h.StepUp.AMR, h.StepUp.unable(i)
	} else if !h.Reason {
		return nil
	}
	return &d
}

// Words says it in a line: "only within 1h of signing in, with acr phr or phrh; only with a reason". "" for none.
func (d *Demands) Words() string {
	if d == nil {
		return ""
	}
	if d.Unable != "" {
		return "to nobody: " + d.Unable
	}
	var proofs, all []string
	if d.MaxAuthAge != "" {
		proofs = append(proofs, "within "+d.MaxAuthAge+" of signing in")
	}
	if d.ACR != nil {
		proofs = append(proofs, "with acr "+oneOf(d.ACR))
	}
	for _, list := range d.AMR {
		proofs = append(proofs, "with amr "+oneOf(list))
	}
	if proofs != nil {
		all = append(all, "only "+strings.Join(proofs, ", "))
	}
	if d.Reason {
		all = append(all, "only with a reason")
	}
	return strings.Join(all, "; ")
}
