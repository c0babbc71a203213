package accessmap

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// groupRule is a rule on groups, by which its place is found.
type groupRule struct{ identity, rule string }

// maxMatched bounds how many groups are held against patterns: a hostile map of some megabytes has ten thousands of each.
const maxMatched = 200_000

// lintIdentity looks at the rules of one identity.
func (l *linter) lintIdentity(i *Identity) {
	l.lintEmpty(i)
	l.lintTrust(i)
	l.lintPatterns(i)
	l.lintSpellings(i)
	l.lintRepeated(i)
	l.lintRepeatedClaims(i)
}

// lintEmpty finds rules that give nothing: who reads them thinks that they do.
func (l *linter) lintEmpty(i *Identity) {
	for group, list := range i.Groups {
		if len(list) == 0 {
			l.ofIdentity(ruleEmpty, i, l.groupAt[groupRule{i.Name, group}], "identity %s: group %s gets no role", i.Name, shown(group))
		}
	}
	for _, rule := range i.Claims {
		if len(rule.Roles) == 0 {
			l.ofIdentity(ruleEmpty, i, rule.at, "identity %s: a rule on claims gives no role", i.Name)
		}
	}
}

// lintTrust finds people whom the map tells apart by what a trust policy does not hold by itself. Of a provider's token it sees who it
// is for, who it is about and signed tags:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
// An address it sees as well, verified or not, so a rule on one is warned of; other claims only where IAM has a context provider.
// What is behind a chain is opened by the role at its beginning, so that one counts.
func (l *linter) lintTrust(i *Identity) {
	if i.Method() != idp.OpenIDConnect {
		return
	}
	var doors [][]string // of each rule
	add := func(list []Given) {
		var opened []string
		for _, name := range namesOf(list) {
			if line := l.line(l.Roles[name]); line != nil && line[0].AWS.RoleARN != "" {
				opened = append(opened, line[0].Name)
			}
		}
		if len(opened) > 0 {
			doors = append(doors, set(opened))
		}
	}
	for group, list := range i.Groups {
		if len(i.SignedTags[group]) == 0 { // which the trust policies demand
			add(list)
		}
	}
	for _, rule := range i.Claims {
		if _, onSubject := rule.Match["sub"]; !onSubject {
			add(rule.Roles)
		}
	}
	different := slices.ContainsFunc(doors, func(opened []string) bool { return !slices.Equal(opened, doors[0]) })
	if !different {
		return
	}
	roles := set(slices.Concat(doors...))
	l.ofIdentity(trustByAudience, i, l.identityAt[i.Name],
		"identity %s gives the AWS roles %s by groups, or by claims other than sub: with trust policies on aud alone, everybody who may use the application can take each of them; "+
			"let these list sub, require a tag that the provider signs, or hold the claims, as `dbxaccess map trust %s` writes it, or give each class of people an application of its own",
		i.Name, firstOf(roles), roles[0])
}

// lintPatterns finds patterns of groups that give roles with sensitive data.
func (l *linter) lintPatterns(i *Identity) {
	for group, list := range i.Groups {
		if !isPattern(group) {
			continue
		}
		if _, whole := literalStart(group); whole { // backslashes alone
			continue
		}
		for _, role := range namesOf(list) {
			if d := l.Roles[role].mostSensitive; d != nil && sensitivity(d) >= sensitivity(&Dataset{Sensitivity: Confidential}) {
				l.ofIdentity(patternOnSensitive, i, l.groupAt[groupRule{i.Name, group}],
					"identity %s: groups matching %s get role %s, which has dataset %s (%s): who may create such a group gives it away",
					i.Name, shown(group), role, d.Name, d.Sensitivity)
				break
			}
		}
	}
}

// lintSpellings finds groups that differ in case alone. Groups are compared letter by letter, so one of them is a slip.
func (l *linter) lintSpellings(i *Identity) {
	type spelling struct {
		group string
		at    position
	}
	first := make(map[string]spelling, len(i.Groups)) // in the file
	for group := range i.Groups {
		one := spelling{group, l.groupAt[groupRule{i.Name, group}]}
		folded := strings.ToLower(group)
		if other, twice := first[folded]; !twice || one.at.compare(other.at) < 0 {
			first[folded] = one
		}
	}
	if len(first) == len(i.Groups) {
		return
	}
	for group := range i.Groups {
		if other := first[strings.ToLower(group)]; other.group != group {
			l.ofIdentity(groupSpelling, i, l.groupAt[groupRule{i.Name, group}], "identity %s: the groups %s and %s differ in case alone, and the provider sends one of them",
				i.Name, shown(other.group), shown(group))
		}
	}
}

// lintRepeated finds roles that one group, or one set of claims, is given twice: taking the role from one rule would change
// nothing, and look as if it did.
func (l *linter) lintRepeated(i *Identity) {
	patterns := make(map[string][]string) // role to the patterns that give it
	for group, list := range i.Groups {
		if isPattern(group) {
			for _, role := range namesOf(list) {
				patterns[role] = append(patterns[role], group)
			}
		}
	}
	globs := make(map[string]glob)
	for _, group := range slices.Sorted(maps.Keys(i.Groups)) { // in an order, as it may end before all were looked at
		if isPattern(group) {
			continue
		}
		for _, role := range namesOf(i.Groups[group]) {
			for _, pattern := range patterns[role] {
				if l.matched++; l.matched > maxMatched {
					return
				}
				if globs[pattern] == nil {
					globs[pattern] = newGlob(pattern)
				}
				if globs[pattern](group) {
					l.ofIdentity(ruleRepeated, i, l.groupAt[groupRule{i.Name, group}], "identity %s: group %s gets role %s by the rule %s too",
						i.Name, shown(group), role, shown(pattern))
				}
			}
		}
	}
}

func (l *linter) lintRepeatedClaims(i *Identity) {
	type asked struct{ claims, role string }
	first := make(map[asked]int)
	for _, rule := range i.Claims {
		key := ""
		for _, claim := range slices.Sorted(maps.Keys(rule.Match)) {
			key += strconv.Quote(claim) + strconv.Quote(rule.Match[claim])
		}
		for _, role := range namesOf(rule.Roles) {
			if line := first[asked{key, role}]; line > 0 {
				l.ofIdentity(ruleRepeated, i, rule.at, "identity %s: the rule on line %d gives role %s for the same claims", i.Name, line, role)
				continue
			}
			first[asked{key, role}] = rule.at.line
		}
	}
}
