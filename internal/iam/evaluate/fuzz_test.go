package evaluate_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// Whatever is read can be judged, to the same end each time; a Deny of everything wins over it; and errors can be shown.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range []string{
		policy(allow("s3:GetObject", "arn:aws:s3:::lake/${aws:username, 'x'}/*")),
		policy(deny("s3:*", "*", condition("Bool", "aws:SecureTransport", `"false"`)), allow("*", "*", `"Principal":{"AWS":"`+account+`"}`)),
		policy(`"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:aws:s3:::a*","NotPrincipal":{"AWS":["` + roleID + `"]}`),
		policy(allow("*", "*", `"Condition":{"ForAllValues:StringLike":{"a:b":["*a*b*","?"]},"Null":{"a:c":true},`+
			`"DateLessThan":{"a:d":"2027"},"IpAddress":{"a:e":"10.0.0.0/8"},"NumericEquals":{"a:f":1.50},"BinaryEquals":{"a:g":"aGk="}}`)),
		`{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}`,
	} {
		f.Add(seed, "s3:GetObject", "arn:aws:s3:::lake/ada/x", sessionID, "aws:username", "ada")
	}
	nobodyAtAll := parsed(f, policy(deny("*", "*", `"Principal":"*"`)))
	f.Fuzz(func(t *testing.T, document, action, resource, principal, key, value string) {
		p, err := evaluate.Parse(document)
		if err != nil {
			if p != nil || len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\x00\x1b\n") {
				t.Fatalf("%q", err)
			}
			return
		}
		r := evaluate.Request{Action: action, Resource: resource, Principal: principal, Context: map[string][]string{key: {value}}}
		finding := p.Evaluate(r)
		if again := p.Evaluate(r); again != finding || (finding.Effect == evaluate.None) != (finding.Statement == 0) {
			t.Fatalf("%+v, %+v", finding, again)
		}
		both := []*evaluate.Policy{p}
		for _, l := range []evaluate.Layers{{Identity: both}, {Session: both}, {Boundary: both}, {Resource: both}, {SCP: [][]*evaluate.Policy{both}}} {
			d := evaluate.Decide(l, r)
			if d.Allowed != (d.Kind == "") {
				t.Fatalf("%+v", d)
			}
			l.Endpoint = []*evaluate.Policy{nobodyAtAll}
			// What S3 never asks, no statement speaks to.
			if d := evaluate.Decide(l, r); d.Allowed && nobodyAtAll.Evaluate(r).Effect == evaluate.Deny {
				t.Fatalf("%+v", d)
			}
		}
	})
}

// The matcher of patterns against the one of regular expressions.
func TestPatternsAgreeWithRegularExpressions(t *testing.T) {
	t.Parallel()
	const rounds = 3000
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, most int) string {
		b := make([]byte, random.IntN(most+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	matched := 0
	for range rounds {
		pattern, key := text("ab/*?", 8), text("ab/", 8)
		p := parsed(t, policy(allow("*", "*", condition("StringLike", "a:key", `"`+pattern+`"`))))
		r := get("lake/x")
		r.Context = map[string][]string{"a:key": {key}}
		want := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$").MatchString(key)
		if got := p.Evaluate(r).Effect == evaluate.Allow; got != want {
			t.Fatalf("%q is like %q: got %v", key, pattern, got)
		}
		if want {
			matched++
		}
	}
	if matched < rounds/20 || matched > rounds-rounds/20 {
		t.Errorf("%d of %d match: the test says little", matched, rounds)
	}
}
