package rendered

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

const (
	here  = "111122223333"
	there = "444455556666"

	provider  = "arn:aws:iam::" + here + ":oidc-provider/acme.okta.com/oauth2/default"
	trainer   = "arn:aws:iam::" + here + ":role/trainer"
	steward   = "arn:aws:iam::" + here + ":role/data/data-steward"
	elsewhere = "arn:aws:iam::" + there + ":role/trainer"
	profile   = "arn:aws:iam::" + here + ":instance-profile/ml/trainer"
	crossRole = "arn:aws:iam::" + here + ":role/databricks"
)

// state has each sort of thing, and a text of others wherever a map may have one. The roles of the second account are left out
// where there is to be one.
func state(text string, accounts int) *desired.State {
	s := &desired.State{
		Providers: []desired.Provider{{
			ARN: provider, URL: "https://acme.okta.com/oauth2/default", Audiences: []string{"0oa1", text}, Identities: []string{"acme"},
			Context: &desired.ContextProvider{SubjectSourceKey: text, SubjectType: "user"},
		}, {ARN: "accounts.google.com", URL: "https://accounts.google.com", Audiences: []string{text}, Identities: []string{"google"}}},
		Roles: []desired.Role{
			{
				ARN: steward, For: []string{"data-steward"}, MaxSession: time.Hour,
				Trust:   iam.Policy(iam.RoleTrust(trainer, iam.AssumeActions(true, true), text)),
				Managed: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
			},
			{
				ARN: trainer, For: []string{"trainer"}, MaxSession: 12 * time.Hour, Instance: &desired.InstanceProfile{ARN: profile},
				Trust: iam.Policy(
					iam.Statement{
						Effect: "Allow", Principal: map[string]iam.Words{"Federated": {provider}}, Action: iam.Words{"sts:AssumeRoleWithWebIdentity"},
						Condition: iam.Conditions{
							"StringEquals": {"acme.okta.com/oauth2/default:aud": {text}, "aws:RequestTag/" + text: {"x", text}},
							"StringLike":   {"acme.okta.com/oauth2/default:sub": {text + "*", "${*}"}},
						},
					},
					iam.Statement{Effect: "Allow", Principal: map[string]iam.Words{"Service": {"ec2.amazonaws.com"}}, Action: iam.Words{"sts:AssumeRole"}},
				),
				Permissions: []iam.Document{iam.Policy(iam.Statement{
					Effect: "Allow", Action: iam.Words{"s3:GetObject"}, Resource: iam.Words{"arn:aws:s3:::acme-ml/" + text + "/*", "arn:aws:s3:::acme-ml/${aws:PrincipalTag/team}/*"},
				}), iam.Policy(iam.Statement{Effect: "Allow", Action: iam.Words{"sts:AssumeRole"}, Resource: iam.Words{steward}})},
			},
			{
				ARN: elsewhere, For: []string{"far"}, MaxSession: time.Hour, Trust: iam.Policy(iam.RoleTrust(trainer, iam.AssumeActions(false, false), "")),
				Permissions: []iam.Document{iam.Policy(iam.Statement{Effect: "Allow", Action: iam.Words{"sts:GetScopedCredentials"}, Resource: iam.Words{"*"}})},
			},
		},
		PermissionSets: []desired.PermissionSet{{AccountID: here, Name: "MLReader", For: []string{"reader"}, Permissions: []iam.Document{
			iam.Policy(iam.Statement{Effect: "Allow", Action: iam.Words{"s3:GetObject"}, Resource: iam.Words{"arn:aws:s3:::acme-ml/" + text}}),
		}}},
		Keys: []desired.Key{{ARN: "arn:aws:kms:eu-central-1:" + here + ":key/" + text, Statements: []iam.Statement{{
			Effect: "Allow", Principal: map[string]iam.Words{"AWS": {trainer}}, Action: iam.Words{"kms:Decrypt"}, Resource: iam.Words{"*"},
		}}}},
		Buckets: []desired.Bucket{{Name: "acme-ml", Partition: "aws", Statements: []iam.Statement{{
			Effect: "Deny", Principal: map[string]iam.Words{"AWS": {"*"}}, Action: iam.Words{"s3:*"}, Resource: iam.Words{"arn:aws:s3:::acme-ml", "arn:aws:s3:::acme-ml/" + text},
			Condition: iam.Conditions{"Bool": {"aws:SecureTransport": {"false"}}},
		}}, Across: []iam.Statement{{
			Effect: "Allow", Principal: map[string]iam.Words{"AWS": {trainer}}, Action: iam.Words{"s3:GetObject"}, Resource: iam.Words{"arn:aws:s3:::acme-ml/" + text},
		}}}},
		Databricks: desired.Databricks{
			PassRoles: []desired.PassRole{{
				CrossAccountRole: crossRole, Workspaces: []string{"prod"},
				Statement: iam.Statement{Effect: "Allow", Action: iam.Words{"iam:PassRole"}, Resource: iam.Words{trainer}},
			}},
			StorageCredentials: []desired.StorageCredential{{Name: text, RoleARN: trainer}},
			Federation: []desired.FederationPolicy{
				{Identity: "acme", Issuer: "https://acme.okta.com/oauth2/default", Audiences: []string{text}, SubjectClaim: text},
				{
					Identity: "ci", AccountID: "0d26daa6-5e44-4c97-a497-ef015f91254a", ServicePrincipal: "813073e7-3b08-4c0d-8619-39bcfa4ac632",
					Issuer: "https://token.actions.githubusercontent.com", Audiences: []string{"databricks"}, SubjectClaim: "sub", Subject: text,
				},
			},
		},
		Gaps: []desired.Gap{{ID: "one", Role: "trainer", What: text, Fix: text}, {ID: "two", Role: "nobody", What: text}, {ID: "three", What: text}},
	}
	if accounts == 1 {
		s.Roles = s.Roles[:2]
	}
	return s
}

// hostile are texts by which a name might leave its string or comment.
func hostile() []string {
	return append(strings.Split(`plain|"|\|\"|\\u0041|${aws:username}|$${x}|$$${x}|$$$${x}|%{ if true }|%%{x}|%%%{x}|${|%{|$|%|$$|${"${x}"}|~}|#|//|/*|*/|{|}|[|]|=|for|null|true|é|'|<<EOT|`+"`", "|"),
		"", " ", "a\nb", "a\r\n}\nresource \"x\" \"y\" {", "\"\n}\nlocals {", "\t", "\x00", "\x1b[31m", "\x7f", "\u0085", "\u2028", "\u202e", "\ufeff", "\U0001F600", "\U000e0041", "EOT\nEOT\n")
}
