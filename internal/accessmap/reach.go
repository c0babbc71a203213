package accessmap

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// reach checks how roles are reached: that each chain ends, that AWS would accept it, and that the identities which
// give a role can begin it.
func (d *decoder) reach(m *Map) {
	order := slices.SortedFunc(maps.Values(m.Roles), func(a, b *Role) int {
		return cmp.Or(a.at.compare(b.at), cmp.Compare(a.Name, b.Name))
	})
	d.viaCircles(m, order)
	for _, role := range order {
		d.principalByBrowser(m, role)
		if role.AWS == nil {
			continue
		}
		d.viaTooLong(m, role)
		d.transitive(m, role)
	}
	for _, r := range d.references {
		if r.giver != nil {
			d.reachable(m, r)
		}
	}
}

// viaCircles reports roles that are assumed through themselves, each circle once.
func (d *decoder) viaCircles(m *Map, order []*Role) {
	via := func(name string) string {
		if role := m.Roles[name]; role != nil && role.AWS != nil {
			return role.AWS.Via
		}
		return ""
	}
	for name, path := range circles(order, via) {
		d.add(m.Roles[name].at, "role %s is assumed via itself: %s", name, path)
	}
}

// viaTooLong reports the first role of a long line that is too far from its beginning; those behind it are too.
func (d *decoder) viaTooLong(m *Map, role *Role) {
	names := []string{role.Name}
	for r := role; r.AWS.Via != ""; names = append(names, r.Name) {
		if r = m.Roles[r.AWS.Via]; r == nil || r.AWS == nil || len(names) > maxHops {
			return
		}
	}
	if len(names) > maxHops {
		slices.Reverse(names)
		d.add(role.at, "role %s is the end of %d roles, each assumed via the one before; %d are the most: %s",
			role.Name, len(names), maxHops, strings.Join(names, " → "))
	}
}

// transitive checks the tags that go on to the next roles. AWS refuses to have such a tag set again:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func (d *decoder) transitive(m *Map, role *Role) {
	if role.effectiveTags == nil { // reported already
		return
	}
	for _, key := range role.AWS.TransitiveTags {
		if role.effectiveTags[strings.ToLower(key)].key != key {
			d.add(role.at, "role %s has no tag %s, which its transitive_tags name", role.Name, shown(key))
		}
	}
	line := m.line(role)
	for _, earlier := range line[:max(len(line)-1, 0)] {
		for _, key := range earlier.AWS.TransitiveTags {
			passed, own := earlier.effectiveTags[strings.ToLower(key)], role.effectiveTags[strings.ToLower(key)]
			if own.key != "" && (own.key != passed.key || own.value != passed.value) {
				d.add(role.at, "role %s has the tag %s as %s, and role %s, through which it is assumed, passes on %s as %s; AWS does not let it be set again",
					role.Name, own.key, shown(own.value), earlier.Name, passed.key, shown(passed.value))
			}
		}
	}
}

// reachable checks that the identity that gives a role can begin the way to it.
func (d *decoder) reachable(m *Map, r reference) {
	role := m.Roles[r.name]
	if role != nil && role.AWS == nil {
		d.workspaceAlone(m, r, role)
		return
	}
	line := m.line(role)
	if line == nil { // reported already
		return
	}
	base := line[0]
	where := ""
	if base != role {
		where = ", through which it is assumed,"
	}
	switch center := r.giver.Method() == idp.IdentityCenter; {
	case base.AWS.RoleARN == "" && base.AWS.RoleName == "": // reported already
	case !center && base.AWS.RoleARN == "":
		d.add(r.at, "%s: only IAM Identity Center can give the role %s, and identity %s is another: role %s%s has no role_arn",
			r.key, r.name, r.giver.Name, base.Name, where)
	case center && base.AWS.RoleName == "":
		d.add(r.at, "%s: IAM Identity Center can't give the role %s: role %s%s has no account_id and role_name",
			r.key, r.name, base.Name, where)
	case center && base == role && role.AWS.RoleARN == "" && len(role.AWS.ManagedPolicies) > 0:
		d.add(r.at, "%s: narrowing role %s to its managed policies needs a role to chain into: give it role_arn, or write them as statements",
			r.key, r.name)
	}
}

// workspaceAlone checks that a role without aws has a workspace to work in, and that the identity that gives it has what
// its login takes.
func (d *decoder) workspaceAlone(m *Map, r reference, role *Role) {
	serves := func(name string) bool {
		w := m.Workspaces[name]
		return w == nil || w.Login.Serves(r.giver.Method()) // a missing one is reported already
	}
	switch {
	case len(role.effectiveWorkspaces) == 0:
		d.add(r.at, "%s: role %s has no aws and no workspace, so it can only be inherited", r.key, r.name)
	case r.giver.Method() == idp.IdentityCenter:
		d.add(r.at, "%s: role %s has no aws, and IAM Identity Center gives roles by their permission sets alone, so it can't give the role", r.key, r.name)
	case !slices.ContainsFunc(role.effectiveWorkspaces, serves):
		d.add(r.at, "%s: role %s has no aws, and its workspace %s has login: browser, which is for people, so identity %s can't give the role",
			r.key, r.name, strings.Join(role.effectiveWorkspaces, ", "), r.giver.Name)
	}
}

// principalByBrowser reports a role that is to work as a service principal where people sign in themselves.
func (d *decoder) principalByBrowser(m *Map, role *Role) {
	for _, name := range role.effectiveWorkspaces {
		if w := m.Workspaces[name]; w != nil && w.Login == LoginBrowser && role.ServicePrincipal != "" {
			d.add(role.at, "role %s has a service_principal, and its workspace %s login: browser, where people sign in as themselves", role.Name, name)
		}
	}
}
