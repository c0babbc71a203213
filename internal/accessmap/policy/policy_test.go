package policy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func parsed(t testing.TB, text string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func policyMap(t testing.TB) *accessmap.Map {
	t.Helper()
	text, err := os.ReadFile("../testdata/grants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, string(text))
}

func policyOf(t testing.TB, m *accessmap.Map, role string, scope ...string) string {
	t.Helper()
	policy, err := m.Policy(role, scope, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := m.Policy(role, scope, time.Time{}); err != nil || again != policy {
		t.Errorf("the same grants give other bytes: %s, %s, %v", policy, again, err)
	}
	return policy
}

// try reads requests in a short form: "get lake/churn/x", "list lake churn/" ("list lake" without prefix parameter),
// "decrypt churn", "put lake/churn/x kms=churn" (or kms alone, or AES256, or customers for a key of the client's own). What follows "http" goes over plain http.
func try(short string) evaluate.Request {
	r := evaluate.Request{Context: map[string][]string{"aws:SecureTransport": {"true"}}}
	short, plain := strings.CutPrefix(short, "http ")
	if plain {
		r.Context["aws:SecureTransport"] = []string{"false"}
	}
	const key = "arn:aws:kms:us-east-1:111122223333:key/"
	verb, rest, _ := strings.Cut(short, " ")
	r.Resource = "arn:aws:s3:::" + rest
	switch verb {
	case "get":
		r.Action = "s3:GetObject"
	case "put":
		object, encryption, says := strings.Cut(rest, " ")
		method, with, named := strings.Cut(strings.Replace(encryption, "kms", "aws:kms", 1), "=")
		r.Action, r.Resource = "s3:PutObject", "arn:aws:s3:::"+object
		switch {
		case method == "customers":
			r.Context["s3:x-amz-server-side-encryption-customer-algorithm"] = []string{"AES256"}
		case says:
			r.Context["s3:x-amz-server-side-encryption"] = []string{method}
		}
		if named {
			r.Context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = []string{key + with}
		}
	case "delete":
		r.Action = "s3:DeleteObject"
	case "abort":
		r.Action = "s3:AbortMultipartUpload"
	case "parts":
		r.Action = "s3:ListMultipartUploadParts"
	case "locate":
		r.Action = "s3:GetBucketLocation"
	case "decrypt":
		r.Action, r.Resource = "kms:Decrypt", key+rest
	case "datakey":
		r.Action, r.Resource = "kms:GenerateDataKey", key+rest
	case "list":
		bucket, prefix, with := strings.Cut(rest, " ")
		r.Action, r.Resource = "s3:ListBucket", "arn:aws:s3:::"+bucket
		if with {
			r.Context["s3:prefix"] = []string{prefix}
		}
	default:
		r.Action = verb
		if strings.HasPrefix(rest, "arn:") {
			r.Resource = rest
		}
	}
	return r
}

func TestWhatAPolicyAllowsAndDenies(t *testing.T) {
	t.Parallel()
	m := policyMap(t)
	for _, c := range []struct {
		role          string
		scope         []string
		allow, denied []string
	}{
		{"reader", nil,
			[]string{"get lake/churn/x", "get lake/churn/a/b", "get lake/churn/", "list lake churn/", "list lake churn/a",
				"list lake churn/a/", "locate lake", "decrypt churn"},
			[]string{"get lake/churn-secret/x", "get lake/churn", "get lake/churnx", "get lake/plain/x",
				"get other/churn/x", "list lake", "list lake ",
				"list lake churn-secret/", "list lake churn", "list lake churn-", "list lake c", "list lake plain/",
				"list other churn/", "locate other",
				"put lake/churn/x", "delete lake/churn/x", "abort lake/churn/x", "datakey churn", "decrypt secret",
				"s3:DeleteBucket lake",
				"s3:PutBucketPolicy lake", "s3:GetObjectAcl lake/churn/x", "s3:ListAllMyBuckets *",
				"get lake/CHURN/x"}},
		{"writer", nil,
			[]string{"put lake/churn/x", "abort lake/churn/x", "parts lake/churn/x", "datakey churn", "decrypt churn"},
			[]string{"get lake/churn/x", "list lake churn/", "list lake", "delete lake/churn/x", "put lake/churn-secret/x",
				"put lake/churn", "datakey secret",
				"s3:DeleteObjectVersion lake/churn/x", "s3:PutObjectAcl lake/churn/x"}},
		{"deleter", nil,
			[]string{"delete lake/churn/x"},
			[]string{"get lake/churn/x", "put lake/churn/x", "list lake churn/", "delete lake/churn-secret/x",
				"delete lake/churn", "decrypt churn",
				"s3:DeleteObjectVersion lake/churn/x", "s3:DeleteBucket lake"}},
		{"all", nil,
			[]string{"get lake/churn/x", "put lake/churn/x", "delete lake/churn/x", "list lake churn/",
				"datakey churn"},
			[]string{"get lake/churn-secret/x", "delete lake/plain/x"}},
		{"mixed", nil,
			[]string{"get lake/churn/x", "get lake/plain/x", "put lake/plain/x", "put lake/churn-secret/x",
				"list lake churn/", "list lake plain/", "datakey secret"},
			[]string{"put lake/churn/x", "get lake/churn-secret/x", "list lake churn-secret/", "datakey churn"}},
		{"mixed", []string{"plain"},
			[]string{"get lake/plain/x", "put lake/plain/x", "list lake plain/"},
			[]string{"get lake/churn/x", "put lake/churn-secret/x", "list lake churn/", "decrypt churn",
				"datakey secret"}},
		{"mixed", []string{"secret", "churn", "churn"},
			[]string{"get lake/churn/x", "put lake/churn-secret/x"},
			[]string{"get lake/plain/x", "put lake/churn/x", "get lake/churn-secret/x"}},
		{"buckets", nil,
			[]string{"list lake churn/", "list features churn/", "list whole", "list whole a/b", "get whole/x",
				"locate whole", "locate lake", "get features/churn/x"},
			[]string{"list lake", "list features", "list wholesale", "get wholesale/x", "get features/x",
				"list lake whole", "put whole/x"}},
		{"several", nil,
			[]string{"get lake/churn/x", "get features/labels/x", "list lake churn/", "list features labels/a", "locate lake", "locate features"},
			[]string{"list lake labels/", "list features churn/", "get lake/labels/x", "get features/churn/x", "list lake", "put lake/churn/x"}},
		{"denying", nil,
			[]string{"get lake/churn/x", "put lake/churn/x", "list lake churn/", "list lake churn/p", "list lake churn/pii", "get lake/churn/piix"},
			[]string{"get lake/churn/pii/x", "put lake/churn/pii/x", "get lake/churn/pii/", "list lake churn/pii/", "list lake churn/pii/x", "delete lake/churn/x"}},
		{"reaching", nil, // what another dataset would give it
			[]string{"get lake/churn/x", "get lake/plain/x", "delete lake/churn/x"},
			[]string{"get lake/churn/pii/x", "delete lake/churn/pii/x", "list lake churn/pii/", "list lake churn/pii/a"}},
		{"reaching", []string{"lake"},
			[]string{"get lake/churn/x", "get lake/plain/x", "list lake", "list lake churn/"},
			[]string{"get lake/churn/pii/x", "delete lake/churn/pii/x", "list lake churn/pii/", "list lake churn/pii/a"}},
		{"reaching", []string{"pii"}, nil,
			[]string{"get lake/churn/pii/x", "list lake churn/pii/", "get lake/churn/x"}},
		{"rooted", nil,
			[]string{"get lake/churn", "list lake churn", "list lake churn/", "get lake/churn/x", "list lake a/b", "get lake/a/b", "put lake/churn/x"},
			[]string{"put lake/churn", "abort lake/churn", "delete lake/churn", "list lake churn-", "list lake chur", "get lake/churn-secret/x", "list lake a",
				"get lake/a", "get lake/churnx", "list lake churn-secret/"}},
		{"root-writer", nil,
			[]string{"put lake/churn/x"}, []string{"get lake/churn", "list lake churn", "put lake/churn", "get lake/churn/x"}},
		{"keyed", nil,
			[]string{"put lake/churn/x", "put lake/churn/x kms=churn", "put lake/plain/x AES256", "put lake/plain/x kms=secret", "put lake/churn-secret/x kms=secret",
				"put lake/plain/x customers", "datakey churn", "datakey secret"},
			[]string{"put lake/churn/x kms=secret", "put lake/churn/x kms=other", "put lake/churn/x AES256", "put lake/churn/x kms", "put lake/churn-secret/x kms=churn",
				"put lake/churn-secret/x AES256", "put lake/churn/x customers", "put lake/churn-secret/x customers", "datakey other"}},
		{"part", nil, // of a keyed dataset that it only reads
			[]string{"put lake/churn/a/x", "put lake/churn/a/x kms=churn", "put lake/plain/x AES256"},
			[]string{"put lake/churn/a/x AES256", "put lake/churn/a/x kms=other", "put lake/churn/a/x customers"}},
		{"part", []string{"part"},
			[]string{"put lake/churn/a/x", "put lake/churn/a/x kms=churn"},
			[]string{"put lake/churn/a/x AES256", "put lake/churn/a/x kms=other", "put lake/churn/a/x customers"}},
		{"stating", nil,
			[]string{"put lake/churn/x", "put lake/churn/x kms=churn", "put lake/x AES256", "put other/x customers"},
			[]string{"put lake/churn/x AES256", "put lake/churn/x kms", "put lake/churn/x customers"}},
		{"aside", nil, // by ways that do not name the bucket
			[]string{"get lake/churn/x", "get accesspoint/x", "glue:GetTable arn:aws:glue:us-east-1:111122223333:table/a/b"},
			[]string{"get lake/churn/pii/x", "s3:GetObject arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/churn/pii/x",
				"s3:GetObject arn:aws:s3::111122223333:accesspoint/p.mrap/object/churn/pii/x",
				"s3:ListBucket arn:aws:s3:us-east-1:111122223333:accesspoint/p",
				"s3:GetDataAccess arn:aws:s3:us-east-1:111122223333:access-grants/default"}},
		{"stating", nil, []string{"s3:PutObject arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/x"}, nil}, // no place is denied
		{"inner", nil, // each of what lies in one another has what it has
			[]string{"get whole/x", "get whole/a/x", "put whole/a/x", "list whole", "delete whole/a/b/x", "put whole/a/b/x", "get whole/a/b/x"},
			[]string{"put whole/x", "delete whole/x", "delete whole/a/x", "put whole/ab"}},
		{"reader", nil, nil, []string{"http get lake/churn/x", "http list lake churn/"}},
		{"minio", nil, []string{"http get lake/plain/x", "http list lake plain/"}, nil},
		{"heir", nil,
			[]string{"get lake/churn/x", "put lake/plain/x", "decrypt churn"},
			[]string{"put lake/churn/x", "get lake/plain/x"}},
	} {
		policy := policyOf(t, m, c.role, c.scope...)
		judge, err := evaluate.Parse(policy)
		if err != nil {
			t.Fatalf("%v in %s", err, policy)
		}
		allows := func(short string) bool { return judge.Evaluate(try(short)).Effect == evaluate.Allow }
		for _, short := range c.allow {
			if !allows(short) {
				t.Errorf("%s %v: %q should be allowed by %s", c.role, c.scope, short, policy)
			}
		}
		for _, short := range c.denied {
			if allows(short) {
				t.Errorf("%s %v: %q should be denied by %s", c.role, c.scope, short, policy)
			}
		}
	}
}

const plainHTTP = `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`

func TestPoliciesAreSmall(t *testing.T) {
	t.Parallel()
	m := policyMap(t)
	for role, want := range map[string]string{
		"none": "",
		// A key, a bucket and objects share a statement: each action meets its own kind.
		"all": `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey","s3:AbortMultipartUpload","s3:DeleteObject","s3:GetBucketLocation","s3:GetObject",` +
			`"s3:ListMultipartUploadParts","s3:PutObject"],` +
			`"Resource":["arn:aws:kms:us-east-1:111122223333:key/churn","arn:aws:s3:::lake","arn:aws:s3:::lake/churn/*"]},` +
			`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake","Condition":{"StringLike":{"s3:prefix":"churn/*"}}},` + plainHTTP +
			// It may write nowhere else.
			`,{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"false"},` +
			`"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:111122223333:key/churn"}}},` +
			`{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:x-amz-server-side-encryption-customer-algorithm":"false"}}}]}`,
		// Two buckets with the same prefixes share their statements; the whole one has no condition.
		"buckets": `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":["kms:Decrypt","s3:GetBucketLocation","s3:GetObject"],` +
			`"Resource":["arn:aws:kms:us-east-1:111122223333:key/churn","arn:aws:s3:::features","arn:aws:s3:::features/churn/*","arn:aws:s3:::lake",` +
			`"arn:aws:s3:::lake/churn/*","arn:aws:s3:::whole","arn:aws:s3:::whole/*"]},` +
			`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::whole"},` +
			`{"Effect":"Allow","Action":"s3:ListBucket","Resource":["arn:aws:s3:::features","arn:aws:s3:::lake"],` +
			`"Condition":{"StringLike":{"s3:prefix":"churn/*"}}},` + plainHTTP + `]}`,
		// What is denied, and the root without its slash.
		"denying": `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:GetBucketLocation","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],` +
			`"Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/churn/*"]},` +
			`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake","Condition":{"StringLike":{"s3:prefix":"churn/*"}}},` + plainHTTP +
			`,{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::lake/churn/pii/*"},` +
			`{"Effect":"Deny","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake","Condition":{"StringLike":{"s3:prefix":"churn/pii/*"}}}]}`,
		"rooted": `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:GetObject"],"Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/a/b","arn:aws:s3:::lake/churn"]},` +
			`{"Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],` +
			`"Resource":["arn:aws:s3:::lake/a/b/*","arn:aws:s3:::lake/churn/*"]},` +
			`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake","Condition":{"StringLike":{"s3:prefix":["a/b","a/b/*","churn","churn/*"]}}},` +
			plainHTTP + `]}`,
	} {
		if got := policyOf(t, m, role); got != want {
			t.Errorf("%s:\n got %s\nwant %s", role, got, want)
		}
	}
	for role, partition := range map[string]string{"china": `"arn:aws-cn:s3:::lake/plain/*"`, "minio": `"arn:aws:s3:::lake/plain/*"`} {
		if got := policyOf(t, m, role); !strings.Contains(got, partition) {
			t.Errorf("%s: %s", role, got)
		}
	}
}

func TestPoliciesThatCantBe(t *testing.T) {
	t.Parallel()
	m := policyMap(t)
	for _, c := range []struct {
		role       string
		scope      []string
		text, hint string
	}{
		{"nobody\x1b", nil, `the access map has no role "nobody\x1b"`, "dbxaccess roles"},
		{"base", nil, "role base can only be inherited: the access map gives it no aws", "dbxaccess roles"},
		{"reader", []string{"churm"}, `role reader has no dataset "churm"; did you mean churn?`, "it has churn"},
		{"reader", []string{"churn", "plain"}, `role reader has no dataset "plain"`, "it has churn"},
		{"mixed", []string{""}, `role mixed has no dataset ""`, "it has churn, plain, secret"},
		{"none", []string{"churn"}, `role none has no dataset "churn"`, "it has no datasets; leave --scope out"},
	} {
		policy, err := m.Policy(c.role, c.scope, time.Time{})
		if policy != "" || ui.CodeOf(err) != ui.NoSuchRole || err.Error() != c.text || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%s %v: got %q, %v, hint %q", c.role, c.scope, policy, err, ui.HintOf(err))
		}
	}
}

// A role whose datasets do not fit: told with the length, and usable in part.
func TestALongPolicyIsRefusedAndCanBeNarrowed(t *testing.T) {
	t.Parallel()
	var datasets, names strings.Builder
	for i := range 60 {
		fmt.Fprintf(&datasets, "  d%d: {location: s3://bucket-%d/prefix/}\n", i, i)
		fmt.Fprintf(&names, "d%d, ", i)
	}
	m := parsed(t, "version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [big]}}}\ndatasets:\n"+
		datasets.String()+"roles:\n  big: {aws: {role_arn: \"arn:aws:iam::111122223333:role/x\", region: us-east-1}, read: ["+names.String()+"]}\n")
	_, err := m.Policy("big", nil, time.Time{})
	if ui.CodeOf(err) != ui.Failed || !strings.Contains(err.Error(), "role big has 5") || !strings.Contains(ui.HintOf(err), "--scope") {
		t.Errorf("got %v, hint %q", err, ui.HintOf(err))
	}
	policy := policyOf(t, m, "big", "d3", "d40")
	if !json.Valid([]byte(policy)) || len(policy) > iam.MaxSessionPolicy {
		t.Errorf("got %s", policy)
	}
	problems := m.Check()
	if len(problems) != 1 || problems[0].Line != 65 || !strings.Contains(problems[0].Message, "role big has 5") {
		t.Errorf("got %v", problems)
	}
}

// A permission set has no ARN to tell its partition by; its region tells.
func TestPoliciesOfPermissionSets(t *testing.T) {
	t.Parallel()
	m := parsed(t, `version: 1
identities: {idp: {issuer: https://idp.example, client_id: x, groups: {}}}
datasets: {c: {location: s3://third}}
roles:
  bare: {aws: {account_id: "111122223333", role_name: X, region: us-east-1}}
  china: {aws: {account_id: "111122223333", role_name: X, region: cn-north-1}, read: [c]}
`)
	if policy, err := m.Policy("bare", nil, time.Time{}); policy != "" || err != nil {
		t.Errorf("got %s, %v", policy, err)
	}
	if policy, err := m.Policy("china", nil, time.Time{}); !strings.Contains(policy, `"arn:aws-cn:s3:::third/*"`) || err != nil {
		t.Errorf("got %s, %v", policy, err)
	}
}
