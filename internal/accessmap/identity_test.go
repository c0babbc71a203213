package accessmap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// People have one session at an Identity Center, with the assignments that were listed for one identity.
func TestOneIdentityForEachIdentityCenter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ second, want string }{
		"the same":         {"start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [d]", "4:7: "},
		"another region":   {"sso_region: eu-west-1, start_url: https://acme.awsapps.com/start, roles: [d]", "4:30: "},
		"written together": {"start_url: https://ACME.awsapps.com/start/#/, sso_region: us-east-1, roles: [d]", "4:7: "},
		"another one":      {"start_url: https://other.awsapps.com/start, sso_region: us-east-1, roles: [d]", ""},
	} {
		text := strings.Replace(identityOf(oneCenter), "roles:\n", "  y: {"+c.second+"}\nroles:\n"+
			"  d: {aws: {account_id: \"444455556666\", role_name: D, region: us-east-1}}\n", 1)
		want := c.want
		if want != "" {
			want += "identities x and y are the same Identity Center; give one of them all the roles"
		}
		if diff := cmp.Diff(want, strings.Join(problemsOf(t, text), "\n")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTwoIdentitiesOfOneClient(t *testing.T) {
	t.Parallel()
	const at = ", groups_from: userinfo"
	for name, c := range map[string]struct {
		first, second string
		refused       bool
	}{
		"alike":                     {"", "", false},
		"other claims of the token": {"", ", groups_claim: roles", false},
		"one at userinfo":           {"", at, true},
		"both at userinfo":          {at, at, false},
		"other claims of userinfo":  {at, at + ", groups_claim: roles", true},
	} {
		text := strings.Replace(identityOf(onePerson+c.first), "roles:\n", "  y: {"+onePerson+c.second+"}\nroles:\n", 1)
		got := problemsOf(t, text)
		if (len(got) == 1 && strings.Contains(got[0], "identities x and y share a sign-in")) != c.refused || !c.refused && got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}
