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

// PermissionSetRole is the name of the role that IAM Identity Center makes of a permission set, path included, as
// patterns: it ends in sixteen characters at random, others each time that the permission set is assigned, and outside of
// us-east-1 the path has the region. That many characters, and no star, so that a permission set whose name goes on from
// this one, as NAME_x does, is not meant.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func PermissionSetRole(name string) []string {
	const path = "aws-reserved/sso.amazonaws.com/"
	role := "AWSReservedSSO_" + name + "_" + strings.Repeat("?", 16)
	return []string{path + role, path + "*/" + role}
}

// RoleTrust is the statement of a trust policy that lets a role do the actions. externalID may be empty.
func RoleTrust(roleARN string, actions Words, externalID string) Statement {
	s := Statement{Effect: "Allow", Principal: map[string]Words{"AWS": {roleARN}}, Action: actions, Condition: Conditions{}}
	if externalID != "" {
		s.Condition["StringEquals"] = map[string]Words{"sts:ExternalId": {externalID}}
	}
	return s
}

// RolesTrust is RoleTrust for the roles of an account whose name, path included, is like one of the patterns.
func RolesTrust(partition, account string, names []string, actions Words, externalID string) Statement {
	s := RoleTrust(Root(partition, account), actions, externalID)
	arns := make(Words, len(names))
	for i, name := range names {
		arns[i] = iamARN(partition, account, "role/"+name)
	}
	s.Condition["ArnLike"] = map[string]Words{"aws:PrincipalArn": arns}
	return s
}

// Google is the issuer that IAM has built in: no entry of an account names it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity
const Google = "accounts.google.com"

// Provider is the OpenID Connect provider that a role trusts for an issuer, as a principal: its ARN, in the role's account, or the name of
// one that IAM has built in; and what its condition keys begin with. The issuer is used letter by letter, a slash at its end included.
func Provider(roleARN, issuer string) (principal, keys string) {
	keys = strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://")
	if keys == Google {
		return Google, keys
	}
	role, _ := arn.Parse(roleARN)
	return iamARN(role.Partition, role.AccountID, "oidc-provider/"+keys), keys
}

// WebIdentityTrust is the statement of a trust policy that lets in who has a token of a provider that meets the conditions. Session tags
// and a source identity that the provider signs into it need to be allowed besides.
func WebIdentityTrust(principal string, tags, sourceIdentity bool, on Conditions) Statement {
	actions := AssumeActions(tags, sourceIdentity)
	actions[0] = "sts:AssumeRoleWithWebIdentity"
	return Statement{Effect: "Allow", Principal: map[string]Words{"Federated": {principal}}, Action: actions, Condition: on}
}

// NobodyTrust is the statement of a trust policy that lets in nobody, since IAM takes no policy without one. The actions are all that a trust
// policy may name to assume a role by.
func NobodyTrust() Statement {
	return Statement{Effect: "Deny", Principal: map[string]Words{"AWS": {"*"}}, Action: Words{
		"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity", "sts:TagSession",
	}}
}

// InstanceTrust lets EC2 of a partition take a role for its instances.
func InstanceTrust(partition Partition) Statement {
	return Statement{Effect: "Allow", Principal: map[string]Words{"Service": {"ec2." + partition.DNSSuffix}}, Action: Words{"sts:AssumeRole"}}
}

// PassRole lets a role hand others to instances of EC2: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func PassRole(roleARN string) Statement {
	return Statement{
		Effect: "Allow", Action: Words{"iam:PassRole"}, Resource: Words{roleARN},
		Condition: Conditions{"StringEquals": {"iam:PassedToService": {"ec2." + PartitionOfRole(roleARN, "").DNSSuffix}}},
	}
}

// Root is an account as a principal: all in it whom it lets.
func Root(partition, account string) string { return iamARN(partition, account, "root") }

func iamARN(partition, account, resource string) string {
	return arn.ARN{Partition: partition, Service: "iam", AccountID: account, Resource: resource}.String()
}
