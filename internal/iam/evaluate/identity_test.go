package evaluate_test

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// What a context provider puts into a session is compared like any other text: letter by letter, where the session has it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func TestWhoItWasByTheSession(t *testing.T) {
	t.Parallel()
	p := parsed(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{
		"StringLike":{"aws:OriginIdentity/Subject":"*@example.com"},
		"StringEquals":{"aws:OriginIdentity/SubjectType":"user","aws:OriginIdentity/Issuer":"login.example.com","aws:TransactionContext/IdentityProvider/acr":["phr","phrh"]},
		"ArnEquals":{"aws:OriginIdentity/FederatedProviderArn":"arn:aws:iam::111122223333:oidc-provider/login.example.com"}}}]}`)
	whole := map[string]string{
		"aws:OriginIdentity/Subject": "alice@example.com", "aws:OriginIdentity/SubjectType": "user", "aws:OriginIdentity/Issuer": "login.example.com",
		"aws:TransactionContext/IdentityProvider/acr":  "phrh",
		"aws:OriginIdentity/FederatedProviderArn":      "arn:aws:iam::111122223333:oidc-provider/login.example.com",
		"aws:TransactionContext/IdentityProvider/name": "beside the point",
	}
	for name, c := range map[string]struct {
		key, value string
		allowed    bool
	}{
		"all of it":         {"", "", true},
		"keys ignore case":  {"AWS:originidentity/SUBJECT", "bob@example.com", true},
		"another's":         {"aws:OriginIdentity/Subject", "alice@example.com.evil.test", false},
		"no subject":        {"aws:OriginIdentity/Subject", "", false},
		"a workload":        {"aws:OriginIdentity/SubjectType", "workload", false},
		"an issuer's look":  {"aws:OriginIdentity/Issuer", "https://login.example.com", false},
		"a weaker sign-in":  {"aws:TransactionContext/IdentityProvider/acr", "pwd", false},
		"no word of it":     {"aws:TransactionContext/IdentityProvider/acr", "", false},
		"values have case":  {"aws:TransactionContext/IdentityProvider/acr", "PHR", false},
		"another's account": {"aws:OriginIdentity/FederatedProviderArn", "arn:aws:iam::444455556666:oidc-provider/login.example.com", false},
	} {
		context := make(map[string][]string)
		for key, value := range whole {
			context[key] = []string{value}
		}
		delete(context, c.key)
		if c.value != "" {
			if name == "keys ignore case" {
				delete(context, "aws:OriginIdentity/Subject")
			}
			context[c.key] = []string{c.value}
		}
		got := p.Evaluate(evaluate.Request{
			Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/x", Principal: "arn:aws:sts::111122223333:assumed-role/r/alice", Context: context,
		}).Effect == evaluate.Allow
		if got != c.allowed {
			t.Errorf("%s: %v", name, got)
		}
	}
}
