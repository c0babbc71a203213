package accessmap

import (
	"net/url"
	"slices"
	"strings"
)

// mutable warns of rules on addresses at Entra ID, where email may be anything that somebody wrote there, people of other
// tenants included: https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
func (d *decoder) mutable(i *Identity, groups position) {
	if i.Kind != KindEntra && !entraIssuer(i.Issuer) {
		return
	}
	warn := func(at position, what string) {
		d.warnings.add(at, "%s of identity %s looks at email, which in Entra ID may be anybody's; match preferred_username, oid or groups instead",
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

func entraIssuer(issuer string) bool {
	address, err := url.Parse(issuer)
	if err != nil {
		return false
	}
	host := "." + strings.ToLower(address.Hostname())
	return slices.ContainsFunc([]string{
		"login.microsoftonline.com", "login.microsoftonline.us", "partner.microsoftonline.cn", "sts.windows.net",
		"sts.chinacloudapi.cn", "ciamlogin.com",
	}, func(domain string) bool { return strings.HasSuffix(host, "."+domain) })
}
