package accessmap

import (
	"strings"
	"testing"
)

func TestUnchanged(t *testing.T) {
	t.Parallel()
	const text = `version: 1
policy: { restricted: { env: deny } }
identities: { acme: { issuer: https://idp.example, client_id: x, groups: { ml: [heir] } } }
datasets: { churn: { location: s3://acme/churn/ } }
roles:
  base: { read: [churn] }
  heir:
    inherits: [base]
    description: "7"
    aws: { role_arn: "arn:aws:iam::111122223333:role/heir", region: us-east-1 }
  other: { aws: { role_arn: "arn:aws:iam::111122223333:role/other", region: us-east-1 }, unrestricted: true }
`
	for _, test := range []struct {
		name, old, new string
		unchanged      string // of heir and other
	}{
		{"nothing", "", "", "heir other"},
		{"a comment", "roles:", "roles: # all", "heir other"},
		{"the order of roles", "datasets:", "# moved\ndatasets:", "heir other"},
		{"who gets it", "ml: [heir]", "ml: [other]", "heir other"},
		{"itself", `description: "7"`, `description: "8"`, "other"},
		{"what it inherits", "read: [churn]", "write: [churn]", "other"},
		{"another role", "unrestricted: true", "read: [churn]", "heir"},
		{"a dataset", "s3://acme/churn/", "s3://acme/churn2/", ""},
		{"the policy", "env: deny", "agents: deny", ""},
		{"it is gone", "other:", "another:", "heir"},
	} {
		old, next := parsed(t, text), parsed(t, strings.Replace(text, test.old, test.new, 1))
		unchanged := Unchanged(old, next)
		var names []string
		for _, name := range []string{"heir", "other"} {
			if unchanged(name) {
				names = append(names, name)
			}
		}
		if got := strings.Join(names, " "); got != test.unchanged {
			t.Errorf("%s: unchanged are %q, want %q", test.name, got, test.unchanged)
		}
	}
}
