package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// AssumeActions are what a principal must be allowed on a role to assume it, with session tags or a source identity.
func AssumeActions(tags, sourceIdentity bool) Words {
	actions := Words{"sts:AssumeRole"}
	if tags {
		actions = append(actions, "sts:TagSession")
	}
	if sourceIdentity {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	return actions
}

// HopPolicy is the session policy for credentials that are only the way to the next role: they can assume that one and
// do nothing else. Tags and a source identity are always allowed: AWS asks for the permission also where the session
// has inherited them, and those in an ID token's claims are nothing that the program knows of.
func HopPolicy(roleARN string) Document {
	return Policy(Statement{Effect: "Allow", Action: AssumeActions(true, true), Resource: Words{roleARN}})
}

// DataAccessPolicy lets a role ask S3 Access Grants of an account and region for credentials, and do nothing else:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func DataAccessPolicy(region, accountID string) Document {
	instance := "arn:" + PartitionOf(region).Name + ":s3:" + region + ":" + accountID + ":access-grants/default"
	return Policy(Statement{Effect: "Allow", Action: Words{"s3:GetDataAccess"}, Resource: Words{instance}})
}

// PermissionSetRole is the name of the role that IAM Identity Center makes of a permission set, as a pattern: it ends
// at random, in something else each time that the permission set is assigned.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func PermissionSetRole(name string) string {
	return "aws-reserved/sso.amazonaws.com/*AWSReservedSSO_" + name + "_*"
}

// RoleTrust is the statement of a trust policy that lets a role do the actions. externalID may be empty.
func RoleTrust(roleARN string, actions Words, externalID string) Statement {
	s := Statement{Effect: "Allow", Principal: map[string]Words{"AWS": {roleARN}}, Action: actions, Condition: Conditions{}}
	if externalID != "" {
		s.Condition["StringEquals"] = map[string]Words{"sts:ExternalId": {externalID}}
	}
	return s
}

// RolesTrust is RoleTrust for the roles of an account whose name, path included, is like a pattern.
func RolesTrust(partition, account, name string, actions Words, externalID string) Statement {
	s := RoleTrust(iamARN(partition, account, "root"), actions, externalID)
	s.Condition["ArnLike"] = map[string]Words{"aws:PrincipalArn": {iamARN(partition, account, "role/"+name)}}
	return s
}

// WebIdentityTrust is the statement of a trust policy that lets in one subject of an OpenID Connect provider, with tokens
// that are for the audience: by the audience alone, it would be everyone who may use the application. The provider is in
// the role's account.
func WebIdentityTrust(roleARN, issuer, audience, subject string) Statement {
	role, _ := arn.Parse(roleARN)
	provider := strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://")
	return Statement{
		Effect:    "Allow",
		Principal: map[string]Words{"Federated": {iamARN(role.Partition, role.AccountID, "oidc-provider/"+provider)}},
		Action:    Words{"sts:AssumeRoleWithWebIdentity"},
		Condition: Conditions{"StringEquals": {provider + ":aud": {audience}, provider + ":sub": {subject}}},
	}
}

func iamARN(partition, account, resource string) string {
	return arn.ARN{Partition: partition, Service: "iam", AccountID: account, Resource: resource}.String()
}
