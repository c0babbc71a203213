package accessmap

import (
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Grant is a role that somebody may take, and why.
type Grant struct {
	Role    string   `json:"role"`
	Because []Reason `json:"because"` // at least one
}

// Reason is one rule of the map: whoever has this group in this claim of this identity's token.
type Reason struct {
	Identity string `json:"identity"`
	Claim    string `json:"claim"`
	Group    string `json:"group"`
}

// RolesFor returns the roles that membership of groups gives to somebody who signed in with an identity, sorted by
// name, each with every reason. Group names are compared exactly, and only with those of this identity: another
// provider's group of the same name gives nothing. An unknown identity has no roles.
func (m *Map) RolesFor(identity string, groups []string) []Grant {
	from := m.Identities[identity]
	if from == nil {
		return nil
	}
	because := make(map[string][]Reason)
	for _, group := range slices.Compact(slices.Sorted(slices.Values(groups))) {
		for _, role := range from.Groups[group] {
			because[role] = append(because[role], Reason{Identity: identity, Claim: from.GroupsClaim, Group: group})
		}
	}
	grants := make([]Grant, 0, len(because))
	for _, role := range slices.Sorted(maps.Keys(because)) {
		grants = append(grants, Grant{Role: role, Because: because[role]})
	}
	return grants
}

// Gives reports whether an identity gives a role to any group at all.
func (m *Map) Gives(identity, role string) bool {
	i := m.Identities[identity]
	if i == nil {
		return false
	}
	for _, roles := range i.Groups {
		if slices.Contains(roles, role) {
			return true
		}
	}
	return false
}

// ProfileName is what the profile of a role is called, behind the person's prefix: the role, after its identity where
// several identities give a role of that name, since the entries of one must not take the place of another's. No two are
// alike: Parse sees to it.
func (m *Map) ProfileName(identity, role string) string {
	for other := range m.Identities {
		if other != identity && m.Gives(other, role) {
			return identity + "-" + role
		}
	}
	return role
}

// Effective is what a role amounts to: what it says itself and every grant it inherits.
type Effective struct {
	Role        string
	Description string
	RoleARN     string        // "" for a role that nobody can take
	Region      string        // "" for a role that nobody can take
	Duration    time.Duration // 0: leave it to AWS
	Workspace   string        // name of a workspace, or ""
	// ServicePrincipal is never inherited: like the ARN it says as whom the role works, not what it may.
	ServicePrincipal string   // application ID; "" for the person themselves
	Read             []string // names of datasets, sorted
	Write            []string
	Delete           []string
	Tags             map[string]string
}

// Effective resolves a role. A role the map does not have is a Fault with the code NoSuchRole.
func (m *Map) Effective(role string) (*Effective, error) {
	r := m.Roles[role]
	if r == nil {
		return nil, ui.Fault(ui.NoSuchRole, "dbxaccess roles lists the roles you may take",
			"the access map has no role %s%s", shown(role), didYouMean(role, maps.Keys(m.Roles)))
	}
	return m.effective(r), nil
}

func (m *Map) effective(r *Role) *Effective {
	e := &Effective{
		Role: r.Name, Description: r.Description, Workspace: r.effectiveWorkspace, ServicePrincipal: r.ServicePrincipal,
		Tags: make(map[string]string, len(r.effectiveTags)),
	}
	if r.AWS != nil {
		e.RoleARN, e.Region, e.Duration = r.AWS.RoleARN, r.AWS.Region, r.AWS.Duration
	}
	for _, t := range r.effectiveTags {
		e.Tags[t.key] = t.value
	}
	for _, ancestor := range m.lineage(r) {
		e.Read = append(e.Read, ancestor.Read...)
		e.Write = append(e.Write, ancestor.Write...)
		e.Delete = append(e.Delete, ancestor.Delete...)
	}
	e.Read, e.Write, e.Delete = set(e.Read), set(e.Write), set(e.Delete)
	return e
}

// lineage is a role and all it inherits from, each once.
func (m *Map) lineage(r *Role) []*Role {
	line := []*Role{r}
	seen := map[string]bool{r.Name: true}
	for i := 0; i < len(line); i++ {
		for _, parent := range line[i].Inherits {
			if !seen[parent] {
				seen[parent] = true
				line = append(line, m.Roles[parent])
			}
		}
	}
	return line
}

// set sorts names and drops the repeated.
func set(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
