package desired_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

const passing = `
version: 1
identities:
  acme: { issuer: https://login.example.com, client_id: dbxaccess, groups: { ml: [trainer, reader, wide] } }
datasets:
  churn: { location: s3://acme-ml/churn/ }
workspaces:
  prod: { host: https://dbc-1234.cloud.databricks.com, cross_account_role: "arn:aws:iam::111122223333:role/databricks" }
roles:
  trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: eu-west-1 }
    workspace: prod
    instance_profile: arn:aws:iam::111122223333:instance-profile/trainer
    read: [churn]
  reader:
    aws: { role_arn: "arn:aws:iam::111122223333:role/reader", region: eu-west-1 }
    workspace: prod
    instance_profile: arn:aws:iam::111122223333:instance-profile/reader
    read: [churn]
  wide:
    aws: { role_arn: "arn:aws:iam::111122223333:role/reader", region: eu-west-1 }
    unrestricted: true
`

// A cross-account role lets in Databricks, by the accounts of all workspaces that name it.
func TestTheTrustOfCrossAccountRoles(t *testing.T) {
	t.Parallel()
	const (
		one, two = "01234567-89ab-cdef-0123-456789abcde1", "01234567-89ab-cdef-0123-456789abcde2"
		role     = `cross_account_role: "arn:aws:iam::111122223333:role/databricks"`
	)
	unified := func(account string) string { return role + `, workspace_id: "1234", account_id: ` + account }
	named := strings.Replace(passing, role, unified(one), 1)
	other := func(fields string) string {
		return strings.Replace(named, "roles:\n", "  test: { host: https://dbc-5678.cloud.databricks.com, "+fields+" }\nroles:\n", 1)
	}
	const unknown = `{"AWS":"arn:aws:iam::414351767826:root"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:ExternalId":"*"}}`
	for text, want := range map[string]string{
		passing:             unknown,
		named:               `{"AWS":"arn:aws:iam::414351767826:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"` + one + `"}}`,
		other(unified(two)): `"sts:ExternalId":["` + one + `","` + two + `"]`,
		other(role):         unknown,
		strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "eu-west-1", "us-gov-west-1").Replace(named): "arn:aws-us-gov:iam::044793339203:root",
		strings.NewReplacer("arn:aws:", "arn:aws-cn:", "eu-west-1", "cn-north-1").Replace(named):        "",
	} {
		p := of(t, text).Databricks.PassRoles[0]
		trust := p.Trust
		if want == "" && len(trust.Statement) > 0 || !strings.Contains(trust.JSON(), want) || p.AnyAccount != (want == unknown) {
			t.Errorf("%s: %s", text, trust.JSON())
		}
	}
}

// Of the roles that a workspace passes on, those are told apart that were asked for; and of the roles on one IAM role, those that the
// map does not narrow.
func TestRolesThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("map", []byte(passing))
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string][2][]string{
		"trainer": {{"arn:aws:iam::111122223333:role/trainer"}, {"arn:aws:iam::111122223333:role/reader"}},
		"":        {{"arn:aws:iam::111122223333:role/reader", "arn:aws:iam::111122223333:role/trainer"}, {}},
	} {
		var roles []string
		if asked != "" {
			roles = []string{asked}
		}
		s, err := desired.Of(m, roles, desired.Options{})
		if err != nil || len(s.Databricks.PassRoles) != 1 {
			t.Fatalf("%q: %v, %+v", asked, err, s)
		}
		p := s.Databricks.PassRoles[0]
		if !slices.Equal(p.Statement.Resource, want[0]) || !slices.Equal(p.Others, want[1]) {
			t.Errorf("%q: %+v", asked, p)
		}
		for _, r := range s.Roles {
			if open := r.Unnarrowed; slices.Contains(r.For, "wide") != slices.Equal(open, []string{"wide"}) {
				t.Errorf("%s: not narrowed: %v", r.ARN, open)
			}
		}
	}
}
