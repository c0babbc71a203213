package refusal

import (
	"fmt"
	"strings"
	"testing"
)

// What a context provider put into the session stands in decoded messages too. It says nothing of what was refused, and who it names
// goes nowhere.
func TestAMessageWithTheOriginOfTheSession(t *testing.T) {
	t.Parallel()
	const text = `{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[]},"failures":{"items":[]},"context":{"principal":{"id":"AROAX:alice",` +
		`"arn":"arn:aws:sts::111122223333:assumed-role/trainer/alice@example.com"},"action":"s3:GetObject","resource":"arn:aws:s3:::acme-ml/churn/x",` +
		`"conditions":{"items":[{"key":"aws:OriginIdentity/Subject","values":{"items":[{"value":"carol-canary@example.com"}]}},` +
		`{"key":"aws:OriginIdentity/FederatedProviderArn","values":{"items":[{"value":"arn:aws:iam::999988887777:oidc-provider/login.example.com"}]}},` +
		`{"key":"aws:TransactionContext/IdentityProvider/acr","values":{"items":[{"value":"canary-acr"}]}}]}}}`
	want := Refusal{
		Principal: "arn:aws:sts::111122223333:assumed-role/trainer/alice@example.com", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-ml/churn/x",
		Kind: Unsaid, Denied: true,
	}
	for _, written := range []string{text, strings.ReplaceAll(text, `"`, `\"`), strings.ReplaceAll(text, ",", ",\n  ")} {
		found, err := Read([]byte(written))
		if err != nil || found.Refusal != want || strings.Contains(fmt.Sprintf("%+v", found), "canary") {
			t.Errorf("%+v, %v", found, err)
		}
	}
}

// A trust policy that wants them refuses in the words of every other one.
func TestARefusalByATrustPolicyWithTheNewKeys(t *testing.T) {
	t.Parallel()
	found, err := Read([]byte("An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: " +
		"Not authorized to perform sts:AssumeRoleWithWebIdentity because of a condition on aws:TransactionContext/IdentityProvider/acr"))
	if err != nil || found.Kind != Trust && found.Kind != Unsaid || found.Action != "sts:AssumeRoleWithWebIdentity" {
		t.Errorf("%+v, %v", found, err)
	}
}
