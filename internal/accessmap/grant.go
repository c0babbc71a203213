package accessmap

import (
	"maps"
	"slices"
)

// Grant is a role that a person or workload may take, and why.
type Grant struct {
	Role    string
	Because []Reason // at least one
}

// Reason is a rule of the map that matched: the claim of the identity's token, its value and the rule.
type Reason struct {
	Identity string
	Claim    string
	Value    string // the value that was found, as the provider writes it
	Rule     string // the rule's text, see glob
}

// Claims are what a verified token says about a person or workload.
type Claims struct {
	Groups []string // of the groups claim; at Identity Center the assignments, as in 111122223333/MLAdmin
	// Values returns the texts of a claim, given as its name or as a JSON pointer; nil where there is none.
	Values func(name string) []string
}

// RolesFor returns the roles that claims give through an identity, sorted by name, each with every reason. Only this
// identity's rules count: another provider's group of the same name gives nothing. An unknown identity has no roles.
//
// A rule on groups gives one reason for each group that it matches, a rule on claims one for each of its claims. At IAM
// Identity Center the reason is the assignment of the role, or of the one through which it is assumed.
func (m *Map) RolesFor(identity string, claims Claims) []Grant {
	from := m.Identities[identity]
	if from == nil {
		return nil
	}
	because := m.reasons(from, claims)
	grants := make([]Grant, 0, len(because))
	for _, role := range slices.Sorted(maps.Keys(because)) {
		grants = append(grants, Grant{Role: role, Because: because[role]})
	}
	return grants
}

// Gives reports whether some rule of an identity gives a role.
func (m *Map) Gives(identity, role string) bool { return m.gives[identity][role] }

// ProfileName is what the profile of a role is called, behind the person's prefix: the role's name, and before it that
// of the identity where several identities give the role. Parse makes sure that no two are alike.
func (m *Map) ProfileName(identity, role string) string {
	for other := range m.Identities {
		if other != identity && m.Gives(other, role) {
			return identity + "-" + role
		}
	}
	return role
}

// People lists the identities that people sign in with, by name.
func (m *Map) People() []string {
	return m.identitiesWhere(func(i *Identity) bool { return i.Method().SignsIn() })
}

// Workloads lists the other identities, by name.
func (m *Map) Workloads() []string {
	return m.identitiesWhere(func(i *Identity) bool { return !i.Method().SignsIn() })
}

func (m *Map) identitiesWhere(fits func(*Identity) bool) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.Identities)) {
		if fits(m.Identities[name]) {
			names = append(names, name)
		}
	}
	return names
}
