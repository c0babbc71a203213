package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// group is a difference for which there may be several examples.
type group struct {
	Difference
	examples                []example
	resources, actions, who map[string]bool
}

type example struct {
	request evaluate.Request
	needs   map[string][]string
}

// compare walks through all cells.
func (m *model) compare() {
	m.whole = m.whole && m.sameVariables() && !slices.ContainsFunc(m.statements, m.misplaced)
	m.addLoose()
	resources := m.resourceCells()
	actions := m.actionCells()
	for _, a := range m.askers() {
		known := make(map[string]circumstances)
		for _, action := range actions {
			if m.trust && !a.kind.assumes(action.asked) {
				continue
			}
			if !m.spend(1) {
				return
			}
			relevant := action.of.and(a.of)
			k := relevant.key()
			c, ok := known[k]
			if !ok {
				c = m.newCircumstances(a, relevant)
				known[k] = c
			}
			m.compareCell(a, action, relevant, c, resources)
		}
	}
}

// misplaced reports whether a statement has what AWS takes only in the other kind of policy, and what is not looked at here.
func (m *model) misplaced(s statement) bool {
	if m.trust {
		return len(s.Resource)+len(s.NotResource) > 0
	}
	return len(s.Principal)+len(s.NotPrincipal) > 0
}

// compareCell decides what actions of a cell may do on each resource under each circumstance.
func (m *model) compareCell(a asker, action actionCell, relevant bits, c circumstances, resources []resourceCell) {
	same := make(map[string]bool) // statements between which no circumstance makes a difference
	for _, r := range resources {
		if !action.kind.fits(r) {
			continue
		}
		on := relevant.and(r.of)
		k := on.key()
		if same[k] {
			continue
		}
		same[k] = true
		for _, now := range c.list {
			if !m.spend(len(m.statements)/8 + 1) {
				return
			}
			holds := on.and(now.of)
			wanted, actual := m.decide(0, holds), m.decide(1, holds)
			if wanted.allowed == actual.allowed {
				m.whole = m.whole && !m.mayDiffer(holds)
				continue
			}
			same[k] = false
			m.add(a, action, r, on, c, now, wanted, actual)
		}
	}
}

// verdict is what a side says, and by which statement; -1 for none.
type verdict struct {
	allowed bool
	by      int
	bounded bool // the boundary refuses
}

// decide is the rule of IAM: a Deny anywhere wins, and each layer has to allow.
func (m *model) decide(side int, holds bits) verdict {
	allows := [2]int{-1, -1}
	for i := range m.statements {
		s := &m.statements[i]
		if !holds.has(i) || s.loose || s.at.Actual != (side == 1) {
			continue
		}
		if s.denies() {
			return verdict{by: i, bounded: s.at.Layer == Boundary}
		}
		if allows[s.at.Layer] < 0 {
			allows[s.at.Layer] = i
		}
	}
	switch {
	case allows[Identity] < 0:
		return verdict{by: -1}
	case m.bounded[side] && allows[Boundary] < 0:
		return verdict{by: -1, bounded: true}
	default:
		return verdict{allowed: true, by: allows[Identity]}
	}
}

func (m *model) add(a asker, action actionCell, r resourceCell, on bits, c circumstances, now circumstance, wanted, actual verdict) {
	allows, refuses := wanted, actual
	if actual.allowed {
		allows, refuses = actual, wanted
	}
	needs := m.needs(on, c, now.choices, actual.allowed)
	k := fmt.Sprint(actual.allowed, refuses.bounded, " allowed by ", allows.by)
	if refuses.by >= 0 { // which is the cause, whatever is allowed by what
		k = fmt.Sprint(actual.allowed, refuses.bounded, " denied by ", refuses.by)
	}
	if m.trust {
		k += fmt.Sprint(sortedKeys(needs))
	}
	g := m.groups[k]
	if g == nil {
		g = &group{actions: make(map[string]bool), resources: make(map[string]bool), who: make(map[string]bool)}
		g.More, g.Allows, g.Bounded = actual.allowed, m.statements[allows.by].at, refuses.bounded
		if refuses.by >= 0 {
			g.Refuses = &m.statements[refuses.by].at
		}
		m.groups[k] = g
		m.order = append(m.order, k)
	}
	for _, name := range action.names {
		g.actions[name] = true
	}
	resource := r.arn
	if m.trust {
		resource = m.role.arn
		for _, name := range m.statements[allows.by].naming(a) {
			g.who[name] = true
		}
	} else {
		for _, text := range m.matched(&m.statements[allows.by], r.arn) {
			g.resources[text] = true
		}
	}
	const most = 16
	if len(g.examples) < most {
		g.examples = append(g.examples, example{m.request(a, action.asked, resource, c.values(now.choices)), needs})
	}
}

// needs are the keys by which the sides part: with another value of one, both would allow.
func (m *model) needs(on bits, c circumstances, choices []int, more bool) map[string][]string {
	refusing := map[bool]int{true: 0, false: 1}[more]
	needs := make(map[string][]string)
	for k, key := range c.keys {
		for i := range c.choices[k] {
			other := slices.Clone(choices)
			other[k] = i
			if holds := c.hold(on, other); m.decide(refusing, holds).allowed && m.decide(1-refusing, holds).allowed {
				needs[m.spelt(key)] = c.choices[k][choices[k]]
				break
			}
		}
	}
	return needs
}

// spelt is a key as the first statement that has it writes it.
func (m *model) spelt(key string) string {
	for i := range m.statements {
		for _, of := range m.statements[i].about(key) {
			for spelt := range of {
				return spelt
			}
		}
	}
	return key
}

// differences are the groups, each with the example that depends on the least and is judged differently, if one is.
func (m *model) differences() []Difference {
	var list []Difference
	for _, k := range m.order {
		g := m.groups[k]
		slices.SortStableFunc(g.examples, func(a, b example) int { return len(a.needs) - len(b.needs) })
		at := max(0, slices.IndexFunc(g.examples, func(e example) bool { return m.judged(e.request, g.More) }))
		e := g.examples[at]
		g.Request, g.Needs, g.Sure = e.request, e.needs, m.judged(e.request, g.More)
		g.Actions, g.Resources, g.Who = sortedKeys(g.actions), sortedKeys(g.resources), sortedKeys(g.who)
		list = append(list, g.Difference)
	}
	slices.SortStableFunc(list, func(a, b Difference) int {
		if a.More != b.More {
			return map[bool]int{true: -1, false: 1}[a.More]
		}
		return strings.Compare(a.Request.Principal, b.Request.Principal)
	})
	return list
}

func (m *model) judged(r evaluate.Request, more bool) bool {
	wanted, actual := evaluate.Decide(m.judges[0], r).Allowed, evaluate.Decide(m.judges[1], r).Allowed
	return wanted != actual && actual == more
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
