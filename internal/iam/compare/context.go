package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// judge says whether a part of a statement holds: package evaluate reads it as a policy of its own.
type judge struct{ policy *evaluate.Policy }

// How much work it is to read a part of a statement, and to judge by it.
const ofReading, ofJudging = 500, 20

func newJudge(policy string) judge {
	p, err := evaluate.Parse(policy)
	if err != nil {
		return judge{} // it was read as a part of the whole before: speaks to nobody
	}
	return judge{p}
}

func (j judge) holds(r evaluate.Request) bool { return j.policy.Evaluate(r).Effect == evaluate.Deny }

// circumstance is one way in which requests' contexts meet the conditions of all statements.
type circumstance struct {
	of      bits  // statements whose conditions hold
	choices []int // for each key of the circumstances
}

// circumstances are those of some statements.
type circumstances struct {
	keys    []string
	choices [][][]string // values by key
	of      [][]bits     // statements that hold as far as the key goes, by key and choice
	list    []circumstance
}

// always are keys that every request has: what a policy says for requests without them is about none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var always = []string{"aws:currenttime", "aws:epochtime", "aws:principalarn", "aws:principalaccount"}

// newCircumstances finds them for the statements of a set, for one who asks.
func (m *model) newCircumstances(a asker, relevant bits) circumstances {
	var (
		about []statement
		index []int
		c     circumstances
	)
	for i := range m.statements {
		if relevant.has(i) {
			about, index = append(about, m.statements[i]), append(index, i)
			c.keys = append(c.keys, m.statements[i].keys()...)
		}
	}
	slices.Sort(c.keys)
	c.keys = slices.Compact(c.keys)
	start := circumstance{of: relevant, choices: []int{}}
	c.list = []circumstance{start}
	for _, key := range c.keys {
		list := m.choicesOf(about, key)
		judges := make(map[int]judge)
		for i := range about {
			if slices.Contains(about[i].keys(), key) {
				judges[index[i]] = newJudge(about[i].text(key))
				m.spend(ofReading)
			}
		}
		var (
			values [][]string
			of     []bits
		)
		for _, choice := range list {
			r := m.request(a, "x:x", "*", map[string][]string{key: choice})
			holds := slices.Clone(relevant)
			for i, j := range judges {
				if !j.holds(r) {
					holds.clear(i)
				}
			}
			if !slices.ContainsFunc(of, func(b bits) bool { return slices.Equal(b, holds) }) {
				values, of = append(values, choice), append(of, holds)
			}
			m.spend(ofJudging * len(judges))
		}
		c.choices, c.of = append(c.choices, values), append(c.of, of)
		c.list = m.multiply(c.list, of)
	}
	return c
}

// choicesOf are the values that are tried of a key: of what follows from who asks, the one that does.
func (m *model) choicesOf(about []statement, key string) [][]string {
	if key == "aws:principalarn" || key == "aws:principalaccount" {
		return [][]string{absent}
	}
	list, whole := choices(about, key, m.sample, m.budget)
	m.whole = m.whole && whole
	switch service, _, _ := strings.Cut(key, ":"); {
	case slices.Contains(always, key):
		return list[1:]
	case strings.Contains(service, "."): // of an issuer's tokens, which rather have another value than none
		return append(list[1:], absent)
	default:
		return list
	}
}

// multiply joins each circumstance with each choice of one more key, and keeps one of those that are alike.
func (m *model) multiply(list []circumstance, of []bits) []circumstance {
	const most = 4096
	seen := make(map[string]bool)
	var product []circumstance
	for _, c := range list {
		for i, b := range of {
			holds := c.of.and(b)
			k := holds.key()
			if seen[k] || !m.spend(len(b)) {
				continue
			}
			if seen[k] = true; len(product) == most {
				m.whole = false
				return product
			}
			product = append(product, circumstance{holds, append(slices.Clone(c.choices), i)})
		}
	}
	return product
}

// values are the context of a circumstance, keys that are absent with no values.
func (c circumstances) values(choices []int) map[string][]string {
	values := make(map[string][]string)
	for k, i := range choices {
		values[c.keys[k]] = c.choices[k][i]
	}
	return values
}

// hold are the statements whose conditions hold by the choices.
func (c circumstances) hold(relevant bits, choices []int) bits {
	for k, i := range choices {
		relevant = relevant.and(c.of[k][i])
	}
	return relevant
}

// request is one with the values, and with those of variables.
func (m *model) request(a asker, action, resource string, values map[string][]string) evaluate.Request {
	context := make(map[string][]string)
	for _, key := range m.variableKeys() {
		context[key] = []string{m.sample(key)}
	}
	maps.Copy(context, values)
	maps.DeleteFunc(context, func(key string, values []string) bool {
		return len(values) == 0 || key == "aws:principalarn" || key == "aws:principalaccount"
	})
	return evaluate.Request{Action: action, Resource: resource, Principal: a.principal, Role: a.role, Context: context}
}

// spend takes from the budget, and notes its end.
func (m *model) spend(n int) bool {
	ok := m.budget.spend(n)
	m.whole = m.whole && ok
	return ok
}
