package iam_test

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

func TestEverythingUntilATime(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",` +
		`"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-31T23:00:00Z"}}}]}`
	if got := iam.EverythingUntil(time.Date(2027, 2, 1, 0, 0, 0, 0, time.FixedZone("CET", 3600))).JSON(); got != want {
		t.Errorf("got %s", got)
	}
}

// As a session policy, and as what STS narrows a session by, it takes away nothing before its end and leaves nothing from then on.
func TestEverythingUntilATimeIsJudged(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	parse := func(text string) *evaluate.Policy {
		p, err := evaluate.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	session := []*evaluate.Policy{parse(iam.EverythingUntil(end).JSON())}
	identity := []*evaluate.Policy{parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","kms:Decrypt"],"Resource":"*"}}`)}
	for _, request := range []struct {
		action, resource string
		allowed          bool
	}{
		{"s3:GetObject", "arn:aws:s3:::acme-ml/churn/x", true},
		{"s3:ListBucket", "arn:aws:s3:::acme-ml", true},
		{"kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1", true},
		{"iam:CreateUser", "*", false},
	} {
		for at, before := range map[time.Time]bool{end.Add(-time.Second): true, end: false, end.Add(time.Hour): false} {
			got := evaluate.Decide(evaluate.Layers{Identity: identity, Session: session}, evaluate.Request{
				Action: request.action, Resource: request.resource, Principal: "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_0123456789abcdef/alice",
				Context: map[string][]string{"aws:CurrentTime": {at.Format(time.RFC3339)}},
			})
			if got.Allowed != (request.allowed && before) {
				t.Errorf("%s at %s: %+v", request.action, at, got)
			}
		}
	}
}
