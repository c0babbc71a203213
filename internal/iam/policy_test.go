package iam

import (
	"encoding/json"
	"testing"
)

const role = "arn:aws:iam::111122223333:role/ml-trainer"

func TestOneWordStandsAlone(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a","b"],"Resource":"r",` +
		`"Condition":{"StringLike":{"k":["1","2"]}}},{"Effect":"Allow","Action":"c"}]}`
	got := Policy(
		Statement{Effect: "Allow", Action: Words{"a", "b"}, Resource: Words{"r"}, Condition: Conditions{"StringLike": {"k": {"1", "2"}}}},
		Statement{Effect: "Allow", Action: Words{"c"}},
	).JSON()
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestTheWayToTheNextRoleAllowsNothingElse(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],` +
		`"Resource":"` + role + `"}]}`
	if got := HopPolicy(role).JSON(); got != want {
		t.Errorf("got %s", got)
	}
}

func TestTrustNamesThePrincipal(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]Statement{
		`{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"sts:AssumeRole"}`: RoleTrust(role, AssumeActions(false, false), ""),
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"},"Action":["sts:AssumeRole","sts:TagSession"],` +
			`"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws-cn:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_MLAdmin_????????????????",` +
			`"arn:aws-cn:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_MLAdmin_????????????????"]},` +
			`"StringEquals":{"sts:ExternalId":"x1"}}}`: RolesTrust("aws-cn", "111122223333", PermissionSetRole("MLAdmin"), AssumeActions(true, false), "x1"),
		// What a token says may be anything.
		`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/idp.example/a"},"Action":"sts:AssumeRoleWithWebIdentity",` +
			`"Condition":{"StringEquals":{"idp.example/a:aud":"x\"}}},","idp.example/a:sub":"00u1"}}}`: ofProvider(
			"https://idp.example/a", Conditions{"StringEquals": {"idp.example/a:aud": {`x"}}},`}, "idp.example/a:sub": {"00u1"}}}),
		// Google is built in.
		`{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`: ofProvider("https://accounts.google.com", nil),
		`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.cn"},"Action":"sts:AssumeRole"}`:                 InstanceTrust(PartitionOf("cn-north-1")),
	} {
		if got.JSON() != want {
			t.Errorf("got %s", got.JSON())
		}
	}
}

func ofProvider(issuer string, on Conditions) Statement {
	principal, _ := Provider(role, issuer)
	return WebIdentityTrust(principal, false, false, on)
}

// The encoder is written out, and says what encoding/json would.
func FuzzPoliciesAreJSON(f *testing.F) {
	f.Add("Allow", "s3:GetObject", "arn:aws:s3:::lake/*", "StringLike", "s3:prefix", "churn/*")
	f.Add("Deny", "", `a"b\\<>&`, "\x00\u2028", "\xff", "ü")
	f.Fuzz(func(t *testing.T, effect, action, resource, operator, key, value string) {
		d := Policy(
			Statement{Effect: effect, Action: Words{action, resource}, Resource: Words{resource}},
			Statement{
				Effect: effect, Principal: map[string]Words{key: {value}, value: {key, action}}, Action: Words{action},
				Condition: Conditions{operator: {key: {value}, value: {}}, key: {operator: {value, key}}},
			},
		)
		want, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.JSON(); got != string(want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
		if want, _ = json.Marshal(d.Statement[1]); d.Statement[1].JSON() != string(want) {
			t.Errorf("got %s\nwant %s", d.Statement[1].JSON(), want)
		}
	})
}
