package accessmap

import (
	"strings"
	"testing"
)

func TestOneNameForTwoOfAnAccount(t *testing.T) {
	t.Parallel()
	const other = "the role_arn of role b is arn:aws:iam::111122223333:ROLE, and the role_arn of role a is arn:aws:iam::111122223333:role/team/r: " +
		"IAM has one role of a name in an account, whatever its path and its case"
	for name, c := range map[string]struct{ b, more, want string }{
		"the same":           {b: "111122223333:role/team/r"},
		"another path":       {b: "111122223333:role/r", want: strings.Replace(other, "ROLE", "role/r", 1)},
		"another case":       {b: "111122223333:role/team/R", want: strings.Replace(other, "ROLE", "role/team/R", 1)},
		"another name":       {b: "111122223333:role/team"},
		"another account":    {b: "444455556666:role/r"},
		"instance profiles":  {b: `111122223333:role/b", region: us-east-1}, instance_profile: "arn:aws:iam::111122223333:instance-profile/x/p`, want: "IAM has one instance profile of a name"},
		"a profile and role": {b: `111122223333:role/p`},
		"a workspace's role": {
			b: "444455556666:role/b", more: "workspaces: {w: {host: https://dbc-1.cloud.databricks.com, cross_account_role: \"arn:aws:iam::111122223333:role/r\"}}\n",
			want: "cross_account_role of workspace w",
		},
	} {
		end := ", region: us-east-1}}"
		if strings.Contains(c.b, "instance_profile") {
			end = "}"
		}
		m := parsed(t, "version: 1\nidentities: {i: {issuer: https://id.example, client_id: c, groups: {g: [a, b]}}}\n"+c.more+"roles:\n"+
			"  a: {aws: {role_arn: \"arn:aws:iam::111122223333:role/team/r\", region: us-east-1}, instance_profile: \"arn:aws:iam::111122223333:instance-profile/p\"}\n"+
			"  b: {aws: {role_arn: \"arn:aws:iam::"+c.b+"\""+end+"\n")
		var all []string
		for _, p := range m.Check() {
			all = append(all, p.Message)
		}
		text := strings.Join(all, "\n")
		if c.want == "" && text != "" || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q", name, text)
		}
	}
}
