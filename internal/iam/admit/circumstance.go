package admit

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// meet puts values into a context by which a statement's conditions hold, as far as it finds some, and returns the keys for which
// it did, in lower case. What every request has, and what follows from the caller, is left as it is.
func (s *statement) meet(context map[string][]string) (chosen map[string]bool) {
	chosen = make(map[string]bool)
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			if always(key) || ofCaller(key) {
				continue
			}
			if values := meeting(operator, s.Condition[operator][key]); values != nil && !chosen[evaluate.Lower(key)] {
				context[key] = values
			}
			chosen[evaluate.Lower(key)] = true
		}
	}
	return chosen
}

// plainOperator is an operator in lower case without what it says of keys that are absent, or have several values; plain unless it
// is about several.
func plainOperator(operator string) (kind string, plain bool) {
	kind = strings.ToLower(operator)
	kind, anyOf := strings.CutPrefix(kind, "foranyvalue:")
	kind, allOf := strings.CutPrefix(kind, "forallvalues:")
	return strings.TrimSuffix(kind, "ifexists"), !anyOf && !allOf
}

// meeting is a value for which an operator holds, nil for an absent key.
func meeting(operator string, values words) []string {
	kind, _ := plainOperator(operator)
	if len(values) == 0 || strings.Contains(kind, "not") {
		return nil // which holds where the key is absent
	}
	first := values[0]
	switch kind {
	case "null":
		if strings.EqualFold(first, "true") {
			return nil
		}
		return []string{exampleName}
	case "stringlike", "arnlike", "arnequals":
		return []string{concrete(first)}
	case "ipaddress":
		return []string{address(first)}
	}
	return []string{beside(kind, first)}
}

// missing are values for which an operator does not hold, to be tried one after the other; nil among them is an absent key.
func missing(operator string, values words) [][]string {
	kind, _ := plainOperator(operator)
	if len(values) == 0 {
		return nil
	}
	first := values[0]
	switch {
	case kind == "null" && strings.EqualFold(first, "true"):
		return [][]string{{exampleName}}
	case kind == "null":
		return [][]string{nil}
	case kind == "bool":
		other := "true"
		if strings.EqualFold(first, "true") {
			other = "false"
		}
		return [][]string{{other}, nil}
	case kind == "notipaddress":
		return [][]string{{address(first)}, nil}
	case strings.Contains(kind, "not"):
		return [][]string{{concrete(first)}, {first}, nil}
	}
	list := [][]string{nil, {exampleName}}
	if strings.HasPrefix(kind, "numeric") {
		for _, step := range []int{-1, 0, 1} {
			if n, err := strconv.Atoi(first); err == nil {
				list = append(list, []string{strconv.Itoa(n + step)})
			}
		}
	}
	return list
}

// beside is a value for which an operator that orders holds, and else the value itself.
func beside(kind, value string) string {
	step := 0
	switch {
	case strings.HasSuffix(kind, "lessthan"):
		step = -1
	case strings.HasSuffix(kind, "greaterthan"):
		step = 1
	}
	if step == 0 {
		return value
	}
	if n, err := strconv.Atoi(value); err == nil {
		return strconv.Itoa(n + step)
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t.Add(time.Duration(step) * time.Hour).Format(time.RFC3339)
	}
	return value
}

// concrete is a text that is like a pattern.
func concrete(pattern string) string { return strings.NewReplacer("*", "x", "?", "x").Replace(pattern) }

func address(network string) string {
	if prefix, err := netip.ParsePrefix(network); err == nil {
		return prefix.Addr().String()
	}
	return network
}

// like reports whether a text is like a pattern of IAM's: * stands for any characters, ? for one.
func like(pattern, text string) bool {
	p, t := 0, 0
	star, from := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
