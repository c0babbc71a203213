package answer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a role's session policy says to a question.
const (
	Allowed   = "allowed"   // what is behind the role at AWS has to allow it too
	Denied    = "denied"    // whatever that allows
	Unlimited = "unlimited" // the map does not narrow it: only AWS knows
)

// policySize is the ID of the error of a role whose whole policy is too long for AWS.
const policySize ui.ID = "session-policy-size"

// Verdict is what the map says of one role to a question.
type Verdict struct {
	Role    string `json:"role"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"`             // a clause in one line, free of control characters
	Grant   *Grant `json:"grant,omitempty"` // by which it is allowed; its actions are the verbs that each would do
	Scope   string `json:"scope,omitempty"` // the dataset that the role has to be narrowed to, as its whole policy is too long for AWS
}

// Judge says whether a role may do what is asked. What is compiled for AWS decides, as AWS would judge it; the map's grants say why.
// Errors are role-unknown, with the code NoSuchRole, and those of a policy that can't be read.
func (x *Index) Judge(role string, q Question) (*Verdict, error) {
	e, err := x.m.Effective(role)
	switch {
	case err != nil:
		return nil, err
	case x.agent != "":
		return x.judgeAgent(role, q)
	case !e.AtAWS:
		return &Verdict{Role: role, Verdict: Denied, Why: "it is no role at AWS"}, nil
	case x.m.Unbounded(role):
		return &Verdict{Role: role, Verdict: Unlimited, Why: "nothing narrows it, so it may do what its IAM role may, which the map does not know"}, nil
	}
	request := q.request(e, x.now)
	policy, err := x.policy(role)
	if err != nil {
		if ui.IDOf(err) == policySize {
			return x.judgeByScope(e, q, request)
		}
		return nil, err
	}
	found, err := judged(policy, request)
	if err != nil {
		return nil, err
	}
	switch {
	case found.Effect == evaluate.Allow:
		return x.allowed(e, request, "")
	case found.Effect == evaluate.None && len(e.ManagedPolicies) > 0:
		return &Verdict{Role: role, Verdict: Unlimited, Why: "its managed policies may allow it, and the map does not know what they say"}, nil
	}
	why := x.whyNot(e, q, request, found)
	return &Verdict{Role: role, Verdict: Denied, Why: ui.Clean(why)}, nil
}

// policy is the session policy that decides, in one, of a role narrowed to some of its datasets.
func (x *Index) policy(role string, scope ...string) (string, error) {
	if x.agent == "" {
		return x.m.Policy(role, scope, time.Time{})
	}
	p, err := x.m.AgentPolicies(x.agent, role, scope, time.Time{})
	return p.Whole, err
}

// judgeByScope judges a role that can only be taken narrowed, by each of its datasets that the question may be about.
func (x *Index) judgeByScope(e *accessmap.Effective, q Question, request evaluate.Request) (*Verdict, error) {
	for _, d := range x.about(q) {
		if !slices.Contains(e.Datasets(), d.Name) {
			continue
		}
		policy, err := x.policy(e.Role, d.Name)
		if err != nil {
			continue // too long by itself: see Check
		}
		if found, err := judged(policy, request); err != nil {
			return nil, err
		} else if found.Effect == evaluate.Allow {
			return x.allowed(e, request, d.Name)
		}
	}
	return &Verdict{Role: e.Role, Verdict: Denied, Why: ui.Clean(x.whyNot(e, q, request, evaluate.Finding{}))}, nil
}

// judged is what a policy says.
func judged(policy string, request evaluate.Request) (evaluate.Finding, error) {
	if policy == "" { // of a role with managed policies alone
		return evaluate.Finding{}, nil
	}
	p, err := evaluate.Parse(policy)
	if err != nil {
		return evaluate.Finding{}, fmt.Errorf("reading the session policy: %w", err)
	}
	return p.Evaluate(request), nil
}

// allowed names the grant by which something is allowed.
func (x *Index) allowed(e *accessmap.Effective, request evaluate.Request, scope string) (*Verdict, error) {
	v := &Verdict{Role: e.Role, Verdict: Allowed, Scope: scope, Why: "by a statement of the role"}
	for _, grant := range x.Grants(e.Role) {
		grant.Actions = slices.DeleteFunc(grant.Actions, func(verb string) bool { return !e.May(verb, grant.Dataset) }) // an agent may less
		if scope != "" && grant.Dataset != scope {
			continue
		}
		verbs, err := x.opening(e, grant.Dataset, grant.Actions, request)
		if err != nil {
			return nil, err
		}
		if len(verbs) > 0 {
			grant.Actions = verbs
			v.Grant, v.Why = &grant, verbs[0]+" on "+grant.Label()
			break
		}
	}
	if v.Grant != nil && v.Grant.From != "" {
		v.Why += ", inherited from " + v.Grant.From
	}
	if v.Grant != nil {
		v.Why += except(v.Grant.Except)
	}
	if scope != "" {
		v.Why += "; with --scope " + scope + " only, as the role's whole session policy is too long for AWS"
	}
	v.Why = ui.Clean(v.Why)
	return v, nil
}

// opening are those of some verbs that would each, alone on a dataset, allow a request with a role's credentials.
func (x *Index) opening(e *accessmap.Effective, dataset string, verbs []string, request evaluate.Request) ([]string, error) {
	var open []string
	for _, verb := range verbs {
		policy := x.m.PolicyOf(e, dataset, verb)
		found, err := judged(policy, request)
		if err != nil {
			return nil, err
		}
		if found.Effect == evaluate.Allow {
			open = append(open, verb)
		}
	}
	return open, nil
}

// whyNot tells what is missing.
func (x *Index) whyNot(e *accessmap.Effective, q Question, request evaluate.Request, found evaluate.Finding) string {
	about := x.about(q)
	if place := q.location(); found.Effect == evaluate.Deny && q.bucket != "" {
		for _, name := range e.Datasets() {
			for _, denied := range x.m.Datasets[name].Deny {
				if denied.Holds(place) {
					return denied.String() + " is denied to every role that has " + x.m.Label(name)
				}
			}
		}
	}
	if found.Effect == evaluate.Deny {
		return fmt.Sprintf("statement %d of its session policy denies it", found.Statement)
	}
	own, others := divided(about, e)
	if why := x.takesVerb(e, own, request); why != "" {
		return why
	}
	if why := nearby(q, own); why != "" {
		return why
	}
	if why := x.takesVerb(e, others, request); why != "" {
		return why
	}
	return cmp.Or(nearby(q, others), outside(q, about))
}

// divided are the datasets that a role has anything on, and the others; those that say most of the place first.
func divided(datasets []*accessmap.Dataset, e *accessmap.Effective) (own, others []*accessmap.Dataset) {
	longest := func(d *accessmap.Dataset) (n int) {
		for _, l := range d.Locations {
			n = max(n, len(l.Prefix))
		}
		return n
	}
	has := e.Datasets()
	for _, d := range slices.SortedStableFunc(slices.Values(datasets), func(a, b *accessmap.Dataset) int { return longest(b) - longest(a) }) {
		if slices.Contains(has, d.Name) {
			own = append(own, d)
		} else {
			others = append(others, d)
		}
	}
	return own, others
}

// takesVerb says which verb on one of some datasets would allow what is asked; "" where none would.
func (x *Index) takesVerb(e *accessmap.Effective, datasets []*accessmap.Dataset, request evaluate.Request) string {
	for _, d := range datasets {
		open, err := x.opening(e, d.Name, accessmap.Verbs(), request)
		if err != nil || len(open) == 0 {
			continue
		}
		if has := e.VerbsOn(d.Name); len(has) > 0 {
			return "it may " + ui.And(has) + " " + x.m.Label(d.Name) + ", and this takes " + or(open)
		}
		return "it has nothing on " + x.m.Label(d.Name) + ", where this takes " + or(open)
	}
	return ""
}

// nearby says which place of some datasets was probably meant; "" for none.
func nearby(q Question, datasets []*accessmap.Dataset) string {
	for _, d := range datasets {
		for _, place := range d.Locations {
			switch {
			case place.Prefix == "" || place.Bucket != q.bucket:
			case q.key+"/" == place.Prefix:
				return "the prefix of " + accessmap.Label(d.Name, d.Sensitivity) + " ends in a slash: ask for " + place.String() + ", or have the map say root: exact"
			case q.key == "" && q.lists():
				return "this lists the whole bucket: list below a prefix, as in " + place.String() + " of " + accessmap.Label(d.Name, d.Sensitivity)
			}
		}
	}
	return ""
}

// outside says why no grant of any dataset would allow what is asked.
func outside(q Question, about []*accessmap.Dataset) string {
	switch {
	case q.bucket == "" && len(about) == 0 && strings.Contains(q.Resource, ":kms:"):
		return "no dataset of the map has this key"
	case q.bucket == "" && len(about) == 0:
		return "the map's verbs are about S3 and its keys; anything else takes statements of the role"
	case slices.ContainsFunc(about, func(d *accessmap.Dataset) bool { return d.KMSKey == q.Resource || d.Holds(q.location()) }):
		return "no verb of the map gives " + q.Action + ", which takes statements of the role"
	case len(about) > 0:
		return "no dataset of the map in this bucket holds the place"
	}
	return "no dataset of the map is in this bucket"
}

// location is the place of the question, a key or what is below one.
func (q Question) location() accessmap.Location {
	return accessmap.Location{Bucket: q.bucket, Prefix: strings.TrimSuffix(q.key, "*")}
}

// or joins words of which one is enough.
func or(words []string) string { return strings.Join(words, " or ") }

// Allowing judges every role at AWS that has a dataset which a question may be about, and lists those that allow it, by name.
// Roles without a session policy are not among them.
func (x *Index) Allowing(q Question) ([]Verdict, error) {
	var (
		list  []Verdict
		first error
		left  = &budget{maxWork}
		seen  = make(map[string]bool)
	)
	for _, d := range x.about(q) {
		if q.key != "" && !d.Holds(q.location()) && !d.Holds(accessmap.Location{Bucket: q.bucket, Prefix: q.key + "/"}) {
			continue // nothing that it gives is there
		}
		if !x.spread(d.Name, left, func(role, _ string, _ []string) bool {
			if seen[role] {
				return true
			}
			seen[role] = true
			v, err := x.Judge(role, q)
			if err == nil && v.Verdict == Allowed {
				list = append(list, *v)
			}
			first = errors.Join(first, err)
			return left.spend(1)
		}) {
			return nil, tooLarge("the answer")
		}
	}
	slices.SortFunc(list, func(a, b Verdict) int { return strings.Compare(a.Role, b.Role) })
	return list, first
}
