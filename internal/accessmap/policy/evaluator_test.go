package policy_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// evaluator is as much of IAM's evaluation as session policies need: who is not allowed is denied, and who is denied is.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
type evaluator struct {
	Version   string
	Statement []struct {
		Effect    string
		Action    oneOrMany
		Resource  oneOrMany
		Condition map[string]map[string]oneOrMany
	}
}

type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*o = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(o))
}

// request is what a client tries. What it does not say is not in its context: a ListBucket without prefix parameter has
// no prefix, a PutObject that leaves encryption to the bucket no header.
type request struct {
	action, resource string
	context          map[string]string
}

func newEvaluator(t testing.TB, policy string) evaluator {
	t.Helper()
	var e evaluator
	decoder := json.NewDecoder(strings.NewReader(policy))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		t.Fatalf("%v in %s", err, policy)
	}
	if e.Version != "2012-10-17" || len(e.Statement) == 0 {
		t.Fatalf("not a policy: %s", policy)
	}
	for _, s := range e.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" || len(s.Action) == 0 || len(s.Resource) == 0 {
			t.Fatalf("not a statement: %+v", s)
		}
	}
	return e
}

func (e evaluator) allows(r request) bool {
	allowed := false
	for _, s := range e.Statement {
		if s.Action.like(r.action) && s.Resource.like(r.resource) && conditionsHold(s.Condition, r.context) {
			if s.Effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func conditionsHold(conditions map[string]map[string]oneOrMany, context map[string]string) bool {
	for operator, keys := range conditions {
		for key, values := range keys {
			value, has := context[key]
			holds := false
			switch operator {
			case "StringLike":
				holds = has && values.like(value)
			case "Bool":
				holds = has && slices.Contains(values, value)
			case "Null":
				holds = slices.Contains(values, strconv.FormatBool(!has))
			case "StringNotEquals": // a key that the request lacks is another
				holds = !has || !slices.Contains(values, value)
			case "DateLessThan":
				holds = has && value < values[0]
			case "DateGreaterThanEquals":
				holds = has && value >= values[0]
			default:
				panic(operator)
			}
			if !holds {
				return false
			}
		}
	}
	return true
}

func (o oneOrMany) like(s string) bool {
	for _, pattern := range o {
		if wildcard(pattern, s) {
			return true
		}
	}
	return false
}

// wildcard matches * (any characters, none included) and ? (one character).
func wildcard(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return wildcard(pattern[1:], s) || s != "" && wildcard(pattern, s[1:])
	case s == "":
		return false
	default:
		return (pattern[0] == '?' || pattern[0] == s[0]) && wildcard(pattern[1:], s[1:])
	}
}

func TestTheEvaluatorItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a/*", "a/", true}, {"a/*", "a/b/c", true}, {"a/*", "a", false}, {"a/*", "ab/", false}, {"*", "", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"a", "a", true}, {"a", "ab", false}, {"", "a", false},
	} {
		if wildcard(c.pattern, c.s) != c.want {
			t.Errorf("%q matches %q: want %v", c.pattern, c.s, c.want)
		}
	}
}
