package live

import (
	"context"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const simulatedMap = `
version: 1
identities:
  acme: { issuer: https://idp.example, client_id: a, groups_claim: groups, groups: { ml: [trainer, admin] } }
datasets:
  churn:
    locations: [s3://acme-ml/churn/, s3://acme-churn/]
    kms_key: arn:aws:kms:us-east-1:111122223333:key/2b1cd3f4-5a6b-4c7d-8e9f-0a1b2c3d4e5f
roles:
  trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1 }
    read: [churn]
    write: [churn]
  admin:
    aws: { role_arn: "arn:aws:iam::111122223333:role/admin", region: us-east-1 }
    unrestricted: true
`

// everything is what the role in IAM may do; what the map's session policy says narrows it.
const everything = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`

const simulatedRole = `{"PageSize": 3, "RoleDetailList": [{
	"RoleName": "trainer", "Arn": "arn:aws:iam::111122223333:role/trainer", "AssumeRolePolicyDocument": {},
	"RolePolicyList": [{"PolicyName": "p", "PolicyDocument": ` + everything + `}]}]}`

// simulated asks the double about the map's roles.
func simulated(t *testing.T, o Options, change func(drift.Simulated) drift.Simulated) ([]drift.Finding, int, error) {
	t.Helper()
	m, err := accessmap.Parse("map", []byte(simulatedMap))
	if err != nil {
		t.Fatal(err)
	}
	state := named([]string{near + "role/trainer"})
	accounts, err := Open(t.Context(), Of(state), o)
	if err != nil {
		t.Fatal(err)
	}
	actual, err := accounts.Read(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	probes, left := drift.Probes(m, []string{"trainer", "admin"}, actual)
	if len(left) != 1 || left["admin"] != "the role was not read" {
		t.Errorf("left out: %v", left)
	}
	ask := accounts.Simulator()
	findings, err := drift.Simulate(t.Context(), probes, actual, func(ctx context.Context, p drift.Probe) ([]drift.Simulated, error) {
		said, err := ask(ctx, p)
		for i := range said {
			said[i] = change(said[i])
		}
		return said, err
	})
	return findings, Simulations(probes), err
}

func unchanged(s drift.Simulated) drift.Simulated { return s }

func TestTheSimulatorAgrees(t *testing.T) {
	t.Parallel()
	server, o := start(t, simulatedRole)
	findings, calls, err := simulated(t, o, unchanged)
	if err != nil || len(findings) > 0 || calls == 0 {
		t.Errorf("%d calls, %v, %+v", calls, err, findings)
	}
	holdings, _ := iam.ReadHoldings([]byte(simulatedRole))
	// The role's own boundary takes away what the session policy in its place does not.
	holdings.Policies = append(holdings.Policies, iam.Policy{PolicyName: "b", Arn: near + "policy/b", DefaultVersionID: "v1"})
	holdings.Policies[0].PolicyVersionList = append(holdings.Policies[0].PolicyVersionList, struct {
		VersionID string `json:"VersionId"`
		Document  iam.Document
	}{"v1", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "kms:*"], "Resource": "*"}]}`})
	holdings.Roles[0].PermissionsBoundary = &struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }{"Policy", near + "policy/b"}
	server.Hold(holdings)
	findings, twice, err := simulated(t, o, unchanged)
	if err != nil || len(findings) > 0 || twice != 2*calls {
		t.Errorf("bounded: %d calls, %v, %+v", twice, err, findings)
	}
}

func TestWhereTheSimulatorDisagrees(t *testing.T) {
	t.Parallel()
	_, o := start(t, simulatedRole)
	findings, _, err := simulated(t, o, func(s drift.Simulated) drift.Simulated {
		if s.Action == "s3:GetObject" && strings.HasPrefix(s.Resource, "arn:aws:s3:::acme-churn/") {
			s.Allowed, s.Decision = false, "implicitDeny"
		}
		if s.Action == "s3:PutObject" && strings.Contains(s.Resource, "/churn-") {
			s.Allowed, s.Decision = true, "allowed"
		}
		return s
	})
	if err != nil || len(findings) != 2 {
		t.Fatalf("%v, %+v", err, findings)
	}
	for i, want := range []string{
		"AWS's simulator says implicitDeny of read of churn, and by the policies that were read it is allowed: s3:GetObject on arn:aws:s3:::acme-churn/dbxaccess-simulated",
		"AWS's simulator says allowed of write of churn, and by the policies that were read it is denied: s3:PutObject on arn:aws:s3:::acme-ml/churn-dbxaccess-simulated/x",
	} {
		if f := findings[i]; f.ID != "drift-simulator-differs" || f.What != want || f.Roles[0] != "trainer" || f.Access == nil || f.Access.Example.Action == "" {
			t.Errorf("%+v", f)
		}
	}
}

func TestTheOrganisationTakesAway(t *testing.T) {
	t.Parallel()
	server, o := start(t, simulatedRole)
	holdings, _ := iam.ReadHoldings([]byte(simulatedRole))
	holdings.ServiceControlPolicies = []iam.Document{
		`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}]}`,
	}
	server.Hold(holdings)
	findings, _, err := simulated(t, o, unchanged)
	if err != nil || len(findings) != 1 || findings[0].ID != "drift-organization-less" ||
		!strings.HasPrefix(findings[0].What, "the organisation's policies take away write of churn, by AWS's simulator: s3:PutObject on arn:aws:s3:::") {
		t.Errorf("%v, %+v", err, findings)
	}
}

func TestASimulatorThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server, o := start(t, simulatedRole)
	holdings, _ := iam.ReadHoldings([]byte(simulatedRole))
	holdings.Denied = []string{"SimulatePrincipalPolicy"}
	server.Hold(holdings)
	refused := func(why string) {
		t.Helper()
		findings, _, err := simulated(t, o, unchanged)
		if err != nil || len(findings) != 1 || findings[0].ID != "drift-not-compared" || !findings[0].AtLeast(drift.High) || findings[0].Roles[0] != "trainer" ||
			!strings.Contains(findings[0].What, why) || !strings.Contains(findings[0].Fix.String(), "iam:SimulatePrincipalPolicy") {
			t.Errorf("%v, %+v", err, findings)
		}
	}
	refused("AWS's policy simulator says of trainer: AccessDenied: ")
	if calls := server.Calls()[sandbox.IAMSimulate]; calls != 1 {
		t.Errorf("it was asked %d times about a role", calls)
	}
	server.Hold(iam.Holdings{Roles: holdings.Roles})
	server.Inject(sandbox.Fault{Endpoint: sandbox.IAMSimulate, Status: 200, ContentType: "text/xml", Body: "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults/></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"})
	refused("the answer does not have each action with each resource")
}

func TestGrantsAreRead(t *testing.T) {
	t.Parallel()
	server, o := start(t, held)
	accounts, err := Open(t.Context(), []string{"111122223333", "777788889999"}, o)
	if err != nil {
		t.Fatal(err)
	}
	o.STS.S3ControlEndpoint = server.S3ControlURL()
	of := []drift.Instance{{Account: "111122223333", Region: "us-east-1"}, {Account: "111122223333", Region: "eu-west-1"}, {Account: "777788889999", Region: "us-east-1"}}
	grants, unread, err := accounts.Grants(t.Context(), of)
	if err != nil || len(unread) > 0 || len(grants) != 3 || grants[0] != (drift.Grant{
		ID: "grant-0", Account: "111122223333", Region: "us-east-1", Scope: "s3://acme-ml/churn/*", Permission: "READWRITE",
		GranteeType: "IAM", Grantee: near + "role/ml-trainer",
	}) {
		t.Errorf("%v, %v, %+v", err, unread, grants)
	}
	server.Inject(sandbox.Fault{Endpoint: sandbox.AccessGrants, Error: "AccessDenied", Message: "no"})
	grants, unread, err = accounts.Grants(t.Context(), of[:1])
	if err != nil || len(grants) > 0 || len(unread) != 1 || unread[0].Part != drift.PartGrants || unread[0].Name != "us-east-1" {
		t.Errorf("denied: %v, %v, %+v", err, unread, grants)
	}
	server.Inject(sandbox.Fault{Endpoint: sandbox.AccessGrants, Status: 502, Body: "bad", Times: sandbox.Always})
	if _, _, err = accounts.Grants(t.Context(), of[:1]); ui.IDOf(err) != "service-down" {
		t.Errorf("down: %v", err)
	}
}
