package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

// policyDocument is a session policy, as far as it bears on STS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type policyDocument struct {
	Statement statements
}

type statement struct {
	Effect      string
	Action      listed
	NotAction   listed
	Resource    listed
	NotResource listed
	Condition   json.RawMessage
}

// statements are one or a list of them.
type statements []statement

func (s *statements) UnmarshalJSON(data []byte) error {
	var one statement
	if json.Unmarshal(data, &one) == nil {
		*s = statements{one}
		return nil
	}
	return json.Unmarshal(data, (*[]statement)(s))
}

// listed is one text or a list of them, as audiences are.
type listed = audience

// may reports whether the session policies let a session act. Without any, the role's own permissions hold, which the
// sandbox does not know and takes for enough. Managed policies are unknown too, and allow nothing here.
func (c credentials) may(action, resource string) bool {
	if c.policy == "" && c.policyARNs == nil {
		return true
	}
	var document policyDocument
	if c.policy == "" || json.Unmarshal([]byte(c.policy), &document) != nil {
		return false
	}
	allowed := false
	for _, s := range document.Statement {
		if !s.isAbout(action, resource) {
			continue
		}
		switch {
		case s.Effect == "Deny":
			return false
		case s.Effect == "Allow" && s.Condition == nil: // what a condition would say is not known here
			allowed = true
		}
	}
	return allowed
}

func (s statement) isAbout(action, resource string) bool {
	matches := func(patterns listed, text string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(p, text) })
	}
	lower := func(patterns listed) listed {
		var all listed
		for _, p := range patterns {
			all = append(all, strings.ToLower(p))
		}
		return all
	}
	action = strings.ToLower(action) // actions are told apart without their case
	acts := matches(lower(s.Action), action) || s.NotAction != nil && !matches(lower(s.NotAction), action)
	return acts && (matches(s.Resource, resource) || s.NotResource != nil && !matches(s.NotResource, resource))
}

// wildcard matches a text against a pattern in which * stands for any characters and ? for one.
func wildcard(pattern, text string) bool {
	p, t := 0, 0
	star, from := -1, 0 // the last * and where in text what follows it was last tried
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
