package iam

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// created is when everything was made: nothing asks for it.
const created = "2026-01-01T00:00:00Z"

// idOf is the unique id that IAM gives, which the double makes of the name.
func idOf(prefix, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return 'X'
	}, strings.ToUpper(name))
	return (prefix + plain + strings.Repeat("X", 17))[:21]
}

// pathOf is the path in an ARN's resource: KIND/PATH/NAME has /PATH/.
func pathOf(arn string) string {
	_, rest, _ := strings.Cut(arn, "/")
	return "/" + rest[:strings.LastIndexByte(rest, '/')+1]
}

// common is what every answer says of a role.
func (role Role) common() []element {
	return []element{
		text("Path", pathOf(role.Arn)), text("RoleName", role.RoleName), text("RoleId", idOf("AROA", role.RoleName)), text("Arn", role.Arn),
		text("CreateDate", created), encoded("AssumeRolePolicyDocument", role.AssumeRolePolicyDocument),
		text("MaxSessionDuration", strconv.Itoa(cmp.Or(role.MaxSessionDuration, 3600))),
	}
}

func getRole(r request) ([]element, *fault) {
	role, failed := r.role()
	if failed != nil {
		return nil, failed
	}
	fields := role.common()
	if b := role.PermissionsBoundary; b != nil {
		fields = append(fields, group("PermissionsBoundary",
			text("PermissionsBoundaryType", cmp.Or(b.PermissionsBoundaryType, "Policy")), text("PermissionsBoundaryArn", b.PermissionsBoundaryArn)))
	}
	if role.Tags != nil {
		fields = append(fields, list("Tags", role.Tags, func(tag struct{ Key, Value string }) []element {
			return []element{text("Key", tag.Key), text("Value", tag.Value)}
		}))
	}
	return []element{group("Role", fields...)}, nil
}

func listRolePolicies(r request) ([]element, *fault) {
	role, failed := r.role()
	if failed != nil {
		return nil, failed
	}
	var names []string
	for _, policy := range role.RolePolicyList {
		names = append(names, policy.PolicyName)
	}
	slices.Sort(names)
	return page(r, "PolicyNames", names, words)
}

func getRolePolicy(r request) ([]element, *fault) {
	role, failed := r.role()
	if failed != nil {
		return nil, failed
	}
	for _, policy := range role.RolePolicyList {
		if policy.PolicyName == r.text("PolicyName") {
			return []element{
				text("RoleName", role.RoleName), text("PolicyName", policy.PolicyName), encoded("PolicyDocument", policy.PolicyDocument),
			}, nil
		}
	}
	return nil, &fault{"NoSuchEntity", "The role policy with name " + r.text("PolicyName") + " cannot be found."}
}

func listAttachedRolePolicies(r request) ([]element, *fault) {
	role, failed := r.role()
	if failed != nil {
		return nil, failed
	}
	type attached = struct{ PolicyName, PolicyArn string }
	return page(r, "AttachedPolicies", role.AttachedManagedPolicies, func(name string, some []attached) element {
		return list(name, some, func(p attached) []element {
			return []element{text("PolicyArn", p.PolicyArn), text("PolicyName", p.PolicyName)}
		})
	})
}

func getPolicy(r request) ([]element, *fault) {
	policy, failed := r.policy(r.text("PolicyArn"))
	if failed != nil {
		return nil, failed
	}
	return []element{group("Policy",
		text("PolicyName", policy.PolicyName), text("PolicyId", idOf("ANPA", policy.PolicyName)), text("Arn", policy.Arn), text("Path", pathOf(policy.Arn)),
		text("DefaultVersionId", policy.DefaultVersionID), text("AttachmentCount", "1"), text("PermissionsBoundaryUsageCount", "0"),
		text("IsAttachable", "true"), text("CreateDate", created), text("UpdateDate", created),
	)}, nil
}

func getPolicyVersion(r request) ([]element, *fault) {
	policy, failed := r.policy(r.text("PolicyArn"))
	if failed != nil {
		return nil, failed
	}
	for _, version := range policy.PolicyVersionList {
		if version.VersionID == r.text("VersionId") {
			return []element{group("PolicyVersion",
				encoded("Document", version.Document), text("VersionId", version.VersionID),
				text("IsDefaultVersion", strconv.FormatBool(version.VersionID == policy.DefaultVersionID)), text("CreateDate", created),
			)}, nil
		}
	}
	return nil, &fault{"NoSuchEntity", "Policy " + policy.Arn + " version " + r.text("VersionId") + " does not exist or is not attachable."}
}

// profile is an instance profile with the role in it.
type profile struct {
	name, arn string
	role      Role
}

func (p profile) fields() []element {
	return []element{
		text("Path", pathOf(p.arn)), text("InstanceProfileName", p.name), text("InstanceProfileId", idOf("AIPA", p.name)), text("Arn", p.arn),
		text("CreateDate", created), list("Roles", []Role{p.role}, Role.common),
	}
}

// profiles are those of a role.
func (role Role) profiles() []profile {
	var all []profile
	for _, p := range role.InstanceProfileList {
		all = append(all, profile{p.InstanceProfileName, p.Arn, role})
	}
	return all
}

func listInstanceProfilesForRole(r request) ([]element, *fault) {
	role, failed := r.role()
	if failed != nil {
		return nil, failed
	}
	return page(r, "InstanceProfiles", role.profiles(), func(name string, some []profile) element { return list(name, some, profile.fields) })
}

func getInstanceProfile(r request) ([]element, *fault) {
	for _, role := range r.held.Roles {
		for _, p := range role.profiles() {
			if p.name == r.text("InstanceProfileName") && accountOf(p.arn) == r.caller.Account {
				return []element{group("InstanceProfile", p.fields()...)}, nil
			}
		}
	}
	return nil, &fault{"NoSuchEntity", "Instance Profile " + r.text("InstanceProfileName") + " cannot be found."}
}
