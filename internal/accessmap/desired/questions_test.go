package desired_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

const keyARN = "arn:aws:kms:us-east-1:111122223333:key/"

// question is a request that is asked both of AWS, by what is rendered, and of the map.
type question struct {
	action, resource string
	context          map[string]string
	beside           bool // the map leaves it to the other side to refuse it
}

func (q question) String() string { return fmt.Sprintf("%s on %s %v", q.action, q.resource, q.context) }

// questions are about objects and lists within datasets, beside them and where one denies a part of another, and about keys: the right
// one, another's, and one of nobody.
func questions() (list []question) {
	for _, object := range []string{"lake/d1/x", "lake/d1/pii/x", "lake/d1-x/x", "other/x", "other/far/x"} {
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
			list = append(list, question{action: action, resource: "arn:aws:s3:::" + object})
		}
	}
	for _, object := range []string{"lake/d1/x", "lake/d1-x/x"} {
		for _, key := range []string{"one", "two"} {
			list = append(list, question{action: "s3:PutObject", resource: "arn:aws:s3:::" + object, context: map[string]string{
				"s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": keyARN + key,
			}})
		}
	}
	for _, place := range []string{"lake d1/", "lake d1/pii/", "lake d1-x/", "lake ", "other far/"} {
		bucket, prefix, _ := strings.Cut(place, " ")
		list = append(list, question{action: "s3:ListBucket", resource: "arn:aws:s3:::" + bucket, context: map[string]string{"s3:prefix": prefix}})
	}
	list = append(list, question{action: "s3:ListBucket", resource: "arn:aws:s3:::lake"})
	for _, key := range []string{"one", "two", "nobodys"} {
		for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
			list = append(list,
				question{action: action, resource: keyARN + key, context: map[string]string{"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
				question{action: action, resource: keyARN + key, beside: true})
		}
	}
	return list
}

func (q question) in(r evaluate.Request) evaluate.Request {
	r.Action, r.Resource = q.action, q.resource
	for key, value := range q.context {
		r.Context[key] = []string{value}
	}
	return r
}

// allows reports whether a session may do it at AWS, by what is rendered and without the program's session policy.
func (w *atAWS) allows(s session, q question, at time.Time) bool {
	layers := evaluate.Layers{Identity: w.permissions[s.arn], Resource: []*evaluate.Policy{}}
	if layers.Identity == nil {
		layers.Identity = []*evaluate.Policy{}
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(q.resource, "arn:aws:s3:::"), "/")
	for _, p := range []*evaluate.Policy{w.buckets[bucket], w.keys[q.resource]} {
		if p != nil {
			layers.Resource = append(layers.Resource, p)
		}
	}
	return evaluate.Decide(layers, q.in(w.asks(s, q.action, q.resource, at))).Allowed
}

// gives reports whether a role of the map may do it, by its session policy: other tests hold that against the map's words. One that
// the map does not narrow may do all.
func (w *atAWS) gives(t *testing.T, role string, q question, at time.Time) bool {
	t.Helper()
	if w.m.Unbounded(role) {
		return true
	}
	if w.sent[role] == nil {
		text, err := w.m.Policy(role, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if w.sent[role], err = evaluate.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return w.sent[role].Evaluate(q.in(w.asks(session{arn: "arn:aws:iam::111122223333:role/x"}, q.action, q.resource, at))).Effect == evaluate.Allow
}

// proves reports whether a person's sign-in proves what a role's data asks for. At Identity Center none proves anything.
func (w *atAWS) proves(t *testing.T, p person, role string) bool {
	t.Helper()
	data, err := w.m.Sensitive(role, nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := data.Handling.StepUp.ACR
	return asked == nil || slices.Contains(asked, p.acr)
}
