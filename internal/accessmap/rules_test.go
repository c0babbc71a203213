package accessmap

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// today is a day on which nothing of the tests' maps has ended that does not say so.
var today = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)

// giving are roles without an end.
func giving(roles ...string) (list []Given) {
	for _, role := range roles {
		list = append(list, Given{Role: role})
	}
	return list
}

// claiming is what a token with these groups and claims says.
func claiming(groups []string, claims map[string][]string) Claims {
	return Claims{Groups: groups, Values: func(name string) []string { return claims[name] }}
}

func TestRolesBySortsOfRules(t *testing.T) {
	t.Parallel()
	m := parsed(t, sorts(t))
	type claims = map[string][]string
	onMain := claims{"repository": {"acme/churn"}, "ref": {"refs/heads/main"}}
	prod := claims{"sub": {"repo:acme/churn:environment:prod"}}
	for name, c := range map[string]struct {
		identity string
		who      Claims
		want     []Grant
	}{
		"exact group": {"acme", claiming([]string{"ml-scientists"}, nil),
			[]Grant{{Role: "ml-trainer", Because: []Reason{{Identity: "acme", Claim: "groups", Value: "ml-scientists", Rule: "ml-scientists"}}}}},
		"exact path and pattern": {"acme", claiming([]string{"/ml/leads"}, nil), []Grant{
			{Role: "ml-reader", Because: []Reason{{Identity: "acme", Claim: "groups", Value: "/ml/leads", Rule: "/ml/*"}}},
			{Role: "ml-trainer", Because: []Reason{{Identity: "acme", Claim: "groups", Value: "/ml/leads", Rule: "/ml/leads"}}}}},
		"every group that a pattern takes": {"acme", claiming([]string{"data-b", "data-a", "data-a", "data-a/c"}, nil), []Grant{
			{Role: "ml-reader", Because: []Reason{{Identity: "acme", Claim: "groups", Value: "data-a", Rule: "data-*"}, {Identity: "acme", Claim: "groups", Value: "data-b", Rule: "data-*"}}}}},
		"a group called like a pattern": {"acme", claiming([]string{"data-*"}, nil),
			[]Grant{{Role: "ml-reader", Because: []Reason{{Identity: "acme", Claim: "groups", Value: "data-*", Rule: "data-*"}}}}},
		"no group that only begins so": {"acme", claiming([]string{"/ml", "/ml/a/b", "ml-scientists/x", "xdata-"}, nil), []Grant{}},
		"claims, a reason for each": {"acme", claiming(nil, claims{"department": {"Sales", "R&D Berlin"}, "/address/country": {"DE"}}),
			[]Grant{{Role: "ml-reader", Because: []Reason{
				{Identity: "acme", Claim: "/address/country", Value: "DE", Rule: "DE"}, {Identity: "acme", Claim: "department", Value: "R&D Berlin", Rule: "R&D *"}}}}},
		"not all claims":   {"acme", claiming(nil, claims{"department": {"R&D Berlin"}}), []Grant{}},
		"no claims at all": {"acme", Claims{}, []Grant{}},
		"a workload": {"ci", claiming(nil, onMain), []Grant{
			{Role: "ml-ci", Because: []Reason{{Identity: "ci", Claim: "ref", Value: "refs/heads/main", Rule: "refs/heads/main"}, {Identity: "ci", Claim: "repository", Value: "acme/churn", Rule: "acme/*"}}}}},
		"another branch": {"ci", claiming(nil, claims{"repository": {"acme/churn"}, "ref": {"refs/heads/maintenance"}}), []Grant{}},
		"another owner":  {"ci", claiming(nil, claims{"repository": {"evil/acme/churn"}, "ref": {"refs/heads/main"}}), []Grant{}},
		"another rule":   {"ci", claiming(nil, prod), []Grant{{Role: "ml-ci", Because: []Reason{{Identity: "ci", Claim: "sub", Value: "repo:acme/churn:environment:prod", Rule: "repo:acme/churn:environment:prod"}}}}},
		"an assignment, and what is reached through it": {"corp", claiming([]string{"111122223333/MLAdmin"}, nil), []Grant{
			{Role: "ml-admin", Because: []Reason{{Identity: "corp", Claim: "assignment", Value: "111122223333/MLAdmin", Rule: "111122223333/MLAdmin"}}},
			{Role: "ml-auditor", Because: []Reason{{Identity: "corp", Claim: "assignment", Value: "111122223333/MLAdmin", Rule: "111122223333/MLAdmin"}}}}},
		"the permission set beside an ARN": {"corp", claiming([]string{"111122223333/MLRead"}, nil), []Grant{
			{Role: "ml-churn", Because: []Reason{{Identity: "corp", Claim: "assignment", Value: "111122223333/MLRead", Rule: "111122223333/MLRead"}}}}},
		"assignments in other accounts": {"corp", claiming([]string{"444455556666/MLAdmin", "111122223333/mladmin", "MLAdmin"}, nil), []Grant{}},
		"assignments elsewhere":         {"acme", claiming([]string{"111122223333/MLAdmin"}, nil), []Grant{}},
	} {
		if diff := cmp.Diff(c.want, m.RolesFor(c.identity, c.who, today)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestARuleIsNamedOnce(t *testing.T) {
	t.Parallel()
	m := parsed(t, identityOf("issuer: https://i.example, client_id: x, claims: ["+
		"{match: {a: b}, roles: [r]}, {match: {a: b, c: d}, roles: [r]}, {match: {a: b}, roles: []}]"))
	want := []Grant{{Role: "r", Because: []Reason{{Identity: "x", Claim: "a", Value: "b", Rule: "b"}, {Identity: "x", Claim: "c", Value: "d", Rule: "d"}}}}
	got := m.RolesFor("x", claiming(nil, map[string][]string{"a": {"b"}, "c": {"d"}}), today)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWouldGiveARole(t *testing.T) {
	t.Parallel()
	m := parsed(t, sorts(t))
	for name, c := range map[string]struct {
		identity string
		who      Claims
		want     []Need
	}{
		"people": {"acme", claiming([]string{"ml-scientists", "x"}, map[string][]string{"department": {"R&D Berlin"}}), []Need{{Role: "ml-reader", Rules: []string{
			`a group matching "/ml/*" in the claim "groups"`, `a group matching "data-*" in the claim "groups"`,
			`/address/country matching "DE" (there is none) and department matching "R&D *"`}}}},
		"nobody": {"acme", Claims{}, []Need{
			{Role: "ml-reader", Rules: []string{`a group matching "/ml/*" in the claim "groups"`, `a group matching "data-*" in the claim "groups"`,
				`/address/country matching "DE" (there is none) and department matching "R&D *" (there is none)`}},
			{Role: "ml-trainer", Rules: []string{`the group "/ml/leads" in the claim "groups"`, `the group "ml-scientists" in the claim "groups"`}}}},
		"a workload": {"ci", claiming(nil, map[string][]string{"repository": {"other/x"}, "ref": {"refs/heads/main"}}), []Need{{Role: "ml-ci", Rules: []string{
			`ref matching "refs/heads/main" and repository matching "acme/*" (it is "other/x")`,
			`sub matching "repo:acme/churn:environment:prod" (there is none)`}}}},
		"many hostile values": {"batch", claiming(nil, map[string][]string{"sub": {"a\x1b[2J", "b", "c", "d", "e", "f"}}), []Need{{Role: "ml-reader", Rules: []string{
			`sub matching "system:serviceaccount:ml:*" (it is "a\x1b[2J", "b", "c", "d", "e", …)`}}}},
		"assignments": {"corp", claiming([]string{"111122223333/MLRead"}, nil), []Need{
			{Role: "ml-admin", Rules: []string{"the assignment of MLAdmin in account 111122223333 in IAM Identity Center"}},
			{Role: "ml-auditor", Rules: []string{"the assignment of MLAdmin in account 111122223333 in IAM Identity Center"}}}},
		"all that there is": {"corp", claiming([]string{"111122223333/MLRead", "111122223333/MLAdmin"}, nil), []Need{}},
		"unknown identity":  {"nobody", Claims{}, nil},
	} {
		if diff := cmp.Diff(c.want, m.Lacking(c.identity, c.who, today)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEverySortGives(t *testing.T) {
	t.Parallel()
	m := parsed(t, sorts(t))
	for identity, roles := range map[string][]string{
		"acme": {"ml-reader", "ml-trainer"}, "corp": {"ml-admin", "ml-auditor", "ml-churn"}, "ci": {"ml-ci"}, "batch": {"ml-reader"}, "x": nil,
	} {
		for role := range m.Roles {
			if m.Gives(identity, role) != slices.Contains(roles, role) {
				t.Errorf("%s and %s", identity, role)
			}
		}
	}
	for _, c := range [][3]string{{"acme", "ml-reader", "acme-ml-reader"}, {"batch", "ml-reader", "batch-ml-reader"}, {"ci", "ml-ci", "ml-ci"}} {
		if got := m.ProfileName(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s is %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

func TestManyPatternsAndGroups(t *testing.T) {
	t.Parallel()
	m := &Map{Identities: map[string]*Identity{"x": {Name: "x", GroupsClaim: "groups", Groups: map[string][]Given{}}}}
	var groups []string
	for i := range 5000 {
		m.Identities["x"].Groups[fmt.Sprintf("team-%d-*", i)] = []Given{{Role: fmt.Sprintf("role-%d", i)}}
		groups = append(groups, fmt.Sprintf("team-%d-x", i))
	}
	if got := m.RolesFor("x", Claims{Groups: groups[:200]}, today); len(got) != 200 {
		t.Errorf("got %d roles", len(got))
	}
}
