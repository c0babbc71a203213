package accessmap

import (
	"strings"
	"testing"
)

func TestAddressesAtEntra(t *testing.T) {
	t.Parallel()
	const entra, other = "https://login.microsoftonline.com/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/v2.0", "https://i.example"
	for _, c := range []struct {
		issuer, rules string
		warns         bool
	}{
		{entra, "claims: [{match: {email: alice@example.com}, roles: [r]}]", true},
		{entra, "claims: [{match: {/email: '*@example.com', department: R}, roles: [r]}]", true},
		{entra, "claims: [{match: {email: a@example.com, email_verified: 'true'}, roles: [r]}]", true},
		{entra, "kind: generic, claims: [{match: {email: a@example.com}, roles: [r]}]", true},
		{"https://sts.windows.net/0f1e2d3c/", "claims: [{match: {email: a@example.com}, roles: [r]}]", true},
		{"https://acme.ciamlogin.com/0f1e2d3c/v2.0", "claims: [{match: {email: a@example.com}, roles: [r]}]", true},
		{other, "kind: entra, claims: [{match: {email: a@example.com}, roles: [r]}]", true},
		{entra, "groups_claim: email, groups: {alice@example.com: [r]}", true},
		{entra, "claims: [{match: {preferred_username: alice@example.com}, roles: [r]}]", false},
		{entra, "claims: [{match: {oid: o1}, roles: [r]}]", false},
		{entra, "groups: {g: [r]}", false},
		{other, "claims: [{match: {email: a@example.com}, roles: [r]}]", false},
		{"https://notciamlogin.com", "claims: [{match: {email: a@example.com}, roles: [r]}]", false},
	} {
		got := ""
		for _, p := range parsed(t, identityOf("issuer: "+c.issuer+", client_id: x, "+c.rules)).Lint(today) {
			if p.ID == mutableEmail {
				got += p.Message
			}
		}
		if (got != "") != c.warns || c.warns && !strings.Contains(got, "of identity x looks at email, which in Entra ID may be anything; "+
			"match preferred_username, oid or groups instead") {
			t.Errorf("%s, %s: %q", c.issuer, c.rules, got)
		}
	}
}
