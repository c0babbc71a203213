package aws

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// statement is one of a session policy's, as far as it bears on STS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type statement struct {
	Effect      string
	Action      issuer.Texts
	NotAction   issuer.Texts
	Resource    issuer.Texts
	NotResource issuer.Texts
	Condition   json.RawMessage
}

// may reports whether the session policies let a session act. Without any, the role's own permissions hold, which the
// sandbox does not know and takes for enough. Managed policies are unknown too, and allow nothing here.
func (c Credentials) may(action, resource string) bool {
	if c.policy == "" && c.policyARNs == nil {
		return true
	}
	var document struct{ Statement issuer.List[statement] }
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
	matches := func(patterns issuer.Texts, text, flags string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return wildcard(pattern, flags).MatchString(text) })
	}
	// Actions are told apart without their case.
	acts := matches(s.Action, action, "si") || s.NotAction != nil && !matches(s.NotAction, action, "si")
	return acts && (matches(s.Resource, resource, "s") || s.NotResource != nil && !matches(s.NotResource, resource, "s"))
}

// wildcard is a pattern in which * stands for any characters and ? for one.
func wildcard(pattern, flags string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?` + flags + `)^` + quoted + `$`)
}
