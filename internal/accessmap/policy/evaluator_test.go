package policy_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// evaluator is as much of IAM's evaluation as session policies need: who is not allowed is denied.
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

// request is what a client tries. A ListBucket without prefix parameter has no prefix key in its context.
type request struct {
	action, resource string
	prefix           *string
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
		if s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 {
			t.Fatalf("not a statement: %+v", s)
		}
	}
	return e
}

func (e evaluator) allows(r request) bool {
	for _, s := range e.Statement {
		if s.Action.like(r.action) && s.Resource.like(r.resource) && conditionsHold(s.Condition, r) {
			return true
		}
	}
	return false
}

func conditionsHold(conditions map[string]map[string]oneOrMany, r request) bool {
	for operator, keys := range conditions {
		for key, patterns := range keys {
			if operator != "StringLike" || key != "s3:prefix" {
				return false // unknown to this evaluator, so never fulfilled
			}
			// A key that the request lacks does not match.
			if r.prefix == nil || !patterns.like(*r.prefix) {
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
