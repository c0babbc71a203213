package answer_test

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
)

// For how long who is removed keeps a role: by its duration, its policy, the way to it, or what the map does not know.
func TestKept(t *testing.T) {
	t.Parallel()
	m := parse(t, `version: 1
identities:
  acme: { issuer: https://idp.example, client_id: x, groups: { all: [usual, long, short, careful, quick, chained, prod] } }
  center: { start_url: "https://acme.awsapps.com/start", sso_region: us-east-1, roles: [set] }
workspaces:
  prod: { host: https://dbc-1234.cloud.databricks.com }
policy:
  restricted: { max_duration: 30m }
datasets:
  churn: { location: s3://acme-ml/churn/, sensitivity: restricted }
roles:
  usual: { aws: { role_arn: "arn:aws:iam::111122223333:role/a", region: us-east-1 } }
  long: { aws: { role_arn: "arn:aws:iam::111122223333:role/b", region: us-east-1, duration: 12h } }
  short: { aws: { role_arn: "arn:aws:iam::111122223333:role/c", region: us-east-1, duration: 15m } }
  careful: { aws: { role_arn: "arn:aws:iam::111122223333:role/d", region: us-east-1, duration: 4h }, read: [churn] }
  quick: { aws: { role_arn: "arn:aws:iam::111122223333:role/e", region: us-east-1, duration: 15m }, read: [churn] }
  chained: { aws: { role_arn: "arn:aws:iam::111122223333:role/f", region: us-east-1, duration: 4h, via: long } }
  prod: { workspace: prod }
  set: { aws: { account_id: "111122223333", role_name: MLAdmin, region: us-east-1 } }
  unused: { aws: { role_arn: "arn:aws:iam::111122223333:role/g", region: us-east-1 } }
`)
	shown, err := answer.New(m, now).Show()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"usual": 3600, "long": 12 * 3600, "short": 900, "careful": 1800, "quick": 900, "chained": 3600, "prod": 0, "set": 12 * 3600, "unused": 0,
	}
	for _, role := range shown.Roles {
		if role.KeptSeconds != want[role.Role] {
			t.Errorf("%s: %d s, want %d", role.Role, role.KeptSeconds, want[role.Role])
		}
	}
	if len(shown.Roles) != len(want) {
		t.Errorf("%d roles", len(shown.Roles))
	}
}
