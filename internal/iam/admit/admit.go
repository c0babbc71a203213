// Package admit says whom the policy of a resource lets in: of a bucket, an access point, a key.
//
// In come the policy as AWS has it, the account that owns the resource, and questions, each an action on a resource; out come
// openings: who, to what, by which statement, under which circumstances. Each is shown by a request that package evaluate allows by
// the policy as a whole, so that denials count. Where no such request could be made for a statement that allows, the opening says that
// it is not sure, and stands there all the same: nobody is left out because a condition was not understood.
//
// It must never take a policy that it can't read for one that lets in nobody: that is an error. It asks nobody, and its time is
// bounded for any input.
package admit

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// Kind is what kind of principals an opening is for.
type Kind string

// The kinds.
const (
	Everybody Kind = "everybody" // whoever meets the circumstances, with or without an account at AWS
	Account   Kind = "account"   // whom an account's own IAM lets; of the resource's own account, everybody in it whatever IAM says
	Pattern   Kind = "pattern"   // roles and users whose ARN is like Who
	Principal Kind = "principal" // one role, user or session
	Service   Kind = "service"   // a service of AWS
	Foreign   Kind = "foreign"   // a canonical user, an identity provider
)

// Question is an action on a resource, and the word for it.
type Question struct{ Verb, Action, Resource string }

// Opening is whom a statement lets in.
type Opening struct {
	Kind      Kind
	Who       string   // ARN, pattern of ARNs, number of an account, name of a service; "*" for everybody
	Verbs     []string // of the questions, in their order
	Statement int      // counted from 1
	Sid       string
	// Where are the condition keys by which the request was let in that shows it, with their values.
	Where map[string][]string
	Sure  bool // not where no request could be shown
}

// mostWork bounds how many requests are judged for one policy.
const mostWork = 20_000

// Openings are those of a policy, in the order of its statements. owner is the number of the resource's account: that its IAM
// decides, as the policies of keys say, is no opening.
func Openings(document, owner string, questions []Question, now time.Time) ([]Opening, error) {
	if document == "" {
		return nil, nil
	}
	whole, err := evaluate.Parse(document)
	if err != nil {
		return nil, err
	}
	statements, err := read(document)
	if err != nil {
		return nil, err
	}
	p := &policy{whole: whole, statements: statements, owner: owner, now: now}
	var all []Opening
	for i := range statements {
		s := &statements[i]
		if s.Effect != "Allow" {
			continue
		}
		for _, subject := range p.subjects(s) {
			all = append(all, p.openings(s, subject, questions)...)
			if p.work > mostWork {
				return nil, errors.New("the policy is too large to be looked through")
			}
		}
	}
	return joined(all), nil
}

// joined puts together what statements give the same one under the same circumstances, under the first.
func joined(all []Opening) (list []Opening) {
	for _, o := range all {
		at := slices.IndexFunc(list, func(have Opening) bool {
			return have.Kind == o.Kind && have.Who == o.Who && have.Sure == o.Sure && maps.EqualFunc(have.Where, o.Where, slices.Equal)
		})
		if at < 0 {
			list = append(list, o)
			continue
		}
		for _, verb := range o.Verbs {
			if !slices.Contains(list[at].Verbs, verb) {
				list[at].Verbs = append(list[at].Verbs, verb)
			}
		}
	}
	return list
}

// policy is one that was read.
type policy struct {
	whole      *evaluate.Policy
	statements []statement
	owner      string
	now        time.Time
	work       int
}

// openings are those that a statement makes for a subject, and for those whom denials spare of a whole class.
func (p *policy) openings(s *statement, of subject, questions []Question) (list []Opening) {
	for _, q := range questions {
		found := p.judge(s, of, q)
		if found == nil && of.class() {
			for _, spared := range p.spared(of) {
				if one := p.judge(s, spared, q); one != nil {
					list = append(list, *one)
				}
			}
		}
		if found != nil {
			list = append(list, *found)
		}
	}
	return joined(list)
}

// judge is the opening for a question, nil for none.
func (p *policy) judge(s *statement, of subject, q Question) *Opening {
	request := evaluate.Request{Action: q.Action, Resource: q.Resource, Principal: of.principal, Role: of.role, Owner: p.owner}
	request.Context = map[string][]string{"aws:CurrentTime": {p.now.UTC().Format(time.RFC3339)}, "aws:SecureTransport": {"true"}}
	if p.allows(s.bare, request) != evaluate.Allow {
		return nil
	}
	opening := &Opening{Kind: of.kind, Who: of.who, Verbs: []string{q.Verb}, Statement: s.number, Sid: s.Sid, Where: map[string][]string{}}
	chosen := s.meet(request.Context)
	if p.allows(s.alone, request) != evaluate.Allow {
		if s.over(p, request) {
			return nil
		}
		opening.Where = shown(request.Context, chosen)
		return opening
	}
	if !p.past(s, request, chosen) {
		return nil
	}
	opening.Sure, opening.Where = true, shown(request.Context, chosen)
	return opening
}

func (p *policy) allows(by *evaluate.Policy, r evaluate.Request) evaluate.Effect {
	p.work++
	return by.Evaluate(r).Effect
}

// over reports whether a statement holds for nobody any more, or for nobody who comes by TLS: by a condition on what every request has.
func (s *statement) over(p *policy, r evaluate.Request) bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !always(key) && !ofCaller(key) {
				continue
			}
			condition, err := json.Marshal(map[string]map[string]words{operator: {key: values}})
			if err != nil {
				return false
			}
			by, err := evaluate.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":` + string(condition) + `}}`)
			if err == nil && p.allows(by, r) != evaluate.Allow {
				return true
			}
		}
	}
	return false
}

// past looks for circumstances under which no denial meets a request that a statement allows, one denial after the other.
func (p *policy) past(s *statement, r evaluate.Request, chosen map[string]bool) bool {
	for range len(p.statements) + 1 {
		p.work++
		f := p.whole.Evaluate(r)
		if f.Effect != evaluate.Deny {
			return f.Effect == evaluate.Allow
		}
		if !p.dodge(&p.statements[f.Statement-1], s, r, chosen) {
			return false
		}
	}
	return false
}

// dodge changes one circumstance so that a denial does not meet the request, and the statement still allows it.
func (p *policy) dodge(denial, allow *statement, r evaluate.Request, chosen map[string]bool) bool {
	for _, operator := range slices.Sorted(maps.Keys(denial.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(denial.Condition[operator])) {
			folded := evaluate.Lower(key)
			if always(key) || ofCaller(key) || chosen[folded] {
				continue
			}
			for _, values := range missing(operator, denial.Condition[operator][key]) {
				before, had := r.Context[key]
				set(r.Context, key, values)
				if p.allows(denial.alone, r) != evaluate.Deny && p.allows(allow.alone, r) == evaluate.Allow {
					chosen[folded] = true
					return true
				}
				if delete(r.Context, key); had {
					r.Context[key] = before
				}
			}
		}
	}
	return false
}

// always are keys that every request has, whose values are not up to the caller.
func always(key string) bool {
	return slices.Contains([]string{"aws:currenttime", "aws:epochtime", "aws:securetransport"}, evaluate.Lower(key))
}

// ofCaller are keys that follow from who asks.
func ofCaller(key string) bool {
	return slices.Contains([]string{"aws:principalarn", "aws:principalaccount", "aws:resourceaccount"}, evaluate.Lower(key))
}

func set(context map[string][]string, key string, values []string) {
	if values == nil {
		delete(context, key)
		return
	}
	context[key] = values
}

// shown is the part of a context that was chosen.
func shown(context map[string][]string, chosen map[string]bool) map[string][]string {
	where := make(map[string][]string)
	for key, values := range context {
		if chosen[strings.ToLower(key)] {
			where[key] = values
		}
	}
	return where
}
