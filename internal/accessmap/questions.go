package accessmap

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
)

// Rule is one rule of the map that gives roles, as its author wrote it: on a group's name, on claims, or by an assignment.
// Exactly one of Group, Match and Assigned is set.
type Rule struct {
	Identity  string
	Workload  bool              // it is for jobs and machines, not for people
	Group     string            // a group's name or a pattern, see glob
	Match     map[string]string // a claim's name or JSON pointer to a rule on its text; all have to hold
	Assigned  string            // an assignment of IAM Identity Center, as in 111122223333/MLAdmin
	Everybody bool              // it asks for nothing in particular
	Gives     []Given           // in the map's order
}

// Rules lists every rule of every identity: identities by name, in each the groups by name, then the rules on claims in the
// map's order, then the assignments. What has ended is among them.
func (m *Map) Rules() []Rule {
	var rules []Rule
	for _, name := range slices.Sorted(maps.Keys(m.Identities)) {
		i := m.Identities[name]
		rule := Rule{Identity: name, Workload: !i.Method().SignsIn()}
		for _, group := range slices.Sorted(maps.Keys(i.Groups)) {
			r := rule
			r.Group, r.Everybody, r.Gives = group, everything(group), i.Groups[group]
			rules = append(rules, r)
		}
		for _, claims := range i.Claims {
			r := rule
			r.Match, r.Everybody, r.Gives = claims.Match, true, claims.Roles
			for _, text := range claims.Match {
				r.Everybody = r.Everybody && everything(text)
			}
			rules = append(rules, r)
		}
		for _, given := range i.Roles {
			r := rule
			r.Assigned, _ = m.assignment(given.Role)
			r.Gives = []Given{given}
			rules = append(rules, r)
		}
	}
	return rules
}

// Who says in words whom a rule is about: "group analysts". A rule for everybody says so aloud. It is cleaned, and values are in
// quotes where they are more than a plain name.
func (r *Rule) Who() string {
	switch {
	case r.Assigned != "":
		account, set, _ := strings.Cut(r.Assigned, "/")
		return "assignment of " + named(set) + " in account " + named(account)
	case r.Match != nil:
		var asks []string
		for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
			asks = append(asks, named(claim)+" "+shown(r.Match[claim]))
		}
		who := "tokens with " + strings.Join(asks, " and ")
		if r.Everybody {
			who = "EVERYBODY, by " + who
		}
		return who
	case r.Everybody:
		return "EVERYBODY with a group, by " + shown(r.Group)
	case isPattern(r.Group):
		return "groups matching " + shown(r.Group)
	}
	return "group " + named(r.Group)
}

// IsPattern reports whether a rule on groups takes more than one name.
func (r *Rule) IsPattern() bool { return r.Group != "" && isPattern(r.Group) }

// GroupTaker makes a rule on groups ready for many names: what is returned reports whether it takes one.
func (r *Rule) GroupTaker() func(group string) bool {
	if r.Group == "" {
		return func(string) bool { return false }
	}
	return newGlob(r.Group)
}

// named shows a value bare where it can't be misread: letters, digits and a few signs, as most names of groups have.
func named(value string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-/:@+", c)
	}
	if value != "" && len(value) <= 80 && strings.IndexFunc(value, func(c rune) bool { return !plain(c) }) < 0 {
		return value
	}
	return shown(value)
}

// Lineage is a role and all it inherits from, each once: itself first, then its parents in the map's order, then theirs. nil
// for a role that the map does not have.
func (m *Map) Lineage(role string) []*Role {
	r := m.Roles[role]
	if r == nil {
		return nil
	}
	return m.lineage(r)
}

// Unbounded reports whether nothing in the map narrows a role at AWS, so that it may do all that stands behind it there. False for
// a role that the map does not have or that is not at AWS.
func (m *Map) Unbounded(role string) bool {
	r := m.Roles[role]
	return r != nil && r.unbounded()
}

// PolicyOf compiles the session policy that a role would have if its one grant were a verb (read, write or delete) on one
// dataset, less what all its datasets deny: what tells which grant of several allows something.
func (m *Map) PolicyOf(role *Effective, dataset, verb string) string {
	alone := *role
	alone.Read, alone.Write, alone.Delete, alone.Statements, alone.ManagedPolicies = nil, nil, nil, nil, nil
	switch verb {
	case Read:
		alone.Read = []string{dataset}
	case Write:
		alone.Write = []string{dataset}
	case Delete:
		alone.Delete = []string{dataset}
	}
	return m.compile(&alone, time.Time{}).Whole
}

// Granted is what a role may do with its datasets and statements, as the compiler of package policy takes it, without an end.
// Errors are those of Policy.
func (m *Map) Granted(role string) (policy.Grants, error) {
	r, err := m.takeable(role)
	if err != nil {
		return policy.Grants{}, err
	}
	return m.granted(m.effective(r)), nil
}

// IdentityPlace is where an identity begins in the map's file, both from 1; 0 for one that is not in it.
func (m *Map) IdentityPlace(name string) (line, column int) {
	at := m.identityAt[name]
	return at.line, at.column
}
