// Package evaluate judges a request by IAM policies, as AWS does.
//
// In come policies as JSON and a request: who, what action, on what, under which circumstances. Out comes which statement
// allows or denies it (Policy.Evaluate), or what all the policies that meet in a request amount to (Decide). It is written
// from AWS's pages alone and knows nothing of the compiler of session policies, so that it can be that one's judge.
//
// It must never pass over what it does not understand: an element, an operator or a value that it can't read is an error of
// Parse. It asks nobody, reads no clock, and takes time and memory in proportion to the length of a policy times that of
// the request.
//
// The rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package evaluate

import "strings"

// Request is what a principal tries to do.
type Request struct {
	// Action, as in s3:GetObject. It ignores case.
	Action string
	// Resource is the ARN of what it acts on, "*" where the action knows no resources. Case counts.
	Resource string
	// Principal is the ARN of who asks: a role's session (arn:aws:sts::…:assumed-role/NAME/SESSION), a user, a role where the
	// session is not known, the account's root, an identity provider; or the host name of an AWS service. "" is nobody.
	Principal string
	// Role is the ARN of the session's role, with its path. "" is a role without a path, by the name in Principal.
	Role string
	// Owner is the number of the account that the resource is in. "" is what its ARN says, and of what says nothing, as with
	// S3, the account of the principal.
	Owner string
	// Context has the condition keys, which ignore case, with one value each, or several where the key has many. A key that
	// the request lacks has no entry. Those that follow from the fields above may be left out: aws:PrincipalArn,
	// aws:PrincipalAccount, aws:ResourceAccount.
	Context map[string][]string
}

// Effect is what a policy says to a request.
type Effect int

// None is neither: without an Allow elsewhere, that is a no.
const (
	None Effect = iota
	Allow
	Deny
)

// String is the word that policies use, "" for None.
func (e Effect) String() string {
	switch e {
	case Allow:
		return "Allow"
	case Deny:
		return "Deny"
	default:
		return ""
	}
}

// Finding is what a policy says to a request, and where.
type Finding struct {
	Effect    Effect
	Statement int    // counted from 1; 0 for None
	Sid       string // of the statement, if it has one
}

// Policy is a policy that was read by Parse. It may be used by several goroutines.
type Policy struct {
	statements []statement
}

type statement struct {
	sid        string
	effect     Effect
	principals *principals // nil in policies of identities
	notPrinc   bool        // all but these
	actions    []pattern
	notActions bool
	resources  []pattern // nil in trust policies: the role itself
	notRes     bool
	conditions []condition
}

// Evaluate is what the policy by itself says: the first statement that denies the request, else the first that allows
// it. A statement with a Principal, as in the policies of resources, speaks to those alone whom it names.
func (p *Policy) Evaluate(r Request) Finding {
	if p == nil {
		return Finding{}
	}
	finding, _ := find([]*Policy{p}, newAsked(r), identityPolicies)
	return finding
}

// place says what kind of policy a statement stands in.
type place int

const (
	identityPolicies place = iota // principals may be left out
	resourcePolicies              // a statement that names nobody speaks to nobody
	boundedPolicies               // resourcePolicies, for a principal with a permissions boundary
)

// find is what policies of one kind say together, and how directly an Allow names the principal.
func find(policies []*Policy, a asked, at place) (finding Finding, by naming) {
	if !a.fits {
		return Finding{}, unnamed
	}
	for _, p := range policies {
		if p == nil {
			continue
		}
		for i := range p.statements {
			s := &p.statements[i]
			named := s.names(a, at)
			if named == unnamed || finding.Effect == s.effect && named <= by || !s.holds(a) {
				continue
			}
			finding, by = Finding{s.effect, i + 1, s.sid}, named
			if s.effect == Deny {
				return finding, by
			}
		}
	}
	return finding, by
}

// holds reports whether everything about the statement but its principals meets the request.
func (s *statement) holds(a asked) bool {
	if matchesAction(s.actions, a.action) == s.notActions {
		return false
	}
	if s.resources != nil && matchesResource(s.resources, a) == s.notRes {
		return false
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(a) {
			return false
		}
	}
	return true
}

// asked is a request, taken apart once.
type asked struct {
	Request
	action   []rune // in lower case
	resource []rune
	segments [][]rune
	caller   caller
	owner    string
	fits     bool // the action acts on this kind of resource
}

func newAsked(r Request) asked {
	action := Lower(r.Action)
	a := asked{Request: r, action: []rune(action), resource: []rune(r.Resource), caller: callerOf(r)}
	a.segments = segments(a.resource)
	a.fits = fits(action, a.segments)
	a.owner = r.Owner
	if a.owner == "" && len(a.segments) == arnSegments {
		a.owner = string(a.segments[accountSegment])
	}
	if !allDigits(a.owner) { // none, or that of AWS's own policies, aws
		a.owner = a.caller.account
	}
	return a
}

// values are those of a condition key; none if the request lacks it.
func (a asked) values(key string) []string {
	if values, ok := a.Context[key]; ok {
		return values
	}
	spelt := ""
	for k := range a.Context {
		if strings.EqualFold(k, key) && (spelt == "" || k < spelt) {
			spelt = k
		}
	}
	if spelt != "" {
		return a.Context[spelt]
	}
	derived := ""
	switch insider := a.caller.kind != outsider; Lower(key) {
	case "aws:principalarn":
		if insider {
			derived = a.caller.entity
		}
	case "aws:principalaccount":
		if insider {
			derived = a.caller.account
		}
	case "aws:resourceaccount":
		derived = a.owner
	}
	if derived == "" {
		return nil
	}
	return []string{derived}
}

// Lower folds the letters A to Z, all that actions and condition keys are written in.
func Lower(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
