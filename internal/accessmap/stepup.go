package accessmap

import (
	"slices"
	"strings"
	"time"
)

// StepUp is what a sign-in has to prove before it gives a role: claims of the ID token that the provider signed when someone
// signed in (OpenID Connect Core 1.0 §2). The zero value asks nothing.
type StepUp struct {
	MaxAge time.Duration // since they proved who they are (auth_time), 10 minutes or more; 0: any
	ACR    []string      // acr is one of these, the first being the one to ask for; nil: any
	AMR    [][]string    // of each list, one is in amr; nil: any
}

// maxProofs bounds the values of one rule; requiredWord is what reason says.
const (
	maxProofs    = 20
	requiredWord = "required"
)

var (
	// Values go into acr_values, with spaces between them, and into sentences.
	proofsForm = &form{
		ref:    "proofs",
		each:   &form{pattern: `^[A-Za-z0-9_.:/=#?&+@~-]{1,200}$`, longest: 200, wrong: "is not a value of acr or amr: up to 200 letters, digits and _ . : / = # ? & + @ ~ -"},
		schema: schema{MinItems: 1, MaxItems: maxProofs},
	}
	reasonAskedForm = &form{words: func() []string { return []string{requiredWord} }}
)

// proofs reads the values of acr or amr, of which there is at least one: none at all would be met by nobody.
func (v value) proofs() []string {
	list := v.list()
	switch {
	case len(v.node.Content) == 0 && kindOf(v.node) == "a list":
		v.wrong("there are none; to ask for nothing, leave it out")
	case len(list) > maxProofs:
		v.wrong("more than %d", maxProofs)
	}
	return list
}

// Asks reports whether anything is asked.
func (s StepUp) Asks() bool { return s.MaxAge > 0 || s.ACR != nil || s.AMR != nil }

// and is what meets both: s for less sensitive data, t for more.
func (s StepUp) and(t StepUp) StepUp {
	both := StepUp{MaxAge: s.MaxAge, ACR: s.ACR, AMR: slices.Concat(s.AMR, t.AMR)}
	if both.MaxAge == 0 || t.MaxAge > 0 && t.MaxAge < both.MaxAge {
		both.MaxAge = t.MaxAge
	}
	switch {
	case s.ACR == nil:
		both.ACR = t.ACR
	case t.ACR != nil:
		both.ACR = slices.DeleteFunc(slices.Clone(t.ACR), func(acr string) bool { return !slices.Contains(s.ACR, acr) })
	}
	return both
}

// impossible reports whether two rules for acr have nothing in common.
func (s StepUp) impossible() bool { return s.ACR != nil && len(s.ACR) == 0 }

// implies reports whether every sign-in that meets s meets t too.
func (s StepUp) implies(t StepUp) bool {
	within := func(some, all []string) bool {
		return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
	}
	switch {
	case longest(s.MaxAge) > longest(t.MaxAge):
		return false
	case t.ACR != nil && (s.ACR == nil || !within(s.ACR, t.ACR)):
		return false
	}
	return !slices.ContainsFunc(t.AMR, func(asked []string) bool {
		return !slices.ContainsFunc(s.AMR, func(list []string) bool { return within(list, asked) })
	})
}

// Words is what is asked as the map has it: "max_auth_age: 1h, acr: phr or phrh, amr: hwk"; "" for nothing.
func (s StepUp) Words() string { return strings.Join(s.words(), ", ") }

func (s StepUp) words() (parts []string) {
	if s.MaxAge > 0 {
		parts = append(parts, "max_auth_age: "+Span(s.MaxAge))
	}
	if s.ACR != nil {
		parts = append(parts, "acr: "+oneOf(s.ACR))
	}
	for _, list := range s.AMR {
		parts = append(parts, "amr: "+oneOf(list))
	}
	return parts
}

// Rules are what is asked as the map writes it, each by itself: "max_duration: 1h", "env: deny". None for nothing.
func (h Handling) Rules() (rules []string) {
	if h.MaxDuration > 0 {
		rules = append(rules, "max_duration: "+Span(h.MaxDuration))
	}
	for _, way := range ways(h) {
		if way.verdicts[0] == Deny && way.key != "wildcard_groups" { // which is about the map itself
			rules = append(rules, way.key+": deny")
		}
	}
	rules = append(rules, h.StepUp.words()...)
	if h.Reason {
		rules = append(rules, "reason: required")
	}
	return rules
}

// values are those of one rule, without its key.
func (s StepUp) values() string {
	parts := s.words()
	for i, part := range parts {
		_, parts[i], _ = strings.Cut(part, ": ")
	}
	return strings.Join(parts, ", and ")
}

func oneOf(values []string) string { return strings.Join(values, " or ") }
