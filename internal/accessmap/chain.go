package accessmap

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxHops bounds how many roles there may be from the first that is taken to the one that is asked for.
const maxHops = 5

// Hop is one step on the way to a role.
type Hop struct {
	Role    string // its name in the map
	RoleARN string // "" for a permission set that Identity Center gives
	Region  string

	AccountID string // of the permission set; "" beside RoleARN
	RoleName  string

	// What AssumeRole takes. A permission set has none of it; a role that is taken with a web identity can't be given
	// it.
	ExternalID     string
	Tags           map[string]string // with those inherited
	TransitiveTags []string          // keys of Tags
	SourceIdentity bool
}

// Chain returns the roles to take for one, from the first to itself. by says how the first is taken: from IAM Identity
// Center, as a permission set; else with a web identity, or with credentials that AWS gives a workload.
//
// A permission set can't be narrowed, tagged or made to name the person; where the map has something of that kind to
// apply and a role_arn beside the permission set, that role follows as a hop of its own.
//
// Errors have the code NoSuchRole: for a role that the map does not have, that can only be inherited, or that
// can't be reached this way; Failed for one that works in its workspace alone.
func (m *Map) Chain(role string, by idp.Method) ([]Hop, error) {
	center := by == idp.IdentityCenter
	r, err := m.takeable(role)
	if err != nil {
		return nil, err
	}
	line := m.line(r)
	if line == nil { // Parse sees to it that there is one
		return nil, ui.Errorf("role-unreachable", ui.NoSuchRole, "role %s: its `via` chain never reaches a role that can be assumed directly", role).
			With(ui.Advice("ask the map's owner to fix it"))
	}
	base := line[0]
	switch {
	case center && base.AWS.RoleName == "":
		return nil, ui.Errorf("role-not-at-identity-center", ui.NoSuchRole,
			"IAM Identity Center can't give the role %s: %s has no account_id and role_name", role, base.Name).
			With(ui.Advice("take it through an identity that is not IAM Identity Center"))
	case !center && base.AWS.RoleARN == "":
		return nil, ui.Errorf("role-only-at-identity-center", ui.NoSuchRole,
			"only IAM Identity Center can give the role %s: %s has no role_arn", role, base.Name).
			With(ui.Advice("take it through an identity that has start_url"))
	}
	var hops []Hop
	if center {
		hops = append(hops, Hop{Role: base.Name, Region: base.AWS.Region, AccountID: base.AWS.AccountID, RoleName: base.AWS.RoleName})
		if !m.follows(base, base == r) {
			line = line[1:]
		}
	}
	for _, next := range line {
		hops = append(hops, m.hop(next))
	}
	return hops, nil
}

// follows reports whether a role's permission set is not enough, and the role behind its ARN has to be assumed from it.
// On the way to another role, what narrows and tags this one alone is of no use.
func (m *Map) follows(r *Role, asked bool) bool {
	if r.AWS.RoleARN == "" {
		return false
	}
	if r.AWS.SourceIdentity || len(r.AWS.TransitiveTags) > 0 {
		return true
	}
	return asked && (!r.unbounded() || len(tagsOf(r)) > 0)
}

func (m *Map) hop(r *Role) Hop {
	return Hop{
		Role: r.Name, RoleARN: r.AWS.RoleARN, Region: r.AWS.Region, ExternalID: r.AWS.ExternalID, Tags: tagsOf(r),
		TransitiveTags: slices.Clone(r.AWS.TransitiveTags), SourceIdentity: r.AWS.SourceIdentity,
	}
}

// line is the roles through which one is reached, the first of them first and itself last. nil where there is no such
// line: it goes in a circle, or through a role without aws, or through more than maxHops roles.
func (m *Map) line(r *Role) []*Role {
	var line []*Role
	for range maxHops {
		if r == nil || r.AWS == nil {
			return nil
		}
		line = append(line, r)
		if r.AWS.Via == "" {
			slices.Reverse(line)
			return line
		}
		r = m.Roles[r.AWS.Via]
	}
	return nil
}

// takeable returns a role that can be taken at AWS.
func (m *Map) takeable(role string) (*Role, error) {
	r, err := m.role(role)
	switch {
	case err != nil:
		return nil, err
	case r.AWS == nil && len(r.effectiveWorkspaces) == 0:
		return nil, ui.Errorf("role-only-inherited", ui.NoSuchRole, "role %s can only be inherited: the access map gives it no aws", role).
			With(ui.Advice("dbxaccess roles lists the roles you may take"))
	case r.AWS == nil:
		return nil, ui.Errorf("role-without-aws", ui.Failed, "the role %s is for Databricks alone: the access map gives it no aws", role).
			With(ui.Advice("for its workspace: dbxaccess exec " + role + " -- COMMAND, or the profile that dbxaccess roles shows"))
	}
	return r, nil
}
