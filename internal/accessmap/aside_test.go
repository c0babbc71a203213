package accessmap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const asideMap = `version: 1
identities:
  acme:
    issuer: https://id.example
    client_id: x
    groups: {ml: [r], ops: [s]}
    signed_tags: {ml: {team: churn}, ops: {team: ops}}
workspaces: {prod: {host: https://prod.example, cross_account_role: "arn:aws:iam::111122223333:role/databricks"}}
datasets: {d: {location: s3://lake/d/}}
roles:
  r:
    aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}
    workspace: prod
    read: [d]
    instance_profile: arn:aws:iam::111122223333:instance-profile/path/r
    storage_credential: {name: lake_d, external_id: 01234567-89AB-cdef-0123-456789abcdef}
  s: {aws: {role_arn: "arn:aws:iam::111122223333:role/s", region: us-east-1}, read: [d]}
`

func TestWhatStandsBesideARole(t *testing.T) {
	t.Parallel()
	m := parsed(t, asideMap)
	r := m.Roles["r"]
	if r.InstanceProfile != "arn:aws:iam::111122223333:instance-profile/path/r" || r.StorageCredential == nil ||
		*r.StorageCredential != (UnityCredential{"lake_d", "01234567-89ab-cdef-0123-456789abcdef"}) ||
		m.Workspaces["prod"].CrossAccountRole != "arn:aws:iam::111122223333:role/databricks" || m.Identities["acme"].SignedTags["ml"]["team"] != "churn" {
		t.Errorf("%+v", r)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"right": {"", "", ""},
		"no profile": {"instance-profile/path/r", "role/r",
			`15:23: instance_profile: "arn:aws:iam::111122223333:role/r" is not the ARN of an instance profile`},
		"no role": {":role/databricks", ":user/databricks", `8:69: cross_account_role: "arn:aws:iam::111122223333:user/databricks" is not the ARN of an IAM role with an account`},
		"nothing to stand on": {"    aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}\n", "",
			"11:3: role r has instance_profile and no role_arn under aws, which it would stand on\n11:3: role r has storage_credential and no role_arn under aws"},
		"no name":                  {"{name: lake_d, ", "{", "16:25: storage_credential of role r: the key name is missing"},
		"an odd name":              {"lake_d", "lake d", `16:32: name: "lake d" is not the name of a credential of Unity Catalog`},
		"no UUID":                  {"01234567-89AB", "x", `16:53: external_id: "x-cdef`},
		"another word":             {"external_id", "external", `16:40: storage_credential of role r: unknown key "external"; did you mean external_id?`},
		"another account":          {"111122223333:instance", "444455556666:instance", "11:3: role r is in account 111122223333 of partition aws, and its instance_profile in 444455556666 of aws"},
		"compute of another":       {"111122223333:role/databricks", "444455556666:role/databricks", "11:3: role r is in account 111122223333 of partition aws, and the cross_account_role of its workspace prod in 444455556666"},
		"a group without a rule":   {"signed_tags: {ml:", "signed_tags: {mll:", `7:19: signed_tags: no rule in groups of identity acme is on "mll"`},
		"a pattern":                {"signed_tags: {ml:", "signed_tags: {'m*':", `7:19: signed_tags: "m*" is a pattern; name the groups`},
		"no tag":                   {"{team: churn}", "{}", `7:23: signed_tags of group "ml": there is no tag; leave the group out`},
		"one tag twice":            {"{team: churn}", "{team: a, Team: b}", `signed_tags of group "ml" has the tags team and Team, which are one to AWS`},
		"what AWS does not take":   {"{team: churn}", `{team: "a&b"}`, "is not a tag value"},
		"what is AWS's":            {"{team: churn}", `{aws:team: x}`, "keys that begin with aws: belong to AWS"},
		"for people of a workload": {"client_id: x\n", "token: {from: env, name: X, audience: a}\n", "signed_tags"},
	} {
		text := strings.Replace(asideMap, c.old, c.new, 1)
		m, err := Parse("m", []byte(text))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			for _, problem := range m.Check() {
				got += fmt.Sprintf("%d:%d: %s\n", problem.Line, problem.Column, problem.Message)
			}
		}
		for _, want := range strings.Split(c.want, "\n") {
			if c.want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

func TestSignedTagsDistinguish(t *testing.T) {
	t.Parallel()
	has := func(text string) bool {
		return slices.ContainsFunc(parsed(t, text).Lint(today), func(w Warning) bool { return w.ID == trustByAudience })
	}
	if has(asideMap) || !has(strings.Replace(asideMap, "signed_tags: {ml: {team: churn}, ops: {team: ops}}", "signed_tags: {}", 1)) {
		t.Error("the lint does not go by signed_tags")
	}
}

func TestChangesBesideARole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"a profile":     {"profile/path/r", "profile/s", "widens role: role r: instance profile arn:aws:iam::111122223333:instance-profile/s (it was arn:aws:iam::111122223333:instance-profile/path/r)"},
		"a credential":  {"lake_d", "lake_e", "widens role: role r: storage credential lake_e with the external id 01234567-89ab-cdef-0123-456789abcdef (it was lake_d with the external id 01234567-89ab-cdef-0123-456789abcdef)"},
		"who starts it": {"role/databricks", "role/other", "differs workspace: workspace prod: cross-account role arn:aws:iam::111122223333:role/other (it was arn:aws:iam::111122223333:role/databricks)"},
		"a tag":         {"ml: {team: churn}, ", "", `widens rule: identity acme: no signed tags of group "ml" (it was team "churn")`},
	} {
		got := lines(Changes(parsed(t, asideMap), parsed(t, strings.Replace(asideMap, c.old, c.new, 1))))
		if !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
