package accessmap

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
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

// Way is how a role is taken.
type Way struct {
	Hops []Hop // from the first to the role itself
	// Scoped says that the last hop is a permission set, which Identity Center gives whole: STS has to narrow it by the role's
	// session policy before anybody gets it.
	Scoped bool
	// Otherwise are the hops where STS can't do that: the role behind role_arn is assumed. nil where the map has none.
	Otherwise []Hop
}

// Way returns how a role is taken. by says how the first of its roles is: from IAM Identity Center, as a permission set; else
// with a web identity, or with credentials that AWS gives a workload.
//
// A permission set takes no session policy from Identity Center, no tags and no name. Where a session policy is all that the
// map has to apply, STS narrows its credentials. Where there is more, and a role_arn beside the permission set, that role
// follows as a hop of its own.
//
// Errors have the code NoSuchRole: for a role that the map does not have, that can only be inherited, or that
// can't be reached this way; Failed for one that works in its workspace alone.
func (m *Map) Way(role string, by idp.Method) (*Way, error) {
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
	way := &Way{}
	if center {
		way.Hops = []Hop{{Role: base.Name, Region: base.AWS.Region, AccountID: base.AWS.AccountID, RoleName: base.AWS.RoleName}}
		if !follows(base, base == r) {
			way.Scoped = base == r && !r.unbounded()
			if way.Scoped && base.AWS.RoleARN != "" {
				way.Otherwise = []Hop{way.Hops[0], m.hop(base)}
			}
			line = line[1:]
		}
	}
	for _, next := range line {
		way.Hops = append(way.Hops, m.hop(next))
	}
	return way, nil
}

// Chain returns the roles to take for one, from the first to itself: those of Way.
func (m *Map) Chain(role string, by idp.Method) ([]Hop, error) {
	way, err := m.Way(role, by)
	if err != nil {
		return nil, err
	}
	return way.Hops, nil
}

// follows reports whether a role's permission set is not enough, and the role behind its ARN has to be assumed from it: for what
// nothing but AssumeRole takes, and where that is another principal than the permission set. On the way to another role, what
// narrows and tags this one alone is of no use.
func follows(r *Role, asked bool) bool {
	a := r.AWS
	switch {
	case a.RoleARN == "":
		return false
	case a.SourceIdentity, len(a.TransitiveTags) > 0:
		return true
	case !asked:
		return false
	case len(tagsOf(r)) > 0:
		return true
	}
	behind, _ := arn.Parse(a.RoleARN)
	return !r.unbounded() && (len(a.ManagedPolicies) > 0 || a.ExternalID != "" || behind.AccountID != a.AccountID || !iam.OfAWS(a.RoleARN))
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
			With(ui.Command("dbxaccess roles"))
	case r.AWS == nil:
		return nil, ui.Errorf("role-without-aws", ui.Failed, "the role %s is for Databricks alone: the access map gives it no aws", role).
			With(ui.Advice("for its workspace: dbxaccess exec " + role + " -- COMMAND, or the profile that dbxaccess roles shows"))
	}
	return r, nil
}
