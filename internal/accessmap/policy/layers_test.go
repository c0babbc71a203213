package policy_test

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// Two layers allow what one policy does, and not a thing more but to be narrowed further.
func TestLayersAllowTheSame(t *testing.T) {
	t.Parallel()
	at := func(bucket, prefix string) policy.Location { return policy.Location{Bucket: bucket, Prefix: prefix} }
	const key = "arn:aws:kms:us-east-1:111122223333:key/churn"
	places := []policy.Place{{Location: at("lake", "churn/"), Verbs: policy.Read | policy.Write, KMSKey: key}, {Location: at("whole", ""), Verbs: policy.Delete}}
	for name, g := range map[string]policy.Grants{
		"places":          {Partition: "aws", TLS: true, Places: places},
		"places denied":   {Partition: "aws", TLS: true, Places: places, Denied: []policy.Location{at("lake", "churn/pii/")}},
		"managed besides": {Partition: "aws", TLS: true, Places: places, Denied: []policy.Location{at("lake", "churn/pii/")}, Beside: true},
		"by hand": {Partition: "aws", Statements: []policy.Statement{{Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}},
			Denied: []policy.Location{at("lake", "churn/pii/")}},
	} {
		session, layer := policy.Layers(g)
		if layer == "" || strings.Contains(session, `"Deny"`) {
			t.Fatalf("%s: %s, %s", name, session, layer)
		}
		for _, request := range []string{
			"get lake/churn/x", "get lake/churn/pii/x", "get lake/other", "http get lake/churn/x", "list lake churn/", "list lake churn/pii/", "list lake",
			"put lake/churn/x", "put lake/churn/x kms=churn", "put lake/churn/x kms=other", "put lake/churn/x AES256", "put lake/churn/pii/x", "delete whole/x",
			"delete lake/churn/x", "decrypt churn", "locate lake", "sts:GetCallerIdentity *", "iam:CreateUser *",
		} {
			whole, both := effect(t, policy.Compile(g), request), evaluate.Allow
			for _, part := range []string{session, layer} {
				switch got := effect(t, part, request); {
				case got == evaluate.Deny:
					both = evaluate.Deny
				case got != evaluate.Allow && both == evaluate.Allow:
					both = got
				}
			}
			if whole != both {
				t.Errorf("%s: %s is %v in one, %v in layers", name, request, whole, both)
			}
		}
		if effect(t, session, "sts:GetScopedCredentials *") != evaluate.Allow {
			t.Errorf("%s: the session can't be narrowed", name)
		}
	}
	for name, g := range map[string]policy.Grants{"nothing": {}, "nothing denied": {Partition: "aws", Places: places[1:]}} {
		if session, layer := policy.Layers(g); layer != "" || session != policy.Compile(g) {
			t.Errorf("%s: %s, %s", name, session, layer)
		}
	}
}

func effect(t *testing.T, document, request string) evaluate.Effect {
	t.Helper()
	p, err := evaluate.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return p.Evaluate(try(request)).Effect
}
