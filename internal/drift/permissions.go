package drift

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam/compare"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// permissions compares what the role may do, by all its policies within its boundary. What a role that the map does not narrow may
// do besides is nothing that the map says: see NotLookedAt.
func (c *comparison) permissions(want desired.Role, have Role, parts map[Part]bool) {
	for _, managed := range want.Managed {
		if !parts[PartAttached] && !slices.ContainsFunc(have.Attached, func(p Policy) bool { return p.ARN == managed }) {
			c.find("drift-policy-detached", want.ARN, want.For,
				ui.Command("aws iam attach-role-policy"+option("role-name", nameOf(want.ARN))+option("policy-arn", managed)),
				"can do less: the managed policy %s is not attached", managed).Policy = managed
		}
	}
	s := c.sides(want.ARN, want.For, have, parts)
	s.wanted.Identity = textsOf(want)
	known := 0 // of the managed policies that the map names, what they allow
	for i, name := range s.names {
		if slices.Contains(want.Managed, name) {
			s.wanted.Identity, known = append(s.wanted.Identity, s.actual.Identity[i]), known+1
		}
	}
	s.guess = known < len(want.Managed)
	if len(s.wanted.Identity) > 0 || len(want.Unnarrowed) == 0 {
		c.comparePermissions(want, s, parts)
	}
	if len(want.Unnarrowed) > 0 {
		c.nothingLeft(want, s, parts)
	}
}

// nothingLeft finds a boundary that takes away all that a role's policies allow. That it takes away some is no drift of a role that
// the map does not narrow.
func (c *comparison) nothingLeft(want desired.Role, s sides, parts map[Part]bool) {
	if s.actual.Boundary == nil || parts[PartInline] || parts[PartAttached] {
		return
	}
	something := func(p compare.Policies) bool {
		result, err := compare.Permissions(compare.Policies{}, p, want.ARN)
		return err != nil || len(result.Differences) > 0 || !result.Whole
	}
	if !something(s.actual) && something(compare.Policies{Identity: s.actual.Identity}) {
		c.find("drift-boundary-less", want.ARN, want.For,
			slices.Concat(ui.Advice("change the boundary, or take it off the role:"), ui.Command("aws iam get-policy"+option("policy-arn", s.boundary))),
			"can do less, by the permissions boundary: it takes away all that the role's policies allow").Policy = ui.Clean(s.boundary)
	}
}

// sides are both of a role's permissions, with the names of the actual policies.
type sides struct {
	wanted, actual compare.Policies
	names          []string
	boundary       string
	guess          bool // something that is wanted is not known
}

// sides reads what stands there. What can't be judged is told, and counts as not read.
func (c *comparison) sides(arn string, roles []string, have Role, parts map[Part]bool) (s sides) {
	for i, p := range slices.Concat(have.Inline, have.Attached) {
		part := PartInline
		if i >= len(have.Inline) {
			part = PartAttached
		}
		if !c.judged(arn, roles, part, p) {
			parts[part] = true
			continue
		}
		s.names = append(s.names, p.name())
		s.actual.Identity = append(s.actual.Identity, p.Document)
	}
	if have.Boundary == nil {
		return s
	}
	s.boundary = have.Boundary.name()
	if parts[PartBoundary] || !c.judged(arn, roles, PartBoundary, *have.Boundary) {
		parts[PartBoundary] = true
		return s
	}
	s.actual.Boundary = []string{have.Boundary.Document}
	return s
}

func (c *comparison) comparePermissions(want desired.Role, s sides, parts map[Part]bool) {
	result, err := compare.Permissions(s.wanted, s.actual, want.ARN)
	if err != nil {
		c.notCompared(want.ARN, want.For, "its permissions", err.Error())
		return
	}
	unread := parts[PartInline] || parts[PartAttached]
	fix := c.permissionFix(want, s, result)
	for _, d := range result.Differences {
		if !d.More && unread || d.More && len(want.Unnarrowed) > 0 {
			continue // what is missing may stand in the policy that was not read
		}
		id, verb := ui.ID("drift-permissions-more"), "can do more"
		switch {
		case !d.More && d.Bounded:
			id, verb = "drift-boundary-less", "can do less, by the permissions boundary"
		case !d.More:
			id, verb = "drift-permissions-less", "can do less"
		}
		d.Sure = d.Sure && !unread && !parts[PartBoundary] && (!d.More || !s.guess)
		f := c.find(id, want.ARN, want.For, fix.of(d), "%s: %s on %s%s", sure(verb, d.Sure), few(d.Actions), few(d.Resources), circumstances(d))
		f.Access = accessOf(d)
		f.Policy = s.policyOf(d)
		f.clean()
	}
	c.perhaps(want, "permission policies", result, c.render(want))
}

// sure says may for can where it is not.
func sure(verb string, is bool) string {
	if is {
		return verb
	}
	return strings.Replace(verb, "can", "may", 1)
}

// policyOf is the policy of the actual side that has the statement by which the sides part, "" if none has.
func (s sides) policyOf(d compare.Difference) string {
	switch {
	case d.Allows.Actual:
		return s.names[d.Allows.Document]
	case d.Bounded:
		return s.boundary
	case d.Refuses != nil:
		return s.names[d.Refuses.Document]
	}
	return ""
}
