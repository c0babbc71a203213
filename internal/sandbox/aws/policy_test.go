package aws

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const deepARN = "arn:aws:iam::111122223333:role/ml-deep"

func TestSessionPolicies(t *testing.T) {
	for _, c := range []struct {
		name, statements string
		want             bool
	}{
		{"named", `[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + deepARN + `"}]`, true},
		{"one of several", `[{"Effect":"Allow","Action":["s3:*","sts:Assume*"],"Resource":["arn:x","` + deepARN + `"]}]`, true},
		{"any", `{"Effect":"Allow","Action":"*","Resource":"*"}`, true},
		{"pattern", `[{"Effect":"Allow","Action":"STS:assumerol?","Resource":"arn:aws:iam::*:role/*-de?p"}]`, true},
		{"not others", `[{"Effect":"Allow","NotAction":"s3:*","NotResource":"arn:aws:s3:::*"}]`, true},
		{"nothing", `[]`, false},
		{"another action", `[{"Effect":"Allow","Action":"sts:TagSession","Resource":"*"}]`, false},
		{"another role", `[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + deepARN + `er"}]`, false},
		{"the role in another case", `[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + strings.ToUpper(deepARN) + `"}]`, false},
		{"not this action", `[{"Effect":"Allow","NotAction":"sts:*","Resource":"*"}]`, false},
		{"not this role", `[{"Effect":"Allow","Action":"*","NotResource":"arn:aws:iam::*"}]`, false},
		{"no resource", `[{"Effect":"Allow","Action":"*"}]`, false},
		{"on a condition", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:x":"true"}}}]`, false},
		{"denied", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:*","Resource":"*"}]`, false},
		{"another's denied", `[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]`, true},
		{"no statements", `5`, false},
	} {
		session := Credentials{policy: `{"Version":"2012-10-17","Statement":` + c.statements + `}`}
		if got := session.may("sts:AssumeRole", deepARN); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	if (Credentials{policyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}).may("sts:AssumeRole", deepARN) {
		t.Error("a managed policy that nobody knows allows it")
	}
}

func FuzzSessionPolicy(f *testing.F) {
	f.Add(`{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*a*b?c"}}`, deepARN)
	f.Add(`{"Statement":[{"Effect":"Deny","NotAction":["*****"],"NotResource":""}]}`, "")
	f.Fuzz(func(t *testing.T, policy, resource string) {
		if len(policy) > maxPolicy || policy == "" || !utf8.ValidString(resource) {
			return
		}
		Credentials{policy: policy}.may("sts:AssumeRole", resource)
		if !wildcard("*"+resource+"*", "s").MatchString(resource) && !strings.ContainsAny(resource, "*?") {
			t.Errorf("%q is not around %q", resource, resource)
		}
	})
}
