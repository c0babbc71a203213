package aws

import (
	"strings"
	"testing"
	"time"
)

const deepARN = "arn:aws:iam::111122223333:role/ml-deep"

func TestSessionPolicies(t *testing.T) {
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
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
		{"on a condition", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:x":"true"}}}]`, false},
		{"of who signed in", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:OriginIdentity/Subject":"false"}}}]`, true},
		{"of nobody", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:OriginIdentity/Subject":"true"}}}]`, false},
		{"of a tag", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"churn"}}}]`, true},
		{"before its end", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}}]`, true},
		{"at its end", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-29T00:00:00Z"}}}]`, false},
		{"denied", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:*","Resource":"*"}]`, false},
		{"another's denied", `[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]`, true},
		{"no statements", `5`, false},
	} {
		session := Credentials{
			roleARN: deepARN, sessionName: "alice", tags: map[string]string{"team": "churn"}, origin: map[string]string{"Subject": "00u1"},
			policy: `{"Version":"2012-10-17","Statement":` + c.statements + `}`,
		}
		if got := session.may(now, "sts:AssumeRole", deepARN); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	if (Credentials{roleARN: deepARN, policyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}).may(now, "sts:AssumeRole", deepARN) {
		t.Error("a managed policy that nobody knows allows it")
	}
}
