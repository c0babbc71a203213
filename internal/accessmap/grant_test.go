package accessmap

import (
	"strings"
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
			reasons = append(reasons, Reason{Identity: identity, Claim: claim, Value: group, Rule: group})
		}
		return reasons
	}
	for name, c := range map[string]struct {
		identity string
		groups   []string
		want     []Grant
	}{
		"sorted, every reason": {"one", []string{"ml", "Data Science", "ml"},
			[]Grant{{Role: "a", Because: because("one", "roles", "ml")}, {Role: "b", Because: because("one", "roles", "Data Science", "ml")}}},
		"another identity's groups": {"one", []string{"admins"}, []Grant{}},
		"the same name elsewhere":   {"two", []string{"ml"}, []Grant{{Role: "c", Because: because("two", "groups", "ml")}}},
		"exact names only":          {"one", []string{"ML", "ml ", "m", "data science"}, []Grant{}},
		"a group without roles":     {"one", []string{"empty"}, []Grant{}},
		"no groups":                 {"one", nil, []Grant{}},
		"unknown identity":          {"three", []string{"ml"}, nil},
	} {
		if diff := cmp.Diff(c.want, m.RolesFor(c.identity, Claims{Groups: c.groups}, today)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProfileNamesKeepIdentitiesApart(t *testing.T) {
	t.Parallel()
	parse := func(third string) (*Map, error) {
		return Parse("map.yaml", []byte(`version: 1
identities:
  a: {issuer: https://a.example.com, client_id: x, groups: {g: [r]}}
  b: {issuer: https://b.example.com, client_id: x, groups: {g: [r, `+third+`]}}
roles:
  r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}
  `+third+`: {aws: {role_arn: "arn:aws:iam::111122223333:role/s", region: us-east-1}}
`))
	}
	m, err := parse("s")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{{"a", "r", "a-r"}, {"b", "r", "b-r"}, {"b", "s", "s"}} {
		if got := m.ProfileName(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s is %s, want %s", c[1], c[0], got, c[2])
		}
	}
	if !m.Gives("b", "s") || m.Gives("a", "s") || m.Gives("nobody", "s") {
		t.Error("who gives s")
	}
	if _, err := parse("a-r"); err == nil || !strings.Contains(err.Error(), "role a-r of identity b, and role r, which several identities give, would share the profile name a-r") {
		t.Errorf("got %v", err)
	}
}
