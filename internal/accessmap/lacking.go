package accessmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Need is a role that a person or workload may not take, and what would give it.
type Need struct {
	Role  string
	Rules []string // a sentence for each rule of which one suffices; free of control characters. None where all have ended
	Ended *Grant   // what gave it until it ended; nil where nothing did
}

// Lacking returns the roles that an identity gives at a time, and that these claims do not give, sorted by name, with those that
// they gave once. An unknown identity has none.
func (m *Map) Lacking(identity string, claims Claims, now time.Time) []Need {
	from := m.Identities[identity]
	if from == nil {
		return nil
	}
	given, over := m.grants(identity, claims, now)
	has := make(map[string]bool, len(given))
	for _, g := range given {
		has[g.Role] = true
	}
	rules, once := make(map[string][]string), make(map[string]*Grant, len(over))
	for i, g := range over {
		rules[g.Role], once[g.Role] = nil, &over[i]
	}
	add := func(list []Given, rule func() string) {
		for _, g := range list {
			if has[g.Role] || g.Ended(now) {
				continue
			}
			text := rule()
			if !g.Until.IsZero() {
				text += " (until " + Until(g.Until) + ")"
			}
			rules[g.Role] = append(rules[g.Role], text)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(from.Groups)) {
		add(from.Groups[group], func() string {
			if isPattern(group) {
				return fmt.Sprintf("a group matching %s in the claim %s", shown(group), shown(from.GroupsClaim))
			}
			return fmt.Sprintf("the group %s in the claim %s", shown(group), shown(from.GroupsClaim))
		})
	}
	for _, rule := range from.Claims {
		add(rule.Roles, func() string { return rule.needs(claims) })
	}
	for _, g := range from.Roles {
		add([]Given{g}, func() string {
			needed, _ := m.assignment(g.Role)
			account, name, _ := strings.Cut(needed, "/")
			return fmt.Sprintf("the assignment of %s in account %s in IAM Identity Center", name, account)
		})
	}
	needs := make([]Need, 0, len(rules))
	for _, role := range slices.Sorted(maps.Keys(rules)) {
		needs = append(needs, Need{Role: role, Rules: rules[role], Ended: once[role]})
	}
	return needs
}

// needs says what a rule asks for and, for the claims that do not match, what they hold.
func (r ClaimRule) needs(claims Claims) string {
	var parts []string
	for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
		part := fmt.Sprintf("%s matching %s", claim, shown(r.Match[claim]))
		values := claims.claim(claim)
		switch {
		case len(values) == 0:
			part += " (there is none)"
		case !slices.ContainsFunc(values, newGlob(r.Match[claim])):
			part += " (it is " + someOf(values) + ")"
		}
		parts = append(parts, part)
	}
	return ui.And(parts)
}

// someOf quotes the first few of many values.
func someOf(values []string) string {
	const most = 5
	var quoted []string
	for _, value := range values[:min(len(values), most)] {
		quoted = append(quoted, shown(value))
	}
	if len(values) > most {
		quoted = append(quoted, "…")
	}
	return strings.Join(quoted, ", ")
}
