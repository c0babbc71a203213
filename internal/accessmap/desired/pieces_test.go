package desired_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

const pieces = `version: 1
identities:
  acme:
    issuer: https://login.example.com
    client_id: dbxaccess
    groups: { ml: [trainer], ops: [ops] }
    signed_tags: { ml: { team: churn }, ops: { team: ops } }
  ci:
    token: { from: github-actions, audience: sts.amazonaws.com }
    claims:
      - { match: { repository: acme/churn, ref: refs/heads/main }, roles: [job] }
      - { match: { repository: "acme/*" }, roles: [job] }
workspaces:
  prod: { host: https://prod.cloud.databricks.com, cross_account_role: "arn:aws:iam::111122223333:role/databricks" }
datasets:
  churn: { location: s3://acme-ml/churn/, kms_key: "arn:aws:kms:eu-west-1:444455556666:key/one" }
roles:
  trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml/trainer", region: us-east-1 }
    workspace: prod
    read: [churn]
    instance_profile: arn:aws:iam::111122223333:instance-profile/trainer
    storage_credential: { name: churn, external_id: 01234567-89ab-cdef-0123-456789abcdef }
  ops:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ops", region: us-east-1 }
    readwrite: [churn]
  job:
    workspace: prod
    service_principal: 11111111-2222-3333-4444-555555555555
`

func TestPieces(t *testing.T) {
	t.Parallel()
	s := of(t, pieces)
	const master = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
	for _, want := range []string{
		`"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"aws:RequestTag/team":"churn","login.example.com:aud":"dbxaccess"}}}`,
		`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		`{"Effect":"Allow","Principal":{"AWS":"` + master + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"01234567-89ab-cdef-0123-456789abcdef"}}}`,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ml/trainer"},` +
			`"StringEquals":{"sts:ExternalId":"01234567-89ab-cdef-0123-456789abcdef"}}}`,
	} {
		if got := role(t, s, "trainer").Trust.JSON(); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := role(t, s, "trainer").Permissions; !strings.Contains(fmt.Sprint(got), "arn:aws:iam::111122223333:role/ml/trainer") {
		t.Errorf("it does not assume itself: %v", got)
	}
	if len(s.Keys) != 1 || len(s.Buckets) != 1 {
		t.Fatalf("%+v %+v", s.Keys, s.Buckets)
	}
	const via = `,"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`
	var got []string
	for _, statement := range slices.Concat(s.Keys[0].Statements, s.Buckets[0].Statements, s.Buckets[0].Across[:1]) {
		got = append(got, statement.JSON())
	}
	want := []string{
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ops"},"Action":["kms:Decrypt","kms:GenerateDataKey"]` + via,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ml/trainer"},"Action":"kms:Decrypt"` + via,
		`{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["arn:aws:s3:::acme-ml","arn:aws:s3:::acme-ml/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ops"},"Action":["s3:AbortMultipartUpload","s3:GetBucketLocation","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],` +
			`"Resource":["arn:aws:s3:::acme-ml","arn:aws:s3:::acme-ml/churn/*"]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d := s.Databricks
	if len(d.PassRoles) != 1 || d.PassRoles[0].Statement.JSON() != `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/ml/trainer",`+
		`"Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}` || !slices.Equal(d.PassRoles[0].Workspaces, []string{"prod"}) {
		t.Errorf("%+v", d.PassRoles)
	}
	if len(d.PassRoles[0].Others) > 0 {
		t.Errorf("%+v", d.PassRoles)
	}
	if diff := cmp.Diff([]desired.StorageCredential{{Name: "churn", RoleARN: "arn:aws:iam::111122223333:role/ml/trainer", ExternalID: "01234567-89ab-cdef-0123-456789abcdef"}},
		d.StorageCredentials); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]desired.FederationPolicy{
		{Identity: "acme", Issuer: "https://login.example.com", Audiences: []string{"dbxaccess"}, SubjectClaim: "email"},
		{
			Identity: "ci", ServicePrincipal: "11111111-2222-3333-4444-555555555555", Issuer: "https://token.actions.githubusercontent.com",
			Audiences: []string{"sts.amazonaws.com"}, Subject: "repo:acme/churn:ref:refs/heads/main",
		},
	}, d.Federation); diff != "" {
		t.Error(diff)
	}
	if got := gaps(s); !slices.Equal(got, []string{"federation-subject-unknown job"}) {
		t.Error(got)
	}
}

func TestPiecesThatLackSomething(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, gap string }{
		"an external id":       {", external_id: 01234567-89ab-cdef-0123-456789abcdef", "", "external-id-unknown trainer"},
		"a cross-account role": {`, cross_account_role: "arn:aws:iam::111122223333:role/databricks"`, "", "cross-account-role-unknown trainer"},
		"a tag":                {"ml: { team: churn }, ", "", "trust-by-audience-alone trainer"},
	} {
		if got := gaps(of(t, strings.Replace(pieces, c.old, c.new, 1))); !slices.Contains(got, c.gap) {
			t.Errorf("%s: %q", name, got)
		}
	}
	gov := strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "us-east-1", "us-gov-west-1", "eu-west-1", "us-gov-west-1", "prod.cloud.databricks.com", "prod.cloud.databricks.mil").Replace(pieces)
	if got := role(t, of(t, gov), "trainer").Trust.JSON(); !strings.Contains(got, `"arn:aws-us-gov:iam::170661010020:role/unity-catalog-prod-UCMasterRole-1DI6DL6ZP26AS"`) {
		t.Error(got)
	}
}

func TestStepUp(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("version: 1\n", "version: 1\npolicy: { restricted: { max_auth_age: 1h, acr: [phr, phrh], amr: [hwk, fido] } }\n",
		"kms_key:", "sensitivity: restricted, kms_key:").Replace(pieces)
	s := of(t, text)
	got := role(t, s, "trainer").Trust.JSON()
	for _, want := range []string{
		`"ForAnyValue:StringEquals":{"login.example.com:amr":["fido","hwk"]}`, `"aws:TransactionContext/IdentityProvider/acr":["phr","phrh"]`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	i := slices.IndexFunc(s.Providers, func(p desired.Provider) bool { return p.URL == "https://login.example.com" })
	want := &desired.ContextProvider{
		SubjectSourceKey: "sub", SubjectType: "user", Keys: []desired.ContextKey{{Name: "acr", Claim: "acr"}, {Name: "amr", Claim: "amr"}, {Name: "auth_time", Claim: "auth_time"}},
		Needed: true,
	}
	if diff := cmp.Diff(want, s.Providers[i].Context); diff != "" {
		t.Error(diff)
	}
	if got := gaps(s); !slices.Contains(got, "step-up-not-held trainer") {
		t.Errorf("nothing is said of max_auth_age: %q", got)
	}
	center := of(t, `version: 1
policy: { restricted: { acr: [phr] } }
identities: { corp: { start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [secret, open] } }
datasets: { d: { location: s3://acme-d/, sensitivity: restricted }, e: { location: s3://acme-e/ } }
roles:
  secret: { aws: { account_id: "111122223333", role_name: ML, region: us-east-1 }, read: [d] }
  open: { aws: { account_id: "111122223333", role_name: Open, region: us-east-1 }, read: [e] }
`)
	if got := gaps(center); !slices.Contains(got, "step-up-not-held secret") || slices.Contains(got, "step-up-not-held open") {
		t.Errorf("a permission set's sign-in proves nothing: %q", got)
	}
}

// Entra ID's tokens have the class of a sign-in in a list, which no key of a context provider holds: a condition on acr would be met by nobody.
func TestStepUpByAList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ policy, rule, gap string }{
		"asked for by the data": {"{ restricted: { acr: [c1], amr: [mfa] } }", "groups: { g: [secret] }", "step-up-not-held secret"},
		"by a rule":             {"{}", `claims: [{ match: { acrs: c1, oid: alice }, roles: [secret] }]`, "claim-not-held secret"},
	} {
		s := of(t, `version: 1
policy: `+c.policy+`
identities:
  corp: { issuer: "https://login.microsoftonline.com/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/v2.0", client_id: x, `+c.rule+` }
datasets: { d: { location: s3://acme-d/, sensitivity: restricted } }
roles: { secret: { aws: { role_arn: "arn:aws:iam::111122223333:role/secret", region: us-east-1 }, read: [d] } }
`)
		if trust := role(t, s, "secret").Trust.JSON(); strings.Contains(trust, "IdentityProvider/acr") || name != "by a rule" && !strings.Contains(trust, `:amr":"mfa"`) {
			t.Errorf("%s: %s", name, trust)
		}
		for _, key := range s.Providers[0].Context.Keys {
			if strings.HasPrefix(key.Claim, "acr") {
				t.Errorf("%s: the context provider has a key for %s", name, key.Claim)
			}
		}
		if got := gaps(s); !slices.Contains(got, c.gap) || !slices.ContainsFunc(s.Gaps, func(g desired.Gap) bool { return strings.Contains(g.What, "acrs") }) {
			t.Errorf("%s: %q", name, s.Gaps)
		}
	}
}

// IAM takes a hundred audiences of a provider.
func TestAudiencesBeyondTheQuota(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]bool{100: false, 101: true} {
		text := "version: 1\nroles:\n  r: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}, unrestricted: true}\nidentities:\n"
		for i := range n {
			text += fmt.Sprintf("  i%d: {issuer: https://id.example, client_id: c%d, groups: {g: [r]}}\n", i, i)
		}
		s := of(t, text, "r")
		told := slices.ContainsFunc(s.Gaps, func(g desired.Gap) bool {
			return g.ID == "audiences-beyond-quota" && strings.Contains(g.What, fmt.Sprintf("needs %d audiences", n))
		})
		if told != want || len(s.Providers[0].Audiences) != n {
			t.Errorf("%d: %q", n, gaps(s))
		}
	}
}
