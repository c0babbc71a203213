package drift

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

const grantMap = `
version: 1
identities:
  acme: { issuer: https://idp.example, client_id: a, groups_claim: groups, groups: { ml: [reader, trainer, all, admin] } }
datasets:
  churn: { location: s3://acme-ml/churn/, sensitivity: confidential }
  open: { location: s3://acme-open/ }
roles:
  reader: { aws: { role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1 }, read: [churn] }
  trainer: { aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: eu-west-1 }, read: [churn], write: [churn] }
  all: { aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: eu-west-1 }, delete: [churn] }
  admin: { aws: { role_arn: "arn:aws:iam::111122223333:role/admin", region: us-east-1 }, unrestricted: true }
`

func TestGrantsBesideTheMap(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("map", []byte(grantMap))
	if err != nil {
		t.Fatal(err)
	}
	const role = "arn:aws:iam::111122223333:role/"
	for _, c := range []struct{ kind, grantee, permission, scope, want string }{
		{"IAM", role + "reader", "READ", "s3://acme-ml/churn/*", ""},
		{"IAM", role + "reader", "READ", "s3://acme-ml/churn/2026/*", ""},
		{"IAM", role + "reader", "READ", "s3://acme-ml/churn-secret/*", ""}, // no dataset's
		{"IAM", role + "trainer", "READWRITE", "s3://acme-ml/*", ""},        // by two roles of the map
		{"IAM", role + "admin", "WRITE", "s3://acme-ml/churn/*", ""},
		{"IAM", role + "reader", "READWRITE", "s3://acme-ml/churn/*", "may write and delete churn (confidential)"},
		{"IAM", role + "reader", "WRITE", "s3://acme-ml/*", "may write and delete churn (confidential)"},
		{"IAM", role + "reader", "READ", "s3://acme-open/*", ""}, // no role has it,
		{"IAM", role + "other", "READ", "s3://*", "may read churn (confidential)"},
		{"IAM", role + "other", "READ", "s3://", "may read churn (confidential)"},
		{"IAM", role + "other", "READ", "s3://acme-m*", "may read churn (confidential)"},
		{"IAM", role + "other", "READ", "s3://acme-ml*", "may read churn (confidential)"},
		{"IAM", role + "other", "READ", "s3://acme-ml/chu*", "may read churn (confidential)"},
		{"IAM", role + "other", "READ", "s3://acme-ml/churn/2026/*.csv", "may read churn (confidential)"},
		{"IAM", role + "other", "READ", "arn:aws:s3:::acme-ml/*", "may read churn (confidential)"}, // of no form that is known
		{"IAM", role + "other", "READ", "s3://acme-ml-2*", ""},
		{"IAM", role + "other", "READ", "s3://acme-ml-2/churn/*", ""},
		{"IAM", role + "other", "READ", "s3://acme-ml/churn/file.csv", "may read churn (confidential)"},
		{"DIRECTORY_USER", "a1b2", "READ", "s3://acme-ml/churn/*", "the directory's user a1b2 may read churn"},
		{"DIRECTORY_GROUP", "a1b2", "READ", "s3://acme-ml/churn/*", "the directory's group a1b2 may read churn"},
		{"IAM", role + "other", "UNKNOWN", "s3://acme-ml/churn/*", "may read, write and delete churn"},
	} {
		g := Grant{ID: "g1", Account: "111122223333", Region: "us-east-1", Scope: c.scope, Permission: c.permission, GranteeType: c.kind, Grantee: c.grantee}
		got := CompareGrants(m, []string{"reader", "trainer"}, []Grant{g})
		if (c.want == "") != (len(got) == 0) || len(got) > 0 && (got[0].ID != "drift-access-grant" || !strings.Contains(got[0].What, c.want) || !strings.Contains(got[0].Fix.String(), "--access-grant-id g1")) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if got := NotListed([]Unread{{ARN: "111122223333", Part: PartGrants, Name: "us-east-1", Why: "no"}}); len(got) != 1 ||
		got[0].What != "not compared: S3 Access Grants of account 111122223333 in us-east-1: no" ||
		!strings.Contains(got[0].Fix.String(), "s3:ListAccessGrants in account 111122223333") {
		t.Errorf("%+v", got)
	}
	of := []Instance{{"111122223333", "eu-west-1"}, {"111122223333", "us-east-1"}, {"444455556666", "us-east-1"}}
	for want, got := range map[string]string{
		"":                                     GrantsElsewhere(nil, []string{"111122223333"}, nil),
		"S3 Access Grants: none could be read": GrantsElsewhere(of, nil, nil),
		"S3 Access Grants of other accounts and regions than 111122223333 in eu-west-1, 111122223333 in us-east-1: a dataset's bucket may be elsewhere": GrantsElsewhere(of, []string{"111122223333"}, nil),
		"S3 Access Grants of other accounts and regions than 111122223333 in eu-west-1: a dataset's bucket may be elsewhere": GrantsElsewhere(of, []string{"111122223333"},
			[]Unread{{ARN: "111122223333", Part: PartGrants, Name: "us-east-1"}}),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Instances(m, []string{"reader", "trainer", "admin"}); len(got) != 2 || got[0] != (Instance{"111122223333", "eu-west-1"}) || got[1].Region != "us-east-1" {
		t.Errorf("instances: %v", got)
	}
}

// What can't be compared is said, and what the simulator says is found: package live asks a double of it.
func TestTheKindsOfTheSimulator(t *testing.T) {
	t.Parallel()
	said := []Simulated{{Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x", Decision: "implicitDeny", ByOrganization: true}}
	p := Probe{RoleARN: "arn:aws:iam::111122223333:role/reader", role: "reader", dataset: "churn", verb: "read"}
	for organization, want := range map[bool]string{false: "drift-simulator-differs", true: "drift-organization-less"} {
		if f := (disagreement{p, organization, said}).finding(); string(f.ID) != want || kindOf(f.ID).Means == "" || f.Access.Example.Resource != said[0].Resource {
			t.Errorf("%+v", f)
		}
	}
}
