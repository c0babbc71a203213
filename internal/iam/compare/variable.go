package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// A variable is tried with one value, the sample. With others, its statement meets other requests, and what the other
// statements say of those may be told apart only there. So each statement with variables has a loose one beside it, which
// decides nothing and holds wherever the statement may hold, for some value. Where the sides are alike for the sample, and would
// not be if a statement held that may, the comparison is not whole.

// variableKeys are those that resources and conditions are compared with, sorted.
func (m *model) variableKeys() []string {
	if m.variable == nil {
		m.variable = []string{}
		for i := range m.statements {
			if s := &m.statements[i]; s.variables() {
				for _, text := range s.texts() {
					m.variable = append(m.variable, variablesIn(text)...)
				}
			}
		}
		slices.Sort(m.variable)
		m.variable = slices.Compact(m.variable)
	}
	return m.variable
}

// sameVariables reports whether both sides have the same statements with variables. If not, there are more values than are
// tried.
func (m *model) sameVariables() bool {
	var sets [2][]string
	for i := range m.statements {
		s := &m.statements[i]
		if s.variable() {
			atoms := s.atoms(mostAtoms)
			if atoms == nil {
				return false
			}
			slices.Sort(atoms)
			sets[side(s)] = append(sets[side(s)], fmt.Sprint(s.at.Layer, atoms))
		}
	}
	for i := range sets {
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
	}
	return slices.Equal(sets[0], sets[1])
}

// texts are those that may have variables.
func (s *statement) texts() words {
	list := append(slices.Clone(s.Resource), s.NotResource...)
	for _, of := range s.Condition {
		for _, values := range of {
			list = append(list, values...)
		}
	}
	return list
}

func variablesIn(text string) (keys []string) {
	for {
		_, after, found := strings.Cut(text, "${")
		inside, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			return keys
		}
		key, _, _ := strings.Cut(inside, ",")
		if key = evaluate.Lower(strings.TrimSpace(key)); key != "*" && key != "?" && key != "$" {
			keys = append(keys, key)
		}
		text = rest
	}
}

// variable reports whether the statement has variables.
func (s *statement) variable() bool {
	return s.variables() && slices.ContainsFunc(s.texts(), hasVariable)
}

func hasVariable(text string) bool { return len(variablesIn(text)) > 0 }

// addLoose adds the loose statements.
func (m *model) addLoose() {
	for i := range m.statements {
		if s := &m.statements[i]; s.variable() {
			m.loose = true
			s.varies = true
			m.statements = append(m.statements, s.loosened())
		}
	}
}

// loosened holds wherever the statement does for any value of its variables.
func (s *statement) loosened() statement {
	l := *s
	l.varies, l.loose = false, true
	if l.NotResource = slices.DeleteFunc(slices.Clone(s.NotResource), hasVariable); len(l.NotResource) == 0 && len(s.NotResource) > 0 {
		l.NotResource, l.Resource = nil, words{"*"}
	}
	l.Condition = make(map[string]map[string]words)
	for operator, of := range s.Condition {
		l.Condition[operator] = make(map[string]words)
		for key, values := range of {
			if !slices.ContainsFunc(values, hasVariable) {
				l.Condition[operator][key] = values
			}
		}
	}
	return l
}

// mayDiffer reports whether the sides would part if of the statements with variables, which both have, others held than with
// the sample.
func (m *model) mayDiffer(holds bits) bool {
	if !m.loose {
		return false
	}
	var (
		allows [2][2]bool // by side and layer, whatever the variables are
		denies [2]bool
		may    [2]bool // by layer: a statement with variables may allow
	)
	for i := range m.statements {
		s := &m.statements[i]
		switch {
		case !holds.has(i) || s.varies:
		case s.loose:
			may[s.at.Layer] = may[s.at.Layer] || !s.denies() // one that denies does so on both sides
		case s.denies():
			denies[side(s)] = true
		default:
			allows[side(s)][s.at.Layer] = true
		}
	}
	for _, identity := range [...]bool{false, may[Identity]} {
		for _, boundary := range [...]bool{false, may[Boundary]} {
			var allowed [2]bool
			for side := range allowed {
				allowed[side] = !denies[side] && (allows[side][Identity] || identity) &&
					(!m.bounded[side] || allows[side][Boundary] || boundary)
			}
			if allowed[0] != allowed[1] {
				return true
			}
		}
	}
	return false
}
