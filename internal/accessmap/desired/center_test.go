package desired_test

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

const center = `version: 1
identities:
  corp: { start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [trainer] }
  nodes:
    token: { from: aws, audience: databricks, region: us-east-1 }
    issuer: https://0f1e2d3c.tokens.sts.global.api.aws
    claims:
      - { match: { sub: "RULE" }, roles: [job] }
datasets:
  churn: { location: s3://acme-ml/churn/ }
roles:
  trainer:
    aws: { account_id: "111122223333", role_name: ML, role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1, source_identity: true }
    read: [churn]
  job:
    aws: { role_arn: "arn:aws:iam::111122223333:role/job", region: us-east-1 }
    read: [churn]
    tags: { team: churn }
`

func TestPermissionSets(t *testing.T) {
	t.Parallel()
	s := of(t, center, "trainer")
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["sts:AssumeRole","sts:SetSourceIdentity"],` +
		`"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ML_????????????????",` +
		`"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_ML_????????????????"]}}}]}`
	if got := role(t, s, "trainer").Trust.JSON(); got != want {
		t.Error(got)
	}
	if len(s.PermissionSets) != 1 || len(s.PermissionSets[0].Permissions) != 1 || len(s.Providers) != 0 {
		t.Fatalf("%+v", s)
	}
	text := s.PermissionSets[0].Permissions[0].JSON()
	for _, part := range []string{`"Resource":"arn:aws:iam::111122223333:role/trainer"`, "arn:aws:s3:::acme-ml/churn/*", "sts:GetScopedCredentials"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

// A machine's role is trusted by its ARN, and no other that looks like it.
func TestTrustOfMachines(t *testing.T) {
	t.Parallel()
	const at = "arn:aws:iam::111122223333:role/"
	for rule, c := range map[string]struct{ admitted, refused []string }{
		at + "node":   {[]string{"node"}, []string{"node2", "Node", "x/node", "other"}},
		at + "node-*": {[]string{"node-1", "node-"}, []string{"node", "node-1/x", "other-node-1"}},
		at + "**":     {[]string{"node", "x/node"}, nil},
		"anything":    {nil, []string{"node", "anything"}},
	} {
		s := of(t, strings.Replace(center, "RULE", rule, 1), "job")
		var policies []*evaluate.Policy
		if trust := role(t, s, "job").Trust; len(trust.Statement) > 0 {
			p, err := evaluate.Parse(trust.JSON())
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, p)
		} else {
			policies = []*evaluate.Policy{}
		}
		allowed := func(name, tag string) bool {
			for _, action := range []string{"sts:AssumeRole", "sts:TagSession"} {
				r := evaluate.Request{
					Action: action, Resource: "arn:aws:iam::111122223333:role/job", Role: at + name,
					Principal: "arn:aws:sts::111122223333:assumed-role/" + name[strings.LastIndex(name, "/")+1:] + "/i-0", Context: map[string][]string{"aws:RequestTag/team": {tag}},
				}
				if !evaluate.Decide(evaluate.Layers{Resource: policies}, r).Allowed {
					return false
				}
			}
			return true
		}
		for _, name := range c.admitted {
			if !allowed(name, "churn") || allowed(name, "fraud") {
				t.Errorf("%s: %s is refused, or with another tag admitted: %s", rule, name, role(t, s, "job").Trust.JSON())
			}
		}
		for _, name := range c.refused {
			if allowed(name, "churn") {
				t.Errorf("%s: %s is admitted: %s", rule, name, role(t, s, "job").Trust.JSON())
			}
		}
		if c.admitted == nil && gaps(s)[0] != "machine-not-held job" {
			t.Errorf("%s: %q", rule, gaps(s))
		}
	}
}

// The role behind an ARN trusts the permission set, whatever its role ends in, and no permission set whose name looks like it.
func TestTrustOfPermissionSets(t *testing.T) {
	t.Parallel()
	p, err := evaluate.Parse(role(t, of(t, center, "trainer"), "trainer").Trust.JSON())
	if err != nil {
		t.Fatal(err)
	}
	const reserved = "aws-reserved/sso.amazonaws.com/"
	for role, admitted := range map[string]bool{
		reserved + "AWSReservedSSO_ML_0123456789abcdef":                                   true,
		reserved + "eu-central-1/AWSReservedSSO_ML_fedcba9876543210":                      true,
		reserved + "AWSReservedSSO_ML_x_0123456789abcdef":                                 false,
		reserved + "eu-central-1/AWSReservedSSO_ML_x_0123456789abcdef":                    false,
		reserved + "Guest_AWSReservedSSO_ML_0123456789abcdef":                             false,
		reserved + "AWSReservedSSO_Guest_AWSReservedSSO_ML_0123456789abcdef":              false,
		reserved + "eu-central-1/AWSReservedSSO_Guest_AWSReservedSSO_ML_0123456789abcdef": false,
		reserved + "AWSReservedSSO_ML_0123456789abcde":                                    false,
		reserved + "AWSReservedSSO_ml_0123456789abcdef":                                   false,
		reserved + "x/AWSReservedSSO_ML_0123456789abcdef/AWSReservedSSO_Other_0123456789": false,
		"AWSReservedSSO_ML_0123456789abcdef":                                              false,
		"x/" + reserved + "AWSReservedSSO_ML_0123456789abcdef":                            false,
	} {
		r := evaluate.Request{
			Action: "sts:AssumeRole", Resource: "arn:aws:iam::111122223333:role/trainer", Role: "arn:aws:iam::111122223333:role/" + role,
			Principal: "arn:aws:sts::111122223333:assumed-role/" + role[strings.LastIndex(role, "/")+1:] + "/alice",
		}
		if got := evaluate.Decide(evaluate.Layers{Resource: []*evaluate.Policy{p}}, r).Allowed; got != admitted {
			t.Errorf("%s: %v", role, got)
		}
	}
}
