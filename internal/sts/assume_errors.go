package sts

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// explain knows what this call alone can be refused for.
func (in AssumeRole) explain(code, said string) error {
	switch code {
	case "AccessDenied", "AccessDeniedException":
		return ui.Fault(ui.Refused, in.trust(), "AWS does not let %s assume role %s: %s", in.from(), in.RoleARN, said)
	case "ValidationError":
		return ui.Fault(ui.Failed, "compare `duration` with the role's maximum session duration (one hour where a role is reached through another), "+
			"and check role_arn, external_id and `tags`: dbxaccess map check",
			"AWS finds the request for %s invalid: %s", in.RoleARN, said)
	}
	return nil
}

// from names the role before as a person knows it.
func (in AssumeRole) from() string {
	switch {
	case in.FromRole == "":
		return "this machine's own role"
	case strings.HasPrefix(in.FromRole, "arn:"):
		return "role " + in.FromRole
	}
	return "the permission set " + in.FromRole
}

// trust shows both policies that would let the role before in: each side has to allow it.
func (in AssumeRole) trust() string {
	allowed := actions(len(in.Tags) > 0, in.SourceIdentity != "")
	equals := map[string]string{}
	if in.ExternalID != "" {
		equals["sts:ExternalId"] = in.ExternalID
	}
	s := statement{Effect: "Allow", Action: allowed, Condition: map[string]map[string]string{}}
	partition := cmp.Or(partitionOf(in.RoleARN), "aws")
	switch {
	case strings.HasPrefix(in.FromRole, "arn:"):
		s.Principal = map[string]string{"AWS": in.FromRole}
	default:
		account := cmp.Or(in.From.AccountID, "ACCOUNT")
		s.Principal = map[string]string{"AWS": fmt.Sprintf("arn:%s:iam::%s:root", partition, account)}
		// The role of a permission set has a random end to its name, which changes when the set is made anew.
		// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
		role := "ROLE"
		if in.FromRole != "" {
			role = "aws-reserved/sso.amazonaws.com/*AWSReservedSSO_" + in.FromRole + "_*"
		}
		s.Condition["ArnLike"] = map[string]string{"aws:PrincipalArn": fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, account, role)}
	}
	if len(equals) > 0 {
		s.Condition["StringEquals"] = equals
	}
	return "the trust policy of " + in.RoleARN + " must hold a statement like:\n" + marshal(s) +
		"\nand the permissions of " + in.from() + " must hold:\n" +
		marshal(statement{Effect: "Allow", Action: allowed, Resource: in.RoleARN}) +
		"\na session that has inherited transitive tags or a source identity also needs sts:TagSession, sts:SetSourceIdentity in both"
}
