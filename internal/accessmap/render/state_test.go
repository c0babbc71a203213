package render_test

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

const (
	home  = "111122223333"
	other = "444455556666"

	providerARN = "arn:aws:iam::" + home + ":oidc-provider/acme.okta.com/oauth2/default"
	trainerARN  = "arn:aws:iam::" + home + ":role/trainer"
	stewardARN  = "arn:aws:iam::" + home + ":role/data/data-steward"
	fraudARN    = "arn:aws:iam::" + other + ":role/fraud-analyst"
	profileARN  = "arn:aws:iam::" + home + ":instance-profile/trainer"
	crossARN    = "arn:aws:iam::" + home + ":role/databricks-cross-account"
	keyARN      = "arn:aws:kms:eu-central-1:" + home + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// sample has something of everything. evil stands wherever a map can have free text.
func sample(evil string) *desired.State {
	federated := iam.Statement{
		Effect: "Allow", Principal: map[string]iam.Words{"Federated": {providerARN}}, Action: iam.Words{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"},
		Condition: iam.Conditions{
			"StringEquals": {"acme.okta.com/oauth2/default:aud": {"0oa1b2c3"}, "aws:RequestTag/team": {evil, "ml"}},
			"StringLike":   {"acme.okta.com/oauth2/default:sub": {"repo:acme/${*}:*" + evil}},
		},
	}
	objects := iam.Policy(
		iam.Statement{Effect: "Allow", Action: iam.Words{"s3:GetObject", "s3:PutObject"}, Resource: iam.Words{"arn:aws:s3:::acme-ml/churn/*", "arn:aws:s3:::acme-ml/" + evil + "/*"}},
		iam.Statement{Effect: "Deny", Action: iam.Words{"s3:*"}, Resource: iam.Words{"*"}, Condition: iam.Conditions{"Bool": {"aws:SecureTransport": {"false"}}}},
	)
	return &desired.State{
		Providers: []desired.Provider{{
			ARN: providerARN, URL: "https://acme.okta.com/oauth2/default", Audiences: []string{"0oa1b2c3", evil}, Identities: []string{"acme"},
			Context: &desired.ContextProvider{SubjectSourceKey: "email", SubjectType: "user", Keys: []desired.ContextKey{{Name: "acr", Claim: "acr"}}},
		}},
		Roles: []desired.Role{
			{ARN: stewardARN, For: []string{"data-steward"}, MaxSession: time.Hour, Managed: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
				Trust: iam.Policy(iam.RoleTrust(trainerARN, iam.AssumeActions(true, true), "id-"+evil))},
			{ARN: trainerARN, For: []string{"nightly", "trainer"}, Trust: iam.Policy(federated), Permissions: []iam.Document{objects}, MaxSession: 2 * time.Hour,
				Instance: &desired.InstanceProfile{ARN: profileARN}},
			{ARN: fraudARN, For: []string{"fraud-analyst"}, Trust: iam.Policy(iam.RoleTrust(trainerARN, iam.AssumeActions(false, false), "")), Permissions: []iam.Document{objects}, MaxSession: time.Hour},
		},
		Keys: []desired.Key{{ARN: keyARN, Statements: []iam.Statement{{
			Effect: "Allow", Principal: map[string]iam.Words{"AWS": {trainerARN}}, Action: iam.Words{"kms:Decrypt"}, Resource: iam.Words{"*"},
		}}}},
		Buckets: []desired.Bucket{{Name: "acme-ml", Partition: "aws", Statements: []iam.Statement{{
			Effect: "Deny", Principal: map[string]iam.Words{"AWS": {"*"}}, Action: iam.Words{"s3:*"}, Resource: iam.Words{"arn:aws:s3:::acme-ml", "arn:aws:s3:::acme-ml/*"},
			Condition: iam.Conditions{"Bool": {"aws:SecureTransport": {"false"}}},
		}}}},
		Databricks: desired.Databricks{
			PassRoles: []desired.PassRole{{CrossAccountRole: crossARN, Workspaces: []string{"prod"},
				Statement: iam.Statement{Effect: "Allow", Action: iam.Words{"iam:PassRole"}, Resource: iam.Words{trainerARN}}}},
			StorageCredentials: []desired.StorageCredential{{Name: "churn " + evil, RoleARN: trainerARN}},
			ServiceCredentials: []desired.StorageCredential{{Name: "glue " + evil, RoleARN: trainerARN}},
			Federation: []desired.FederationPolicy{
				{Identity: "acme", Issuer: "https://acme.okta.com/oauth2/default", Audiences: []string{"0oa1b2c3"}, SubjectClaim: "email"},
				{Identity: "ci", AccountID: "0d26daa6-5e44-4c97-a497-ef015f91254a", ServicePrincipal: "813073e7-3b08-4c0d-8619-39bcfa4ac632",
					Issuer: "https://token.actions.githubusercontent.com", Audiences: []string{"databricks"}, SubjectClaim: "sub", Subject: "repo:acme/churn:" + evil},
			},
		},
		Gaps: []desired.Gap{
			{ID: "trust-by-audience-alone", Role: "trainer", What: "group " + evil + " can't be told apart", Fix: "let the provider sign a tag"},
			{ID: "role-beyond-policy", Role: "break-glass", What: "nothing narrows it: " + evil},
			{ID: "context", What: "about all " + evil},
		},
	}
}

// evils are texts by which a name could leave the string or comment that it stands in.
func evils() []string {
	return []string{
		"plain", "", " ", `"`, `\`, `\"`, "a\nb", "\r\n} resource \"x\" \"y\" {", "\t", "${aws:username}", "$${x}", "$$${x}", "%{ if true }", "%%{x}", "$", "%", "${",
		"#", "/*", "*/", "//", "'", "''", "`", "yes", "null", "~", "12:30", "0o14", "2001-12-14", "!!binary x", "&a", "*a", "- x", "? x", "a: b", "a #b", "{{x}}", "[x]",
		"{", "}", "---", "...", "<<", "=", "é", "\u2028x", "\u2029", "\u0085x", "\u200b", "\u202e", "\u0000", "\u001b[31m", "\u007f", "\U0001F600", "\ufeff", "EOT\n", "\\u0041", "%YAML 1.2",
		"a\n# b\nResources:", "!Ref AWS::AccountId", "Fn::Sub", "$(id)", "'; rm -rf /; '",
	}
}
