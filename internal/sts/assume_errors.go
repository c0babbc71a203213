package sts

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// explain knows the refusals that only this call has.
func (in AssumeRole) explain(code, said string) error {
	switch code {
	case "AccessDenied":
		return ui.Errorf("role-refused", ui.Refused, "AWS does not let %s assume role %s: %s", in.from(), in.RoleARN, said).
			With(in.trust())
	case "ValidationError":
		return ui.Errorf("role-request-invalid", ui.Failed, "AWS finds the request for %s invalid: %s", in.RoleARN, said).
			With(ui.ForAdmin("compare `duration` with the role's maximum session duration (one hour where a role is reached through another), " +
				"and check role_arn, external_id and `tags`: dbxaccess map check"))
	}
	return nil
}

// from names the role before as a person knows it.
func (in AssumeRole) from() string {
	switch {
	case in.FromRole == "":
		return "this machine's own role"
	case arn.IsARN(in.FromRole):
		return "role " + in.FromRole
	}
	return "the permission set " + in.FromRole
}

// trust shows both policies that would let the role before in: each side has to allow it.
func (in AssumeRole) trust() ui.Fix {
	actions := iam.AssumeActions(len(in.Tags) > 0, in.SourceIdentity != "")
	trust := iam.RoleTrust(in.FromRole, actions, in.ExternalID)
	if !arn.IsARN(in.FromRole) {
		names := []string{"ROLE"}
		if in.FromRole != "" {
			names = iam.PermissionSetRole(in.FromRole)
		}
		target, _ := arn.Parse(in.RoleARN)
		trust = iam.RolesTrust(target.Partition, cmp.Or(in.From.AccountID, "ACCOUNT"), names, actions, in.ExternalID)
	}
	return slices.Concat(
		ui.Advice("the trust policy of "+in.RoleARN+" must hold a statement like:"), ui.Command(trust.JSON()),
		ui.Advice("and the permissions of "+in.from()+" must hold:"),
		ui.Command(iam.Statement{Effect: "Allow", Action: actions, Resource: iam.Words{in.RoleARN}}.JSON()),
		ui.Advice("a session that has inherited transitive tags or a source identity also needs sts:TagSession, sts:SetSourceIdentity in both")).ForAdmin()
}
