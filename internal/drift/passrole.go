package drift

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/compare"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// passRole compares who may take a workspace's cross-account role, and which roles it passes on. That alone of its permissions is the
// map's to say.
func (c *comparison) passRole(want desired.PassRole) {
	of := desired.Role{ARN: want.CrossAccountRole}
	for _, r := range c.state.Roles {
		if slices.Contains(want.Statement.Resource, r.ARN) {
			of.For = append(of.For, r.For...)
		}
	}
	parts, whole := c.unread(of.ARN, of.For)
	if whole {
		return
	}
	at := slices.IndexFunc(c.actual.Roles, func(r Role) bool { return r.ARN == of.ARN })
	switch {
	case at < 0:
		c.notCompared(of.ARN, of.For, "which roles it passes on", "nothing was read of it")
		return
	case c.actual.Roles[at].Missing:
		c.find("drift-role-missing", of.ARN, of.For, ui.Advice("correct cross_account_role in the map, or make the role as Databricks tells for workspaces"),
			"can do less: IAM has no such role, by which the compute of %s starts", ui.And(want.Workspaces))
		return
	}
	if of.Trust = want.Trust; len(of.Trust.Statement) > 0 && !c.isOfTheMap(of.ARN) {
		c.trust(of, c.actual.Roles[at], want.AnyAccount)
	}
	s := c.sides(of.ARN, of.For, c.actual.Roles[at], parts)
	c.passes(of, s, parts, want.Statement, false)
	c.passes(of, s, parts, toAnyService(want), true)
}

// isOfTheMap reports whether a role is compared as one of the map.
func (c *comparison) isOfTheMap(roleARN string) bool {
	return slices.ContainsFunc(c.state.Roles, func(r desired.Role) bool { return r.ARN == roleARN })
}

// toAnyService is the most that a cross-account role may pass on. To which service is for the roles' own trust policies to say, which let in
// EC2 alone, and Databricks' instructions have no condition on it:
// https://docs.databricks.com/aws/en/connect/storage/tutorial-s3-instance-profile
// https://registry.terraform.io/providers/databricks/databricks/latest/docs/resources/instance_profile
func toAnyService(want desired.PassRole) iam.Statement {
	every := want.Statement
	every.Resource, every.Condition = slices.Concat(want.Statement.Resource, want.Others), nil
	return every
}

// withoutService are notes on cross-account roles that pass on the map's roles to other services than EC2 too.
func withoutService(state *desired.State, actual *Actual) (notes []string) {
	c := comparison{state: state, actual: actual} // its findings are those of Compare
	for _, want := range state.Databricks.PassRoles {
		at := slices.IndexFunc(actual.Roles, func(r Role) bool { return r.ARN == want.CrossAccountRole })
		if at < 0 || actual.Roles[at].Missing {
			continue
		}
		have := c.sides(want.CrossAccountRole, nil, actual.Roles[at], make(map[Part]bool)).actual
		toEC2 := toAnyService(want)
		toEC2.Condition = want.Statement.Condition
		if more(toEC2, have, want.CrossAccountRole) && !more(toAnyService(want), have, want.CrossAccountRole) {
			notes = append(notes, ui.Clean(want.CrossAccountRole)+" may pass on the map's roles to any service, as Databricks' instructions have it. "+
				"None but those that the roles' trust policies let in can take them; a condition on iam:PassedToService, as map render has it, keeps it to EC2")
		}
	}
	return notes
}

// more reports whether a role passes on more than a statement has it.
func more(wanted iam.Statement, have compare.Policies, roleARN string) bool {
	result, err := compare.Action("iam:PassRole", compare.Policies{Identity: []string{iam.Policy(wanted).JSON()}}, have, roleARN)
	return err == nil && slices.ContainsFunc(result.Differences, isMore)
}

// passes finds what a role passes on more, or less, than a statement has it.
func (c *comparison) passes(of desired.Role, s sides, parts map[Part]bool, wanted iam.Statement, more bool) {
	result, err := compare.Action("iam:PassRole", compare.Policies{Identity: []string{iam.Policy(wanted).JSON()}}, s.actual, of.ARN)
	if err != nil {
		c.notCompared(of.ARN, of.For, "which roles it passes on", err.Error())
		return
	}
	unread := parts[PartInline] || parts[PartAttached]
	for _, d := range result.Differences {
		if d.More != more || !more && unread { // what is missing may stand in the policy that was not read
			continue
		}
		id, verb := ui.ID("drift-pass-role-less"), "can do less"
		if more {
			id, verb = "drift-pass-role-more", "can do more"
		}
		if d.Bounded {
			verb += ", by the permissions boundary"
		}
		d.Sure = d.Sure && !unread && !parts[PartBoundary]
		f := c.find(id, of.ARN, of.For, c.passFix(of, s, wanted, d), "%s: %s on %s%s", sure(verb, d.Sure), few(d.Actions), few(d.Resources), circumstances(d))
		f.Access, f.Policy = accessOf(d), s.policyOf(d)
		f.clean()
	}
	if more {
		c.perhaps(of, "permission policies", result, c.render(of))
	}
}

// atDatabricks are the pieces there that IAM does not have.
func atDatabricks(state *desired.State) (notes []string) {
	note := func(what string, names []string) {
		if len(names) > 0 {
			slices.Sort(names)
			notes = append(notes, what+few(slices.Compact(names)))
		}
	}
	var unknown, compute, open, profiles, credentials, services, federated []string
	for _, g := range state.Gaps {
		if g.ID == "cross-account-role-unknown" {
			unknown = append(unknown, g.Role)
		}
	}
	for _, p := range state.Databricks.PassRoles {
		compute = append(compute, p.CrossAccountRole)
		if len(p.Trust.Statement) == 0 || p.AnyAccount {
			open = append(open, p.CrossAccountRole)
		}
	}
	for _, r := range state.Roles {
		if r.Instance != nil {
			profiles = append(profiles, r.Instance.ARN)
		}
	}
	for _, s := range state.Databricks.StorageCredentials {
		credentials = append(credentials, s.Name)
	}
	for _, s := range state.Databricks.ServiceCredentials {
		services = append(services, s.Name)
	}
	for _, f := range state.Databricks.Federation {
		federated = append(federated, f.Identity)
	}
	note("whether compute is let have the role, where a workspace has no cross_account_role in the map: ", unknown)
	note("by which external id Databricks takes the role by which compute starts, where the map has no account_id of a workspace: ", open)
	note("what else than passing on roles the role may do by which compute starts: ", compute)
	note("instance profiles at Databricks: ", profiles)
	note("storage credentials at Databricks: ", credentials)
	note("service credentials at Databricks: ", services)
	note("federation policies at Databricks, for the identities: ", federated)
	return notes
}
