package answer

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// side is one of the two versions.
type side struct {
	*Index

	groups   map[string][]*accessmap.Rule // "identity\x00group" to the rules on exactly that group
	patterns map[string][]pattern         // identity to its patterns
	others   map[string][]*accessmap.Rule // key of a subject that is no single group to its rules
	assets   map[string][]asset           // of roles, as they are asked for
}

type pattern struct {
	rule  *accessmap.Rule
	takes func(group string) bool
}

func newSide(m *accessmap.Map, now time.Time) *side {
	s := &side{
		Index: New(m, now), groups: make(map[string][]*accessmap.Rule), patterns: make(map[string][]pattern),
		others: make(map[string][]*accessmap.Rule), assets: make(map[string][]asset),
	}
	for n := range s.rules {
		rule := &s.rules[n]
		if rule.IsPattern() {
			s.patterns[rule.Identity] = append(s.patterns[rule.Identity], pattern{rule, rule.GroupTaker()})
		}
		if key, group := keyOf(rule); group {
			s.groups[key] = append(s.groups[key], rule)
		} else {
			s.others[key] = append(s.others[key], rule)
		}
	}
	return s
}

// keyOf tells rules apart by what they ask for; group reports a rule on a single group.
func keyOf(r *accessmap.Rule) (key string, group bool) {
	const separator = "\x00"
	parts := []string{r.Identity}
	switch {
	case r.Group != "":
		parts = append(parts, "group", r.Group)
	case r.Match != nil:
		parts = append(parts, "claims")
		for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
			parts = append(parts, claim, r.Match[claim])
		}
	default:
		parts = append(parts, "assignment", r.Assigned)
	}
	return strings.Join(parts, separator), r.Group != "" && !r.IsPattern()
}

// subject is whom rules of either version are about.
type subject struct {
	key   string
	rule  *accessmap.Rule // one of them
	group bool            // it is a single group, so that patterns count too
}

// subjects are those of both versions, each once, in the order of the rules.
func subjects(sides ...*side) []subject {
	var list []subject
	seen := make(map[string]bool)
	for _, s := range sides {
		for n := range s.rules {
			key, group := keyOf(&s.rules[n])
			if !seen[key] {
				seen[key] = true
				list = append(list, subject{key, &s.rules[n], group})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b subject) int {
		return cmp.Or(cmp.Compare(a.rule.Identity, b.rule.Identity), cmp.Compare(a.rule.Who(), b.rule.Who()))
	})
	return list
}

// held is what a subject has through one role.
type held struct {
	role   string
	until  time.Time // zero: without end
	assets []asset
}

// roles are those that a version gives a subject, and until when; zero is without end. The budget may be overspent.
func (s subject) roles(in *side, left *budget) map[string]time.Time {
	rules := in.others[s.key]
	if s.group {
		rules = slices.Clone(in.groups[s.key])
		for _, p := range in.patterns[s.rule.Identity] {
			if left.spend(1); p.takes(s.rule.Group) {
				rules = append(rules, p.rule)
			}
		}
	}
	until := make(map[string]time.Time)
	for _, rule := range rules {
		for _, g := range rule.Gives {
			if end, known := until[g.Role]; !known || !end.IsZero() && (g.Until.IsZero() || g.Until.After(end)) {
				until[g.Role] = g.Until
			}
		}
	}
	return until
}

// has is what a version gives a subject by these roles. The budget may be overspent.
func (s subject) has(in *side, until map[string]time.Time, left *budget) []held {
	var all []held
	for _, role := range slices.Sorted(maps.Keys(until)) {
		assets := in.assetsOf(role, left)
		work := 1
		for _, a := range assets {
			work += a.work()
		}
		if !left.spend(work) {
			return nil
		}
		all = append(all, held{role, until[role], assets})
	}
	return all
}
