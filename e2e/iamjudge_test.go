package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// judged is a request and the policies that it meets, as clients/iamsimulate/judge.js reads it: what the program it runs
// calls a simulation.
type judged struct {
	Request   judgedRequest   `json:"request"`
	Identity  []judgedPolicy  `json:"identityPolicies"`
	Session   json.RawMessage `json:"sessionPolicy,omitempty"`
	Boundary  []judgedPolicy  `json:"permissionBoundaryPolicies,omitempty"`
	Resource  json.RawMessage `json:"resourcePolicy,omitempty"`
	SCP       []judgedLevel   `json:"serviceControlPolicies"`
	RCP       []judgedLevel   `json:"resourceControlPolicies"`
	Endpoints []judgedPolicy  `json:"vpcEndpointPolicies,omitempty"`

	// theirs is what they say where they are known to be wrong; "" elsewhere.
	theirs string
}

type judgedRequest struct {
	Principal string              `json:"principal"`
	Action    string              `json:"action"`
	Resource  judgedResource      `json:"resource"`
	Context   map[string][]string `json:"-"`
	// As the program wants it: a text where the key has one value.
	Variables map[string]any `json:"contextVariables"`
}

type judgedResource struct {
	ARN   string `json:"resource"`
	Owner string `json:"accountId"`
}

type judgedPolicy struct {
	Name   string          `json:"name"`
	Policy json.RawMessage `json:"policy"`
}

type judgedLevel struct {
	Name     string         `json:"orgIdentifier"`
	Policies []judgedPolicy `json:"policies"`
}

const (
	judgedAccount = "111122223333"
	judgedSession = "arn:aws:sts::111122223333:assumed-role/ml-trainer/ada@acme.com"
	judgedKey     = "arn:aws:kms:us-east-1:111122223333:key/2b1c0000-0000-4000-8000-000000000001"
)

// Our judge of IAM's rules, by which property tests and explanations stand, agrees with one that others wrote, on what the
// product compiles and on the rules one by one. Each pair is judged by both, theirs in one process for all.
func TestTwoJudgesOfIAMAgree(t *testing.T) {
	t.Parallel()
	cases := slices.Concat(compiledCases(t), operatorCases(), layerCases(), randomCases())
	theirs := judgeTheirs(t, cases)
	allowed, denied := 0, 0
	for i, c := range cases {
		ours := judgeOurs(t, c)
		if ours == "Allowed" {
			allowed++
		} else {
			denied++
		}
		if want := cmp.Or(c.theirs, ours); want != theirs[i] || c.theirs == ours {
			text, _ := json.Marshal(c)
			t.Errorf("ours says %s, iam-simulate %s (known otherwise: %q):\n%s", ours, theirs[i], c.theirs, text)
		}
	}
	t.Logf("%d cases: %d allowed, %d denied", len(cases), allowed, denied)
	if allowed < len(cases)/5 || denied < len(cases)/5 {
		t.Errorf("of %d cases %d are allowed, %d denied: they say little", len(cases), allowed, denied)
	}
}

// judgeTheirs runs the other judge, once.
func judgeTheirs(t *testing.T, cases []judged) []string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("clients/iamsimulate/judge.js")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "NODE_PATH=" + tools.IAMSimulate}
	cmd.Stdin = strings.NewReader(string(input))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var verdicts []string
	if err := json.Unmarshal(out, &verdicts); err != nil || len(verdicts) != len(cases) {
		t.Fatalf("%v: %d verdicts on %d cases: %.200s", err, len(verdicts), len(cases), out)
	}
	return verdicts
}

// judgeOurs is what ours says, in the words of the other.
func judgeOurs(t *testing.T, c judged) string {
	t.Helper()
	read := func(document json.RawMessage) *evaluate.Policy {
		p, err := evaluate.Parse(string(document))
		if err != nil {
			t.Fatalf("%v: %s", err, document)
		}
		return p
	}
	list := func(policies []judgedPolicy) (all []*evaluate.Policy) {
		for _, p := range policies {
			all = append(all, read(p.Policy))
		}
		return all
	}
	l := evaluate.Layers{Identity: append([]*evaluate.Policy{}, list(c.Identity)...), Boundary: list(c.Boundary), Endpoint: list(c.Endpoints)}
	if c.Session != nil {
		l.Session = []*evaluate.Policy{read(c.Session)}
	}
	if c.Resource != nil {
		l.Resource = []*evaluate.Policy{read(c.Resource)}
	}
	for _, level := range c.SCP {
		l.SCP = append(l.SCP, list(level.Policies))
	}
	for _, level := range c.RCP { // to each of which AWS, and the other judge by itself, adds RCPFullAWSAccess
		full := read(document(`{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}`))
		l.RCP = append(l.RCP, append(list(level.Policies), full))
	}
	d := evaluate.Decide(l, evaluate.Request{
		Action: c.Request.Action, Resource: c.Request.Resource.ARN, Owner: c.Request.Resource.Owner,
		Principal: c.Request.Principal, Context: c.Request.Context,
	})
	switch {
	case d.Allowed:
		return "Allowed"
	case d.By.Effect == evaluate.Deny:
		return "ExplicitlyDenied"
	default:
		return "ImplicitlyDenied"
	}
}

// ask makes a request of a session of ml-trainer, with the context that every request has.
func ask(action, resource string, context map[string][]string) judgedRequest {
	r := judgedRequest{
		Principal: judgedSession, Action: action, Resource: judgedResource{resource, judgedAccount},
		Context: map[string][]string{"aws:SecureTransport": {"true"}, "aws:CurrentTime": {"2026-11-29T12:00:00Z"}},
	}
	for key, values := range context {
		r.Context[key] = values
	}
	r.Variables = make(map[string]any)
	for key, values := range r.Context {
		r.Variables[key] = values
		if len(values) == 1 && !strings.HasPrefix(key, "aws:TagKeys") {
			r.Variables[key] = values[0]
		}
	}
	return r
}

func document(statements ...string) json.RawMessage {
	return json.RawMessage(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
}

func named(documents ...json.RawMessage) []judgedPolicy {
	var list []judgedPolicy
	for i, d := range documents {
		list = append(list, judgedPolicy{fmt.Sprint("p", i), d})
	}
	return list
}

var everything = document(`{"Effect":"Allow","Action":"*","Resource":"*"}`)

// simulation is a request under a session policy, of a role that may do everything. A key leaves it to IAM, as keys do whose
// policy nobody has touched.
func simulation(r judgedRequest, session json.RawMessage) judged {
	c := judged{Request: r, Identity: named(everything), Session: session, SCP: []judgedLevel{}, RCP: []judgedLevel{}}
	if strings.HasPrefix(r.Action, "kms:") {
		c.Resource = document(`{"Effect":"Allow","Action":"kms:*","Resource":"*","Principal":{"AWS":"arn:aws:iam::111122223333:root"}}`)
	}
	return c
}

// compiledMap is as people write one, with names that begin alike.
const compiledMap = `version: 1
identities: {idp: {issuer: https://idp.example, client_id: x, groups: {g: [all, reader, writer, buckets, places, hand]}}}
datasets:
  churn: {location: s3://acme-ml/churn/, kms_key: "arn:aws:kms:us-east-1:111122223333:key/2b1c0000-0000-4000-8000-000000000001"}
  secret: {location: s3://acme-ml/churn-secret/}
  whole: {location: s3://acme-features}
  tree: {locations: [s3://acme-ml/tree/, s3://acme-features/tree/], deny: [s3://acme-ml/tree/pii/], root: exact}
roles:
  all: {aws: {role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1}, read: [churn], write: [churn], delete: [churn]}
  reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1}, read: [churn, secret]}
  writer: {aws: {role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1}, write: [churn]}
  buckets: {aws: {role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1}, read: [churn, whole], delete: [whole]}
  places: {aws: {role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1}, readwrite: [tree, churn]}
  hand:
    aws: {role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1}
    read: [tree]
    statements: [{actions: [s3:GetObject, s3:GetObjectVersion], resources: ["arn:aws:s3:::acme-ml/*"]}]
`

// compiledCases are the product's policies, each with requests at its borders.
func compiledCases(t *testing.T) []judged {
	t.Helper()
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	l := laptop.New(t, binary)
	file := l.Write(t, "map.yaml", compiledMap, 0o600)
	var cases []judged
	for _, role := range []string{"all", "reader", "writer", "buckets", "places", "hand"} {
		policy := json.RawMessage(succeeded(t, l.Run(t, "map", "policy", role, "--map", file)).Stdout)
		for _, r := range borderRequests() {
			cases = append(cases, simulation(r, policy))
		}
	}
	return cases
}

func borderRequests() []judgedRequest {
	var list []judgedRequest
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:GetObjectVersion"} {
		for _, object := range []string{
			"acme-ml/churn/x", "acme-ml/churn/a/b", "acme-ml/churn/", "acme-ml/churn", "acme-ml/churn-secret/x", "acme-ml/x",
			"acme-features/x", "acme-ml2/churn/x", "acme-ml/tree", "acme-ml/tree/x", "acme-ml/tree/pii/x", "acme-features/tree/pii/x", "acme-ml/tree-secret/x",
		} {
			list = append(list, ask(action, "arn:aws:s3:::"+object, nil))
		}
	}
	for _, bucket := range []string{"acme-ml", "acme-features", "acme-ml2"} {
		arn := "arn:aws:s3:::" + bucket
		list = append(list, ask("s3:ListBucket", arn, nil), ask("s3:GetBucketLocation", arn, nil), ask("s3:ListBucketVersions", arn, nil))
		for _, prefix := range []string{"", "c", "churn", "churn/", "churn/a", "churn-secret/", "tree", "tree/", "tree/pii/a", "tree-"} {
			list = append(list, ask("s3:ListBucket", arn, map[string][]string{"s3:prefix": {prefix}}))
		}
	}
	insecure := ask("s3:GetObject", "arn:aws:s3:::acme-ml/churn/x", map[string][]string{"aws:SecureTransport": {"false"}})
	other := strings.TrimSuffix(judgedKey, "1") + "2"
	encrypted := func(how, key string) judgedRequest {
		context := map[string][]string{"s3:x-amz-server-side-encryption": {how}}
		if key != "" {
			context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = []string{key}
		}
		return ask("s3:PutObject", "arn:aws:s3:::acme-ml/churn/x", context)
	}
	return append(list, insecure,
		encrypted("aws:kms", judgedKey), encrypted("aws:kms", other), encrypted("aws:kms", ""), encrypted("AES256", ""),
		ask("kms:Decrypt", judgedKey, nil), ask("kms:GenerateDataKey", judgedKey, nil), ask("kms:Decrypt", other, nil), ask("kms:Encrypt", judgedKey, nil))
}
