package accessmap

import (
	"maps"
	"slices"
)

// assignment is what stands for a claim's name where IAM Identity Center says what a person may take.
const assignment = "assignment"

// reasons collects, by role, the rules of an identity that match, those that have ended too.
func (m *Map) reasons(i *Identity, claims Claims) map[string][]Reason {
	because := make(map[string][]Reason)
	add := func(list []Given, reasons ...Reason) {
		for _, g := range list {
			for _, r := range reasons {
				if r.Until, r.Why = g.Until, g.Reason; !slices.Contains(because[g.Role], r) {
					because[g.Role] = append(because[g.Role], r)
				}
			}
		}
	}
	patterns := slices.DeleteFunc(slices.Sorted(maps.Keys(i.Groups)), func(rule string) bool { return !isPattern(rule) })
	globs := make([]glob, len(patterns))
	for n, pattern := range patterns {
		globs[n] = newGlob(pattern)
	}
	groups := set(slices.Clone(claims.Groups))
	for _, group := range groups {
		if roles, exactly := i.Groups[group]; exactly && !isPattern(group) {
			add(roles, Reason{Identity: i.Name, Claim: i.GroupsClaim, Value: group, Rule: group})
		}
		for n, pattern := range patterns {
			if globs[n](group) {
				add(i.Groups[pattern], Reason{Identity: i.Name, Claim: i.GroupsClaim, Value: group, Rule: pattern})
			}
		}
	}
	for _, rule := range i.Claims {
		if reasons, holds := rule.reasons(i.Name, claims); holds {
			add(rule.Roles, reasons...)
		}
	}
	for _, g := range i.Roles {
		if needed, ok := m.assignment(g.Role); ok && slices.Contains(groups, needed) {
			add([]Given{g}, Reason{Identity: i.Name, Claim: assignment, Value: needed, Rule: needed})
		}
	}
	return because
}

// reasons returns, for each claim that the rule names (sorted), the first value that matches. holds is false unless
// every claim matched.
func (r ClaimRule) reasons(identity string, claims Claims) (reasons []Reason, holds bool) {
	for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
		rule := r.Match[claim]
		values := claims.claim(claim)
		matched := slices.IndexFunc(values, newGlob(rule))
		if matched < 0 {
			return nil, false
		}
		reasons = append(reasons, Reason{Identity: identity, Claim: claim, Value: values[matched], Rule: rule})
	}
	return reasons, len(reasons) > 0
}

func (c Claims) claim(name string) []string {
	if c.Values == nil {
		return nil
	}
	return c.Values(name)
}

// assignment is the one at Identity Center that gives a role, as in 111122223333/MLAdmin: its own, or that of the role
// through which it is reached.
func (m *Map) assignment(role string) (string, bool) {
	line := m.line(m.Roles[role])
	if line == nil || line[0].AWS.RoleName == "" {
		return "", false
	}
	return line[0].AWS.AccountID + "/" + line[0].AWS.RoleName, true
}
