package evaluate

import (
	"fmt"
	"slices"
	"strings"
)

// condition is what one operator says of one key.
type condition struct {
	operator
	key    string
	values []value
}

// operator is taken apart: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type operator struct {
	kind     kind
	relation relation
	negated  bool
	ifExists bool
	every    bool // ForAllValues
	some     bool // ForAnyValue
}

type kind int

const (
	ofStrings kind = iota
	ofStringsIgnoringCase
	ofPatterns
	ofARNs
	ofNumbers
	ofDates
	ofBools
	ofBytes
	ofAddresses
	ofPresence // Null
)

// newOperator reads an operator's name, which ignores case like the keys.
func newOperator(name string) (operator, error) {
	var o operator
	base := Lower(name)
	if rest, ok := strings.CutPrefix(base, "forallvalues:"); ok {
		base, o.every = rest, true
	} else if rest, ok := strings.CutPrefix(base, "foranyvalue:"); ok {
		base, o.some = rest, true
	}
	base, o.ifExists = strings.CutSuffix(base, "ifexists")
	if base == "null" && !o.every && !o.some && !o.ifExists {
		o.kind = ofPresence
		return o, nil
	}
	for _, family := range [...]struct {
		prefix  string
		kind    kind
		ordered bool
	}{{"numeric", ofNumbers, true}, {"date", ofDates, true}, {"arn", ofARNs, false}, {"string", ofStrings, false}} {
		rest, ok := strings.CutPrefix(base, family.prefix)
		if !ok {
			continue
		}
		o.kind = family.kind
		if family.ordered && o.readRelation(rest) || !family.ordered && o.readLikeness(rest) {
			return o, nil
		}
	}
	switch base {
	case "bool":
		o.kind = ofBools
	case "binaryequals":
		o.kind = ofBytes
	case "ipaddress":
		o.kind = ofAddresses
	case "notipaddress":
		o.kind, o.negated = ofAddresses, true
	default:
		return operator{}, fmt.Errorf("unknown operator %q", short(name))
	}
	return o, nil
}

// readRelation reads what follows Numeric and Date.
func (o *operator) readRelation(name string) bool {
	switch name {
	case "equals":
		o.relation = equal
	case "notequals":
		o.relation, o.negated = equal, true
	case "lessthan":
		o.relation = less
	case "lessthanequals":
		o.relation = lessOrEqual
	case "greaterthan":
		o.relation = greater
	case "greaterthanequals":
		o.relation = greaterOrEqual
	default:
		return false
	}
	return true
}

// readLikeness reads what follows String and Arn.
func (o *operator) readLikeness(name string) bool {
	if rest, ok := strings.CutPrefix(name, "not"); ok {
		name, o.negated = rest, true
	}
	strs := o.kind == ofStrings
	switch {
	case name == "equals":
	case name == "like" && strs:
		o.kind = ofPatterns
	case name == "like":
	case name == "equalsignorecase" && strs:
		o.kind = ofStringsIgnoringCase
	default:
		return false
	}
	return true
}

// holds reports whether the condition is met. Of several values in the policy one will do, and a negated operator wants
// none of them. Where the request lacks the key, negated operators hold and others don't.
func (c *condition) holds(a asked) bool {
	has := a.values(c.key)
	switch {
	case c.kind == ofPresence:
		return slices.ContainsFunc(c.values, func(v value) bool { return v.truth == (len(has) == 0) })
	case len(has) == 0:
		return c.every || !c.some && (c.ifExists || c.negated) // ForAnyValue wants one, whatever follows it
	case c.every:
		return !slices.ContainsFunc(has, func(s string) bool { return !c.meets(a, s) })
	case c.some:
		return slices.ContainsFunc(has, func(s string) bool { return c.meets(a, s) })
	case len(has) > 1:
		return false // several values are nothing that one could be compared with: AWS wants ForAllValues or ForAnyValue here
	default:
		return c.meets(a, has[0])
	}
}

// meets compares one value of the request with those of the policy.
func (c *condition) meets(a asked, s string) bool {
	return slices.ContainsFunc(c.values, func(v value) bool { return v.meets(c.operator, a, s) }) != c.negated
}
