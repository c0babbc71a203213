package accessmap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// chains has roles that are reached in every way.
const chains = `version: 1
identities:
  corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [set, both, bare, far, beyond]}
  idp: {issuer: https://i.example, client_id: x, groups: {g: [own, both, near, beyond]}}
datasets: {d: {location: s3://bucket/d/}}
roles:
  set: {aws: {account_id: "111122223333", role_name: Set, region: us-east-1}}
  both:
    aws: {account_id: "111122223333", role_name: Both, role_arn: "arn:aws:iam::111122223333:role/both", region: us-east-1, external_id: x1}
    read: [d]
  bare: {aws: {account_id: "111122223333", role_name: Bare, role_arn: "arn:aws:iam::111122223333:role/bare", region: us-east-1}}
  tagged:
    aws: {account_id: "111122223333", role_name: Tagged, role_arn: "arn:aws:iam::111122223333:role/tagged", region: us-east-1, transitive_tags: [team]}
    tags: {team: ml}
  own: {aws: {role_arn: "arn:aws:iam::111122223333:role/own", region: eu-west-1}, tags: {a: b}}
  near:
    inherits: [own]
    aws: {role_arn: "arn:aws:iam::444455556666:role/near", region: eu-west-1, via: own, transitive_tags: [a], source_identity: true}
    read: [d]
  far: {aws: {role_arn: "arn:aws:iam::444455556666:role/far", region: us-east-1, via: set}}
  beyond: {aws: {role_arn: "arn:aws:iam::444455556666:role/beyond", region: us-east-1, via: both, external_id: x2}}
  last: {aws: {role_arn: "arn:aws:iam::444455556666:role/last", region: us-east-1, via: tagged}}
`

func TestChains(t *testing.T) {
	t.Parallel()
	m := parsed(t, chains)
	const here, there = "arn:aws:iam::111122223333:role/", "arn:aws:iam::444455556666:role/"
	none := map[string]string{}
	set := func(role, name string) Hop {
		return Hop{Role: role, AccountID: "111122223333", RoleName: name, Region: "us-east-1"}
	}
	both := Hop{Role: "both", RoleARN: here + "both", Region: "us-east-1", ExternalID: "x1", Tags: none}
	beyond := Hop{Role: "beyond", RoleARN: there + "beyond", Region: "us-east-1", ExternalID: "x2", Tags: none}
	own := Hop{Role: "own", RoleARN: here + "own", Region: "eu-west-1", Tags: map[string]string{"a": "b"}}
	tagged := Hop{Role: "tagged", RoleARN: here + "tagged", Region: "us-east-1", Tags: map[string]string{"team": "ml"},
		TransitiveTags: []string{"team"}}
	last := Hop{Role: "last", RoleARN: there + "last", Region: "us-east-1", Tags: none}
	for name, c := range map[string]struct {
		role   string
		center bool
		want   []Hop
		err    string
		id     ui.ID
	}{
		"a permission set":               {"set", true, []Hop{set("set", "Set")}, "", ""},
		"a permission set, scoped":       {"both", true, []Hop{set("both", "Both"), both}, "", ""},
		"nothing to scope":               {"bare", true, []Hop{set("bare", "Bare")}, "", ""},
		"nothing to scope, directly":     {"bare", false, []Hop{{Role: "bare", RoleARN: here + "bare", Region: "us-east-1", Tags: none}}, "", ""},
		"the same directly":              {"both", false, []Hop{both}, "", ""},
		"directly":                       {"own", false, []Hop{own}, "", ""},
		"through a permission set":       {"far", true, []Hop{set("set", "Set"), {Role: "far", RoleARN: there + "far", Region: "us-east-1", Tags: none}}, "", ""},
		"through one that could scope":   {"beyond", true, []Hop{set("both", "Both"), beyond}, "", ""},
		"through the role of that":       {"beyond", false, []Hop{both, beyond}, "", ""},
		"through one that hands on tags": {"last", true, []Hop{set("tagged", "Tagged"), tagged, last}, "", ""},
		"through a role": {"near", false, []Hop{own, {Role: "near", RoleARN: there + "near", Region: "eu-west-1",
			Tags: map[string]string{"a": "b"}, TransitiveTags: []string{"a"}, SourceIdentity: true}}, "", ""},
		"not from Identity Center":          {"own", true, nil, "IAM Identity Center can't give the role own: own has no account_id and role_name", "role-not-at-identity-center"},
		"not by its beginning":              {"near", true, nil, "IAM Identity Center can't give the role near: own has no account_id and role_name", "role-not-at-identity-center"},
		"from Identity Center only":         {"set", false, nil, "only IAM Identity Center can give the role set: set has no role_arn", "role-only-at-identity-center"},
		"only from there, by its beginning": {"far", false, nil, "only IAM Identity Center can give the role far: set has no role_arn", "role-only-at-identity-center"},
		"unknown":                           {"nobody", false, nil, `the access map has no role "nobody"`, "role-unknown"},
	} {
		got, err := m.Chain(c.role, by(c.center))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if (err == nil) != (c.err == "") || err != nil && (err.Error() != c.err || ui.CodeOf(err) != ui.NoSuchRole || ui.IDOf(err) != c.id) {
			t.Errorf("%s: %s: %v", name, ui.IDOf(err), err)
		}
	}
	hops, _ := m.Chain("near", idp.OpenIDConnect)
	hops[1].TransitiveTags[0], hops[1].Tags["a"] = "changed", "changed"
	if m.Roles["near"].AWS.TransitiveTags[0] != "a" || m.Roles["near"].effectiveTags["a"].value != "b" {
		t.Error("a hop gives away the map's own")
	}
}

func by(center bool) idp.Method {
	if center {
		return idp.IdentityCenter
	}
	return idp.OpenIDConnect
}

func TestChainsOfMapsThatParseRefuses(t *testing.T) {
	t.Parallel()
	m := &Map{Roles: map[string]*Role{
		"a": {Name: "a", AWS: &AWS{Via: "b"}}, "b": {Name: "b", AWS: &AWS{Via: "a"}}, "c": {Name: "c", AWS: &AWS{Via: "d"}}, "d": {Name: "d"},
	}}
	for role, id := range map[string]ui.ID{"a": "role-unreachable", "b": "role-unreachable", "c": "role-unreachable", "d": "role-only-inherited"} {
		if hops, err := m.Chain(role, idp.OpenIDConnect); ui.IDOf(err) != id {
			t.Errorf("%s: %v, %s: %v", role, hops, ui.IDOf(err), err)
		}
	}
}

func TestWaysThatLeadNowhere(t *testing.T) {
	t.Parallel()
	arn := func(name string) string {
		return `role_arn: "arn:aws:iam::111122223333:role/` + name + `", region: us-east-1`
	}
	role := func(name, more string) string { return "  " + name + ": {aws: {" + arn(name) + more + "}}\n" }
	center := `version: 1
identities: {corp: {start_url: https://a.example, sso_region: us-east-1, roles: [x]}}
datasets: {d: {location: s3://bucket/d/}}
roles:
`
	const set = `  x: {aws: {account_id: "111122223333", role_name: X, region: us-east-1`
	line := role("n1", "") + role("n2", ", via: n1") + role("n3", ", via: n2") + role("n4", ", via: n3") + role("n5", ", via: n4")
	for name, c := range map[string]struct{ text, want string }{
		"via itself": {start + role("x", ", via: x"), "7:3: role x is assumed via itself: x → x"},
		"a circle, and one behind": {start + role("o", ", via: x") + role("x", ", via: y") + role("y", ", via: z") + role("z", ", via: x"),
			"8:3: role x is assumed via itself: x → y → z → x"},
		"five roles": {start + line, ""},
		"six and seven": {start + line + role("n6", ", via: n5") + role("n7", ", via: n6"),
			"12:3: role n6 is the end of 6 roles, each assumed via the one before; 5 are the most: n1 → n2 → n3 → n4 → n5 → n6"},
		"via an unknown role":   {start + role("x", ", via: q"), `7:83: via: no role is called "q"`},
		"via one without aws":   {start + "  b: {}\n" + role("x", ", via: b"), "8:83: via: role b has no aws, so there are no credentials of it to assume another role with"},
		"via and no ARN":        {start + "  x: {aws: {region: us-east-1, via: r}}\n", `7:12: aws of role x: the key role_arn is missing; it says which role to assume via "r"`},
		"half a permission set": {start + "  x: {aws: {region: us-east-1, account_id: \"111122223333\"}}\n", "7:12: aws of role x: the key role_name is missing"},
		"the other half":        {start + "  x: {aws: {region: us-east-1, role_name: X}}\n", "7:12: aws of role x: the key account_id is missing"},
		"via beside a permission set": {start + set + ", via: r}}\n",
			"7:74: aws of role x: via has no place beside account_id and role_name, which Identity Center gives without another role"},
		"nothing to say it to": {start + role("x", ", external_id: x1, source_identity: true, transitive_tags: []"),
			"7:78: aws of role x: external_id is of use only where a role is assumed through another: with via, or with account_id and role_name beside role_arn\n" +
				"7:95: aws of role x: source_identity is of use only where a role is assumed through another: with via, or with account_id and role_name beside role_arn\n" +
				"7:118: aws of role x: transitive_tags is of use only where a role is assumed through another: with via, or with account_id and role_name beside role_arn"},
		"a word for a truth":      {start + role("x", ", via: r, source_identity: yes"), "7:103: source_identity: expected true or false, found a text"},
		"an account as a number":  {start + "  x: {aws: {region: us-east-1, role_name: X, account_id: 111122223333}}\n", "7:58: account_id: this is a number to YAML; put it in quotes"},
		"a tag that is not there": {start + "  x: {aws: {" + arn("x") + ", via: r, transitive_tags: [Team]}, tags: {team: a}}\n", `7:3: role x has no tag "Team", which its transitive_tags name`},
		"an inherited tag":        {start + "  b: {tags: {team: a}}\n  x: {inherits: [b], aws: {" + arn("x") + ", via: r, transitive_tags: [team]}}\n", ""},
		"a tag set again": {start + "  x: {aws: {" + arn("x") + ", via: r, transitive_tags: [team]}, tags: {team: a}}\n" +
			"  y: {aws: {" + arn("y") + ", via: x}}\n  z: {aws: {" + arn("z") + ", via: y}, tags: {Team: b}}\n",
			`9:3: role z has the tag Team as "b", and role x, through which it is assumed, passes on team as "a"; AWS does not let it be set again`},
		"the same key with another value": {start + "  x: {aws: {" + arn("x") + ", via: r, transitive_tags: [team]}, tags: {team: a}}\n" +
			"  y: {aws: {" + arn("y") + ", via: x}, tags: {team: b}}\n",
			`8:3: role y has the tag team as "b", and role x, through which it is assumed, passes on team as "a"; AWS does not let it be set again`},
		"the same value under another spelling": {start + "  x: {aws: {" + arn("x") + ", via: r, transitive_tags: [team]}, tags: {team: a}}\n" +
			"  y: {aws: {" + arn("y") + ", via: x}, tags: {Team: a}}\n",
			`8:3: role y has the tag Team as "a", and role x, through which it is assumed, passes on team as "a"; AWS does not let it be set again`},
		"the same tag again": {start + "  x: {aws: {" + arn("x") + ", via: r, transitive_tags: [team]}, tags: {team: a}}\n" +
			"  y: {inherits: [x], aws: {" + arn("y") + ", via: x}}\n", ""},
		"a permission set for people elsewhere": {strings.Replace(start, "[r]", "[r, x]", 1) + set + "}}\n",
			"2:81: group \"all\": only IAM Identity Center can give the role x, and identity idp is another: role x has no role_arn"},
		"through a permission set": {strings.Replace(start, "[r]", "[r, y]", 1) + set + "}}\n" + role("y", ", via: x"),
			"2:81: group \"all\": only IAM Identity Center can give the role y, and identity idp is another: role x, through which it is assumed, has no role_arn"},
		"an ARN from Identity Center": {center + role("x", ""),
			"2:82: roles: IAM Identity Center can't give the role x: role x has no account_id and role_name"},
		"through an ARN": {center + role("y", "") + role("x", ", via: y"),
			"2:82: roles: IAM Identity Center can't give the role x: role y, through which it is assumed, has no account_id and role_name"},
		"a permission set with datasets": {center + set + "}, read: [d]}\n", ""},
		"with inherited datasets":        {center + "  b: {write: [d]}\n" + set + "}, inherits: [b]}\n", ""},
		"with datasets and an ARN":       {center + set + ", " + strings.TrimSuffix(arn("x"), ", region: us-east-1") + "}, read: [d]}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, strings.Join(problemsOf(t, c.text), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a workload has from AWS is a role's credentials already, so even its first step is chained.
func TestWarningsOnTheWay(t *testing.T) {
	t.Parallel()
	m := parsed(t, `version: 1
identities:
  corp: {start_url: https://a.example, sso_region: us-east-1, roles: [set, both, bare]}
  idp: {issuer: https://i.example, client_id: x, groups: {"*": [direct, chained], "/**": [direct]}}
  ec2: {token: {from: aws, region: us-east-1, audience: a}, issuer: https://j.example, claims: [{match: {sub: "**", a: b}, roles: [ambient]}]}
datasets: {d: {location: s3://bucket/d/}}
roles:
  set: {aws: {account_id: "111122223333", role_name: Set, region: us-east-1, duration: 2h}, tags: {a: b}}
  both: {aws: {account_id: "111122223333", role_name: B, role_arn: "arn:aws:iam::111122223333:role/b", region: us-east-1, duration: 2h}, read: [d]}
  bare: {aws: {account_id: "111122223333", role_name: C, role_arn: "arn:aws:iam::111122223333:role/c", region: us-east-1, duration: 2h}}
  direct: {aws: {role_arn: "arn:aws:iam::111122223333:role/d", region: us-east-1, duration: 2h}, read: [d]}
  chained: {aws: {role_arn: "arn:aws:iam::111122223333:role/e", region: us-east-1, duration: 61m, via: direct}, read: [d]}
  ambient: {aws: {role_arn: "arn:aws:iam::111122223333:role/f", region: us-east-1, duration: 2h}, read: [d]}
  hour: {aws: {role_arn: "arn:aws:iam::111122223333:role/g", region: us-east-1, duration: 1h, via: between}, read: [d]}
  between: {aws: {role_arn: "arn:aws:iam::111122223333:role/h", region: us-east-1}, read: [d]}
`)
	want := []string{
		`4:59 identity idp: group "*" matches every group [group-matches-everything]`,
		`4:83 identity idp: group "/**" matches every group [group-matches-everything]`,
		`5:111 claim "sub": "**" matches every value [claim-matches-everything]`,
		"8:3 the duration of role set does nothing: IAM Identity Center decides how long its permission set lasts [duration-without-effect]",
		"8:3 role set has no datasets, so it gets no session policy and may do all that its permission set may [role-unrestricted]",
		"8:3 the tags of role set do nothing: a permission set takes none; give it a role_arn to chain into [tags-without-effect]",
		"9:3 the permission set of role both is narrowed by sts:GetScopedCredentials and has to allow what the map grants: its role_arn is assumed only where AWS does not let a session be narrowed so [scoping-first]",
		"10:3 role bare has no datasets, so it gets no session policy and may do all that its IAM role may [role-unrestricted]",
		"12:3 the duration of role chained, 1h1m0s, will be cut to 1 h: AWS limits chained roles [duration-cut]",
		"13:3 the duration of role ambient, 2h0m0s, will be cut to 1 h: AWS limits chained roles [duration-cut]",
		"14:3 nobody can take role hour: no rule of any identity gives it [role-unreachable]",
		"15:3 nobody can take role between: no rule of any identity gives it [role-unreachable]",
	}
	if diff := cmp.Diff(want, warned(m.Lint(today))); diff != "" {
		t.Error(diff)
	}
}
