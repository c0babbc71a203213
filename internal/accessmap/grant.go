package accessmap

import (
	"maps"
	"slices"
	"time"
)

// Grant is a role that a person or workload may take, and why.
type Grant struct {
	Role    string
	Because []Reason  // at least one
	Until   time.Time // when the last of them ends; zero where one of them has no end
}

// Reason is a rule of the map that matched: the claim of the identity's token, its value and the rule.
type Reason struct {
	Identity string
	Claim    string
	Value    string // the value that was found, as the provider writes it
	Rule     string // the rule's text, see glob
	// Until and Why are those of Given.
	Until time.Time
	Why   string
}

// Words say until when a grant lasts, and why it was given, for a sentence that names the role; "" where there is no end.
func (g Grant) Words() string {
	if g.Until.IsZero() {
		return ""
	}
	text := "until " + Until(g.Until)
	for _, r := range g.Because {
		if r.Until.Equal(g.Until) && r.Why != "" {
			return text + " (" + r.Why + ")"
		}
	}
	return text
}

// Claims are what a verified token says about a person or workload.
type Claims struct {
	Groups []string // of the groups claim; at Identity Center the assignments, as in 111122223333/MLAdmin
	// Values returns the texts of a claim, given as its name or as a JSON pointer; nil where there is none.
	Values func(name string) []string
}

// RolesFor returns the roles that claims give through an identity at a time, sorted by name, each with every reason. Only
// this identity's rules count: another provider's group of the same name gives nothing, and a rule that has ended gives
// nothing either. An unknown identity has no roles.
//
// A rule on groups gives one reason for each group that it matches, a rule on claims one for each of its claims. At IAM
// Identity Center the reason is the assignment of the role, or of the one through which it is assumed.
func (m *Map) RolesFor(identity string, claims Claims, now time.Time) []Grant {
	given, _ := m.grants(identity, claims, now)
	return given
}

// EndedFor returns the roles that claims would give through an identity if all rules that match had not ended, sorted by name.
// Until is when the last of them did.
func (m *Map) EndedFor(identity string, claims Claims, now time.Time) []Grant {
	_, over := m.grants(identity, claims, now)
	return over
}

func (m *Map) grants(identity string, claims Claims, now time.Time) (given, over []Grant) {
	from := m.Identities[identity]
	if from == nil {
		return nil, nil
	}
	because := m.reasons(from, claims)
	given = make([]Grant, 0, len(because))
	for _, role := range slices.Sorted(maps.Keys(because)) {
		all := because[role]
		if living := slices.DeleteFunc(slices.Clone(all), func(r Reason) bool { return ended(r.Until, now) }); len(living) > 0 {
			given = append(given, grantOf(role, living))
		} else {
			over = append(over, grantOf(role, all))
		}
	}
	return given, over
}

func grantOf(role string, because []Reason) Grant {
	g := Grant{Role: role, Because: because, Until: because[0].Until}
	for _, r := range because[1:] {
		g.Until = later(g.Until, r.Until)
	}
	return g
}

// Gives reports whether some rule of an identity gives a role, to whomever and until whenever: names of profiles go by it.
func (m *Map) Gives(identity, role string) bool { return m.gives[identity][role] }

// GivenBy are the roles that rules of an identity give which have not ended at a time, sorted.
func (m *Map) GivenBy(identity string, now time.Time) []string {
	given := make(map[string]bool)
	for _, rule := range m.Rules() {
		for _, g := range rule.Gives {
			if rule.Identity == identity && !g.Ended(now) {
				given[g.Role] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(given))
}

// Takers are the roles that rules which have not ended at a time give to people, and those that they give to workloads. A role
// in neither can't be taken; one of workloads alone is trusted to their issuers at AWS, so that people have no use for it.
func (m *Map) Takers(now time.Time) (people, workloads map[string]bool) {
	people, workloads = make(map[string]bool), make(map[string]bool)
	for _, rule := range m.Rules() {
		to := people
		if rule.Workload {
			to = workloads
		}
		for _, given := range rule.Gives {
			if !given.Ended(now) {
				to[given.Role] = true
			}
		}
	}
	return people, workloads
}

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
