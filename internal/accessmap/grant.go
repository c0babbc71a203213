package accessmap

import (
	"maps"
	"slices"
	"strings"
)

// Grant is a role that somebody may take, and why.
type Grant struct {
	Role    string
	Because []Reason // at least one
}

// Reason is one rule of the map that holds: the claim of this identity's token that was looked at, what it held, and the
// rule that took it.
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

// RolesFor returns the roles that somebody's claims give who signed in with an identity, sorted by name, each with every
// reason. Only this identity's rules count: another provider's group of the same name gives nothing. An unknown identity
// has no roles.
//
// A rule on groups gives one reason for each group that it takes, a rule on claims one for each of its claims. At IAM
// Identity Center the assignment of the role, or of the one through which it is assumed, is the reason.
func (m *Map) RolesFor(identity string, who Claims) []Grant {
	from := m.Identities[identity]
	if from == nil {
		return nil
	}
	because := m.reasons(from, who)
	grants := make([]Grant, 0, len(because))
	for _, role := range slices.Sorted(maps.Keys(because)) {
		grants = append(grants, Grant{Role: role, Because: because[role]})
	}
	return grants
}

// Gives reports whether an identity gives a role to anybody at all.
func (m *Map) Gives(identity, role string) bool { return m.gives[identity][role] }

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

// RoleOfProfile is the way back from ProfileName: the identity and the role whose profile has a name. ok is false for a name
// that is none's.
func (m *Map) RoleOfProfile(name string) (identity, role string, ok bool) {
	for _, identity := range slices.Sorted(maps.Keys(m.Identities)) {
		for _, role := range []string{name, strings.TrimPrefix(name, identity+"-")} {
			if m.Roles[role] != nil && m.Gives(identity, role) && m.ProfileName(identity, role) == name {
				return identity, role, true
			}
		}
	}
	return "", "", false
}

// People lists the identities that somebody signs in with, by name.
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
