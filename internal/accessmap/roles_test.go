package accessmap

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRolesForGroups(t *testing.T) {
	t.Parallel()
	const aws = `{aws: {role_arn: "arn:aws:iam::111122223333:role/x", region: us-east-1}}`
	m := parsed(t, `version: 1
identities:
  one: {issuer: https://one.example, client_id: x, groups_claim: roles, groups: {ml: [b, a], "Data Science": [b], empty: []}}
  two: {issuer: https://two.example, client_id: x, groups: {ml: [c], admins: [c]}}
roles:
  a: `+aws+`
  b: `+aws+`
  c: `+aws+`
`)
	because := func(identity, claim string, groups ...string) []Reason {
		var reasons []Reason
		for _, group := range groups {
			reasons = append(reasons, Reason{identity, claim, group})
		}
		return reasons
	}
	for name, c := range map[string]struct {
		identity string
		groups   []string
		want     []Grant
	}{
		"sorted, every reason": {"one", []string{"ml", "Data Science", "ml"},
			[]Grant{{"a", because("one", "roles", "ml")}, {"b", because("one", "roles", "Data Science", "ml")}}},
		"another identity's groups": {"one", []string{"admins"}, []Grant{}},
		"the same name elsewhere":   {"two", []string{"ml"}, []Grant{{"c", because("two", "groups", "ml")}}},
		"exact names only":          {"one", []string{"ML", "ml ", "m", "data science"}, []Grant{}},
		"a group without roles":     {"one", []string{"empty"}, []Grant{}},
		"no groups":                 {"one", nil, []Grant{}},
		"unknown identity":          {"three", []string{"ml"}, nil},
	} {
		if diff := cmp.Diff(c.want, m.RolesFor(c.identity, c.groups)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
