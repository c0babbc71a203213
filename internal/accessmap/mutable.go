package accessmap

import "github.com/dbxaccess/dbxaccess/internal/idp"

// mutable warns of rules on addresses at Entra ID, where email may be anything that was entered there, also for people
// of other tenants: https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
func (d *decoder) mutable(i *Identity, groups position) {
	if idp.KindOf(i.Kind, "").EmailVerified == "" && idp.KindOf(idp.Auto, i.Issuer).EmailVerified == "" {
		return
	}
	warn := func(at position, what string) {
		d.warnings.warn(mutableEmail, concern{partIdentity, i.Name}, at, "%s of identity %s looks at email, which in Entra ID may be anything; match preferred_username, oid or groups instead",
			what, i.Name)
	}
	for _, rule := range i.Claims {
		for claim := range rule.Match {
			if isEmail(claim) {
				warn(rule.at, "this rule")
			}
		}
	}
	if isEmail(i.GroupsClaim) && len(i.Groups) > 0 {
		warn(groups, "groups_claim")
	}
}

// isEmail reports whether a claim, given as its name or as a JSON pointer, is the address.
func isEmail(claim string) bool { return claim == emailClaim || claim == "/"+emailClaim }
