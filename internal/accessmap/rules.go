package accessmap

import (
	"maps"
	"slices"
)

// assignment is what stands for a claim's name where IAM Identity Center says what somebody may take.
const assignment = "assignment"

// reasons collects, by role, what of an identity's rules holds for somebody.
func (m *Map) reasons(i *Identity, who Claims) map[string][]Reason {
	because := make(map[string][]Reason)
	add := func(roles []string, reasons ...Reason) {
		for _, role := range roles {
			for _, r := range reasons {
				if !slices.Contains(because[role], r) {
					because[role] = append(because[role], r)
				}
			}
		}
	}
	var patterns []*glob
	for _, group := range slices.Sorted(maps.Keys(i.Groups)) {
		if isPattern(group) {
			patterns = append(patterns, newGlob(group))
		}
	}
	groups := set(slices.Clone(who.Groups))
	for _, group := range groups {
		if roles, exactly := i.Groups[group]; exactly && !isPattern(group) {
			add(roles, Reason{Identity: i.Name, Claim: i.GroupsClaim, Value: group, Rule: group})
		}
		for _, pattern := range patterns {
			if pattern.match(group) {
				add(i.Groups[pattern.rule], Reason{Identity: i.Name, Claim: i.GroupsClaim, Value: group, Rule: pattern.rule})
			}
		}
	}
	for _, rule := range i.Claims {
		if reasons, holds := rule.reasons(i.Name, who); holds {
			add(rule.Roles, reasons...)
		}
	}
	for _, role := range i.Roles {
		if needed, ok := m.assignment(role); ok && slices.Contains(groups, needed) {
			add([]string{role}, Reason{Identity: i.Name, Claim: assignment, Value: needed, Rule: needed})
		}
	}
	return because
}

// reasons are the values that a rule takes, one of each claim, by the claims' names. It holds if there is one of each.
func (r ClaimRule) reasons(identity string, who Claims) (reasons []Reason, holds bool) {
	for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
		rule := r.Match[claim]
		values := who.claim(claim)
		taken := slices.IndexFunc(values, newGlob(rule).match)
		if taken < 0 {
			return nil, false
		}
		reasons = append(reasons, Reason{Identity: identity, Claim: claim, Value: values[taken], Rule: rule})
	}
	return reasons, len(reasons) > 0
}

func (h Claims) claim(name string) []string {
	if h.Values == nil {
		return nil
	}
	return h.Values(name)
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
