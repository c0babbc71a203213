package iam

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// statement is one of a policy's. Principals, variables, numbers, dates, addresses and the quantifiers of many values are not
// judged: a policy that has them is refused as invalid, so that no test rests on them.
type statement struct {
	Sid, Effect string

	Action, NotAction, Resource, NotResource issuer.Texts

	Condition map[string]map[string]issuer.List[scalar]
}

// scalar is a text, or a number or truth value written as one.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(data []byte) error {
	if text, err := strconv.Unquote(string(data)); err == nil {
		*s = scalar(text)
		return nil
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	switch value.(type) {
	case string, bool, float64:
		*s = scalar(fmt.Sprint(value))
		return nil
	}
	return fmt.Errorf("%s is no value of a condition", data)
}

// policy is one that was read.
type policy []statement

// verdict is what policies say to a question.
type verdict int

// None of them speaks to it, one allows it, one denies it.
const (
	implicitDeny verdict = iota
	allowed
	explicitDeny
)

// String is as the API has it.
func (v verdict) String() string {
	return [...]string{"implicitDeny", "allowed", "explicitDeny"}[v]
}

// question is one action on one resource, with the values of condition keys in lower case.
type question struct {
	action, resource string
	context          map[string][]string
}

func readPolicy(document string) (policy, error) {
	var read struct{ Statement issuer.List[statement] }
	if err := json.Unmarshal([]byte(document), &read); err != nil {
		return nil, err
	}
	for _, s := range read.Statement {
		for operator := range s.Condition {
			if _, _, _, known := comparison(operator); !known {
				return nil, fmt.Errorf("the condition operator %s is not judged here", operator)
			}
		}
	}
	return policy(read.Statement), nil
}

// readPolicies reads several, of which one that can't be read is a fault.
func readPolicies(documents []string) ([]policy, *fault) {
	var all []policy
	for _, document := range documents {
		p, err := readPolicy(document)
		if err != nil {
			return nil, &fault{"InvalidInput", "Invalid policy: " + err.Error()}
		}
		all = append(all, p)
	}
	return all, nil
}

// judge is what several policies say together.
func (q question) judge(all []policy) verdict {
	found := implicitDeny
	for _, p := range all {
		for _, s := range p {
			if !s.about(q) {
				continue
			}
			if s.Effect == "Deny" {
				return explicitDeny
			}
			found = allowed
		}
	}
	return found
}

func (s statement) about(q question) bool {
	like := func(patterns issuer.Texts, text string, fold bool) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return glob(pattern, text, fold) })
	}
	acts := like(s.Action, q.action, true) || s.NotAction != nil && !like(s.NotAction, q.action, true)
	meets := like(s.Resource, q.resource, false) || s.NotResource != nil && !like(s.NotResource, q.resource, false)
	if !acts || !meets {
		return false
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !holds(operator, q.context[strings.ToLower(key)], values) {
				return false
			}
		}
	}
	return true
}

// comparison takes an operator apart.
func comparison(operator string) (kind string, negated, ifExists, known bool) {
	kind, ifExists = strings.CutSuffix(strings.ToLower(operator), "ifexists")
	switch kind {
	case "stringequals", "stringlike", "arnequals", "arnlike", "bool", "null", "stringequalsignorecase":
		return kind, false, ifExists, true
	case "stringnotequals", "stringnotlike", "arnnotequals", "arnnotlike", "stringnotequalsignorecase":
		return strings.Replace(kind, "not", "", 1), true, ifExists, true
	}
	return "", false, false, false
}

func holds(operator string, has []string, values issuer.List[scalar]) bool {
	kind, negated, ifExists, _ := comparison(operator)
	if kind == "null" {
		return slices.ContainsFunc(values, func(v scalar) bool { return strings.EqualFold(string(v), "true") == (len(has) == 0) })
	}
	if len(has) == 0 {
		return negated || ifExists
	}
	meets := slices.ContainsFunc(values, func(v scalar) bool {
		switch kind {
		case "stringequals":
			return string(v) == has[0]
		case "bool", "stringequalsignorecase":
			return strings.EqualFold(string(v), has[0])
		}
		return glob(string(v), has[0], false)
	})
	return meets != negated
}

// glob is a pattern in which * stands for any characters and ? for one.
func glob(pattern, text string, fold bool) bool {
	flags := "s"
	if fold {
		flags = "si"
	}
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?` + flags + `)^` + quoted + `$`).MatchString(text)
}
