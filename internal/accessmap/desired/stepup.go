package desired

import (
	"fmt"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// The claims by which a sign-in proves itself: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
const (
	acrClaim      = "acr"
	amrClaim      = "amr"
	authTimeClaim = "auth_time"
)

// proof is what a role's data asks of the sign-in of who takes it along a way. It is people's: a job's token proves no sign-in, and IAM
// Identity Center's says nothing of it.
func (b *builder) proof(w way) accessmap.StepUp {
	if !w.byToken() || !w.identity.Method().SignsIn() {
		return accessmap.StepUp{}
	}
	s, err := b.m.Sensitive(w.given.Role, nil)
	if err != nil {
		return accessmap.StepUp{}
	}
	return s.Handling.StepUp
}

// wantsProof has the provider put into sessions what a role's data asks for, before any other claim.
func (p *provider) wantsProof(i *accessmap.Identity, s accessmap.StepUp) {
	if !s.Asks() {
		return
	}
	p.proof = true
	if acrOf(i) == acrClaim {
		p.acrIsText, p.acr = true, p.acr || s.ACR != nil
	}
}

// acrOf is the claim by which an identity's sign-ins prove their class. One besides acr holds a list, as Entra ID's acrs does, and a key of a
// context provider holds one text.
func acrOf(i *accessmap.Identity) string { return idp.KindOf(i.Kind, i.Issuer).ACRClaim() }

// proves has a trust policy demand what the data asks for: amr, which AWS knows of every provider, and acr, by the context provider, where it is one text. How old a
// sign-in is it can't tell: no condition compares auth_time with the time of day.
func (b *builder) proves(w way, o of, on iam.Conditions) {
	asks := b.proof(w)
	if !asks.Asks() {
		return
	}
	missing := func(what, fix string) {
		b.gap(Gap{
			ID: "step-up-not-held", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: %s can't be a condition on %s; dbxaccess holds it", w.identity.Name, w.rule.Who(), what, w.hops[0].RoleARN), Fix: fix,
		})
	}
	if asks.MaxAge > 0 {
		missing("max_auth_age", "")
	}
	if len(w.hops) > 1 {
		if asks.ACR != nil || asks.AMR != nil {
			missing("acr or amr, of a role that is reached through another,", "let the role be taken directly")
		}
		return
	}
	key := o.host + ":" + amrClaim
	for i, list := range asks.AMR {
		operator := [...]string{"ForAnyValue:StringEquals", "ForAnyValue:StringLike"}[min(i, 1)]
		if i > 1 || on[operator][key] != nil {
			missing("amr, a further time,", "")
			continue
		}
		put(on, operator, key, mapped(list, func(s string) string { return literal(s, i > 0) }))
	}
	switch name, claim := o.context[acrClaim], acrOf(w.identity); {
	case asks.ACR == nil:
	case claim != acrClaim:
		missing(claim+", a list,", "")
	case name == "":
		missing(acrClaim, "")
	default:
		put(on, "StringEquals", contextPrefix+name, mapped(asks.ACR, func(s string) string { return literal(s, false) }))
	}
}

// unproved tells of roles whose data asks for proof, where they are permission sets: IAM Identity Center says nothing of a sign-in, so
// AWS lets anyone who is assigned go on.
func (b *builder) unproved() {
	for _, w := range b.ways {
		if w.identity.Method() != idp.IdentityCenter {
			continue
		}
		if s, err := b.m.Sensitive(w.given.Role, nil); err != nil || !s.Handling.StepUp.Asks() {
			continue
		}
		first := w.hops[0]
		b.gap(Gap{
			ID: "step-up-not-held", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: IAM Identity Center says nothing of a sign-in, so whoever is assigned %s/%s comes to the role's data at AWS without the proof that is asked; dbxaccess gives it to nobody there",
				w.identity.Name, first.AccountID, first.RoleName),
			Fix: "give it by an OpenID Connect provider",
		})
	}
}

func put(on iam.Conditions, operator, key string, values iam.Words) {
	if on[operator] == nil {
		on[operator] = make(map[string]iam.Words)
	}
	on[operator][key] = slices.Sorted(slices.Values(values))
}
