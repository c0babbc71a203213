package accessmap

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
)

// policyBuilder collects what is allowed, one action on one resource at a time, and writes it with as few statements
// as say the same.
type policyBuilder struct {
	actions  map[string][]string // resource to what is allowed on it
	prefixes map[string][]string // bucket to the prefixes that may be listed
}

// allow adds actions on a resource, without condition.
func (p *policyBuilder) allow(actions []string, resource string) {
	p.actions[resource] = append(p.actions[resource], actions...)
}

// allowKey adds actions on the key of a dataset, if it has one.
func (p *policyBuilder) allowKey(actions []string, d *Dataset) {
	if d.KMSKey != "" {
		p.allow(actions, d.KMSKey)
	}
}

// allowList adds listing the keys of a bucket that match a pattern.
//
// The pattern "churn/*" covers a request for "churn/" and for whatever is below. A request for "churn" without the
// slash is not covered on purpose: S3 would answer it with the names of everything in "churn-secret/" as well.
func (p *policyBuilder) allowList(bucket, pattern string) {
	p.prefixes[bucket] = append(p.prefixes[bucket], pattern)
}

// words is written as IAM's JSON allows: one word alone, several as a list.
type words []string

func (w words) MarshalJSON() ([]byte, error) {
	if len(w) == 1 {
		return json.Marshal(w[0])
	}
	return json.Marshal([]string(w))
}

// The elements of a policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type (
	policyDocument struct {
		Version   string
		Statement []statement
	}
	statement struct {
		Effect    string
		Action    words
		Resource  words
		Condition *condition `json:",omitempty"`
	}
	condition struct {
		StringLike prefixCondition
	}
	prefixCondition struct {
		Prefix words `json:"s3:prefix"`
	}
)

// json writes the policy. Resources on which the same is allowed share a statement, so each is named once (listing
// under a prefix apart); a bucket's prefixes are never joined with another bucket's.
func (p *policyBuilder) json() string {
	document := policyDocument{Version: "2012-10-17"}
	for actions, resources := range grouped(p.actions) {
		document.Statement = append(document.Statement, statement{Effect: "Allow", Action: actions, Resource: resources})
	}
	for prefixes, buckets := range grouped(p.prefixes) {
		document.Statement = append(document.Statement, statement{
			Effect: "Allow", Action: words{"s3:ListBucket"}, Resource: buckets,
			Condition: &condition{StringLike: prefixCondition{Prefix: prefixes}},
		})
	}
	text, _ := json.Marshal(document) // never fails: there is nothing but text in it
	return string(text)
}

// grouped joins the resources that have the same set of words, in a fixed order.
func grouped(byResource map[string][]string) iter.Seq2[words, words] {
	const separator = "\n" // in no word
	resources := make(map[string]words)
	for _, resource := range slices.Sorted(maps.Keys(byResource)) {
		shared := strings.Join(set(byResource[resource]), separator)
		resources[shared] = append(resources[shared], resource)
	}
	return func(yield func(shared, resources words) bool) {
		for _, shared := range slices.Sorted(maps.Keys(resources)) {
			if !yield(strings.Split(shared, separator), resources[shared]) {
				return
			}
		}
	}
}
