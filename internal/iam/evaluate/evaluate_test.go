package evaluate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

const (
	account   = "111122223333"
	other     = "444455556666"
	sessionID = "arn:aws:sts::111122223333:assumed-role/ml-trainer/ada@acme.com"
	roleID    = "arn:aws:iam::111122223333:role/ml-trainer"
	key       = "arn:aws:kms:us-east-1:111122223333:key/churn"
)

// policy is a document of statements, each without its braces.
func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[{` + strings.Join(statements, `},{`) + `}]}`
}

func allow(action, resource string, more ...string) string {
	return statement("Allow", action, resource, more...)
}

func deny(action, resource string, more ...string) string {
	return statement("Deny", action, resource, more...)
}

func statement(effect, action, resource string, more ...string) string {
	s := fmt.Sprintf(`"Effect":%q,"Action":%q,"Resource":%q`, effect, action, resource)
	return strings.Join(append([]string{s}, more...), ",")
}

func condition(operator, key, values string) string {
	return fmt.Sprintf(`"Condition":{%q:{%q:%s}}`, operator, key, values)
}

func parsed(t testing.TB, document string) *evaluate.Policy {
	t.Helper()
	p, err := evaluate.Parse(document)
	if err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return p
}

func get(resource string) evaluate.Request {
	return evaluate.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + resource, Principal: sessionID}
}

func TestActionsAndResources(t *testing.T) {
	t.Parallel()
	const bucket = "arn:aws:s3:::lake"
	for _, c := range []struct {
		name, statement, action, resource string
		want                              evaluate.Effect
	}{
		{"the same", allow("s3:GetObject", bucket+"/a"), "s3:GetObject", bucket + "/a", evaluate.Allow},
		{"actions ignore case", allow("S3:getobject", bucket+"/a"), "s3:GetOBJECT", bucket + "/a", evaluate.Allow},
		{"resources do not", allow("s3:GetObject", bucket+"/A"), "s3:GetObject", bucket + "/a", evaluate.None},
		{"another action", allow("s3:GetObject", "*"), "s3:GetObjectVersion", bucket + "/a", evaluate.None},
		{"a star in an action", allow("s3:Get*", "*"), "s3:GetObjectVersion", bucket + "/a", evaluate.Allow},
		{"every action", allow("*", "*"), "kms:Decrypt", key, evaluate.Allow},
		{"a star crosses slashes", allow("s3:GetObject", bucket+"/*"), "s3:GetObject", bucket + "/a/b/c", evaluate.Allow},
		{"a star is nothing, too", allow("s3:GetObject", bucket+"/a/*"), "s3:GetObject", bucket + "/a/", evaluate.Allow},
		{"but not the slash", allow("s3:GetObject", bucket+"/a/*"), "s3:GetObject", bucket + "/a", evaluate.None},
		{"a neighbour", allow("s3:GetObject", bucket+"/churn/*"), "s3:GetObject", bucket + "/churn-secret/x", evaluate.None},
		{"one character", allow("s3:GetObject", bucket+"/a?c"), "s3:GetObject", bucket + "/aéc", evaluate.Allow},
		{"one character is not none", allow("s3:GetObject", bucket+"/a?c"), "s3:GetObject", bucket + "/ac", evaluate.None},
		{"a literal star", allow("s3:GetObject", bucket+"/${*}x"), "s3:GetObject", bucket + "/*x", evaluate.Allow},
		{"a literal star is no wildcard", allow("s3:GetObject", bucket+"/${*}x"), "s3:GetObject", bucket + "/ax", evaluate.None},
		{"a literal question mark", allow("s3:GetObject", bucket+"/${?}${$}"), "s3:GetObject", bucket + "/?$", evaluate.Allow},
		{"not a literal question mark", allow("s3:GetObject", bucket+"/${?}"), "s3:GetObject", bucket + "/a", evaluate.None},
		{"a star does not cross a colon", allow("kms:*", "arn:aws:kms:*:key/churn"), "kms:Decrypt", key, evaluate.None},
		{"a star for a segment", allow("kms:*", "arn:aws:kms:*:111122223333:key/*"), "kms:Decrypt", key, evaluate.Allow},
		{"an ARN that stops early", allow("kms:*", "arn:aws:kms"), "kms:Decrypt", key, evaluate.Allow},
		{"another partition", allow("kms:*", "arn:aws-cn:kms:*:*:*"), "kms:Decrypt", key, evaluate.None},
		{"deny", deny("s3:*", "*"), "s3:GetObject", bucket + "/a", evaluate.Deny},
		{"not the action", `"Effect":"Allow","NotAction":["s3:Put*","s3:Delete*"],"Resource":"*"`, "s3:GetObject", bucket + "/a", evaluate.Allow},
		{"the action that is left out", `"Effect":"Allow","NotAction":["s3:Put*","s3:Delete*"],"Resource":"*"`, "s3:DeleteObject", bucket + "/a", evaluate.None},
		{"not the resource", `"Effect":"Deny","Action":"s3:*","NotResource":["` + bucket + `","` + bucket + `/*"]`, "s3:GetObject", "arn:aws:s3:::others/a", evaluate.Deny},
		{"the resource that is spared", `"Effect":"Deny","Action":"s3:*","NotResource":["` + bucket + `","` + bucket + `/*"]`, "s3:GetObject", bucket + "/a", evaluate.None},

		// Bucket and objects in one statement: each action meets its own kind.
		{"an object's action on a bucket", allow("s3:*", bucket+"*"), "s3:GetObject", bucket, evaluate.None},
		{"a bucket's action on an object", allow("s3:*", bucket+"*"), "s3:ListBucket", bucket + "/a", evaluate.None},
		{"a bucket's action", allow("s3:*", bucket+"*"), "s3:ListBucket", bucket, evaluate.Allow},
		{"a bucket's configuration", allow("s3:*", bucket+"*"), "s3:GetEncryptionConfiguration", bucket, evaluate.Allow},
		{"a bucket's action that speaks of objects", allow("s3:*", bucket), "s3:GetBucketObjectLockConfiguration", bucket, evaluate.Allow},
		{"parts of an upload", allow("s3:*", bucket+"/*"), "s3:ListMultipartUploadParts", bucket + "/a", evaluate.Allow},
		{"parts of an upload on a bucket", allow("s3:*", "*"), "s3:ListMultipartUploadParts", bucket, evaluate.None},
		{"an access point", allow("s3:*", "arn:aws:s3:us-east-1:111122223333:accesspoint/*"), "s3:ListBucket",
			"arn:aws:s3:us-east-1:111122223333:accesspoint/ml-ap", evaluate.Allow},
		{"no resource", allow("s3:ListAllMyBuckets", "*"), "s3:ListAllMyBuckets", "*", evaluate.Allow},
		{"no resource is no ARN", allow("s3:ListAllMyBuckets", bucket), "s3:ListAllMyBuckets", "*", evaluate.None},
	} {
		p := parsed(t, policy(c.statement))
		if got := p.Evaluate(evaluate.Request{Action: c.action, Resource: c.resource}); got.Effect != c.want {
			t.Errorf("%s: got %q for %s on %s by %s", c.name, got.Effect, c.action, c.resource, c.statement)
		}
	}
}

// A finding names the statement; a Deny wins wherever it stands.
func TestTheStatementIsNamed(t *testing.T) {
	t.Parallel()
	p := parsed(t, policy(
		allow("s3:PutObject", "*", `"Sid":"Put"`), allow("s3:*", "*", `"Sid":"All"`), allow("*", "*"),
		deny("s3:*", "arn:aws:s3:::lake/pii/*", `"Sid":"NoPII"`)))
	for resource, want := range map[string]evaluate.Finding{
		"lake/x":     {Effect: evaluate.Allow, Statement: 2, Sid: "All"},
		"lake/pii/x": {Effect: evaluate.Deny, Statement: 4, Sid: "NoPII"},
	} {
		if got := p.Evaluate(get(resource)); got != want {
			t.Errorf("%s: got %+v", resource, got)
		}
	}
	if got := (*evaluate.Policy)(nil).Evaluate(get("lake/x")); got != (evaluate.Finding{}) {
		t.Errorf("no policy: got %+v", got)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	home := func(variable string) string { return allow("s3:GetObject", "arn:aws:s3:::lake/"+variable+"/*") }
	context := map[string][]string{
		"aws:username": {"ada"}, "aws:PrincipalTag/team": {"ml"}, "aws:PrincipalTag/wild": {"*"}, "aws:TagKeys": {"a", "b"},
	}
	for _, c := range []struct {
		statement, object string
		want              bool
	}{
		{home("${aws:username}"), "lake/ada/x", true},
		{home("${AWS:UserName}"), "lake/ada/x", true}, // keys ignore case
		{home("${aws:username}"), "lake/bob/x", false},
		{home("${aws:username}"), "lake/${aws:username}/x", false},
		{home("${aws:PrincipalTag/wild}"), "lake/ada/x", false}, // a star of a value is no wildcard
		{home("${aws:PrincipalTag/wild}"), "lake/*/x", true},
		{home("${aws:PrincipalTag/none}"), "lake//x", false},
		{home("${aws:TagKeys}"), "lake/a/x", false},
		{home("${aws:PrincipalTag/none, 'nobody'}"), "lake/nobody/x", true},
		{home("${aws:PrincipalTag/team, 'nobody'}"), "lake/ml/x", true},
		{home("${aws:PrincipalAccount}"), "lake/" + account + "/x", true},
		// A variable without value is equal to nothing, in NotResource too.
		{`"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::lake/${aws:PrincipalTag/none}/*"`, "lake//x", true},
		{allow("*", "*", condition("StringEquals", "aws:PrincipalTag/team", `"${aws:PrincipalTag/none}"`)), "lake/x", false},
		{allow("*", "*", condition("StringNotEquals", "aws:PrincipalTag/team", `"${aws:PrincipalTag/none}"`)), "lake/x", true},
		{allow("*", "*", condition("StringEquals", "aws:PrincipalTag/team", `"${aws:PrincipalTag/team}"`)), "lake/x", true},
		{allow("*", "*", condition("ArnLike", "aws:PrincipalArn", `"arn:aws:iam::${aws:PrincipalAccount}:role/*"`)), "lake/x", true},
	} {
		r := get(c.object)
		r.Context = context
		if got := parsed(t, policy(c.statement)).Evaluate(r).Effect == evaluate.Allow; got != c.want {
			t.Errorf("%s: got %v for %s", c.object, got, c.statement)
		}
	}
	// Before version 2012-10-17 there were none.
	for _, version := range []string{`"Version":"2008-10-17",`, ""} {
		p := parsed(t, `{`+version+`"Statement":{`+home("${aws:username}")+`}}`)
		r := get("lake/${aws:username}/x")
		r.Context = context
		if p.Evaluate(r).Effect != evaluate.Allow || p.Evaluate(get("lake/ada/x")).Effect == evaluate.Allow {
			t.Errorf("%q: variables are literal", version)
		}
	}
}

// What is in no statement's power to understand is an error, with the statement's number.
func TestWhatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:   "not JSON",
		`[]`: "not an object",
		`{"Version":"2012-10-17","Statement":[]}`:                                         "no Statement",
		`{"Version":"2012-10-17"}`:                                                        "no Statement",
		`{"Version":"2012-10-17","Statement":"x"}`:                                        "no Statement",
		`{"Version":"2015-01-01","Statement":{` + allow("*", "*") + `}}`:                  "the Version",
		`{"Version":"2012-10-17","statement":{` + allow("*", "*") + `}}`:                  `unknown element "statement"`,
		policy(allow("*", "*")) + "x":                                                     "something follows",
		policy(allow("*", "*")) + "{}":                                                    "something follows",
		policy(allow("*", "*", `"Effect":"Deny"`)):                                        `"Effect" is there twice`,
		policy(allow("*", "*"), allow("*", "*", `"Prinzipal":"*"`)):                       `statement 2: unknown element "Prinzipal"`,
		policy(allow("*", "*", `"NotAction":"s3:*"`)):                                     "both Action and NotAction",
		policy(allow("*", "*", `"NotResource":"*"`)):                                      "both Resource and NotResource",
		policy(allow("*", "*", `"NotPrincipal":"*"`)):                                     "NotPrincipal stands with Allow",
		policy(allow("*", "*", `"Principal":"*","NotPrincipal":"*"`)):                     "both Principal and NotPrincipal",
		policy(allow("*", "*", `"Principal":{"AWS":"arn:aws:iam::111122223333:role/*"}`)): "no wildcards",
		policy(allow("*", "*", `"Principal":{"Robot":"x"}`)):                              "unknown kind",
		policy(allow("*", "*", `"Principal":"arn"`)):                                      "neither * nor an object",
		policy(`"Effect":"allow","Action":"*","Resource":"*"`):                            "neither Allow nor Deny",
		policy(`"Action":"*","Resource":"*"`):                                             "no Effect",
		policy(`"Effect":"Allow","Resource":"*"`):                                         "neither Action nor NotAction",
		policy(`"Effect":"Allow","Action":"*"`):                                           "neither Resource nor Principal",
		policy(`"Effect":"Allow","Action":[],"Resource":"*"`):                             "list is empty",
		policy(`"Effect":"Allow","Action":[1],"Resource":"*"`):                            "not a text",
		policy(`"Effect":"Allow","Action":null,"Resource":"*"`):                           "neither a text nor a list",
		policy(allow("GetObject", "*")):                                                   "not an action",
		policy(allow("s3:${aws:username}", "*")):                                          "not an action",
		policy(allow("*", "lake")):                                                        "neither an ARN nor *",
		policy(allow("*", "arn:aws:s3:::${}")):                                            "not a variable",
		policy(allow("*", "arn:aws:s3:::${a:b, c}")):                                      "single quotes",
		policy(allow("*", "*", condition("StringMatches", "aws:username", `"x"`))):        `unknown operator "StringMatches"`,
		policy(allow("*", "*", condition("NullIfExists", "aws:username", `"true"`))):      "unknown operator",
		policy(allow("*", "*", condition("ForSomeValue:Bool", "aws:username", `"true"`))): "unknown operator",
		policy(allow("*", "*", condition("NumericLike", "aws:username", `"1"`))):          "unknown operator",
		policy(allow("*", "*", condition("StringEquals", "username", `"x"`))):             "not a key",
		policy(allow("*", "*", condition("StringEquals", "a:b", `{"x":"y"}`))):            "a value is neither",
		policy(allow("*", "*", condition("StringEquals", "a:b", `null`))):                 "a value is neither",
		policy(allow("*", "*", condition("NumericEquals", "a:b", `"1e9"`))):               "no value for this operator",
		policy(allow("*", "*", condition("DateLessThan", "a:b", `"tomorrow"`))):           "no value for this operator",
		policy(allow("*", "*", condition("DateLessThan", "a:b", `"${aws:CurrentTime}"`))): "no value for this operator",
		policy(allow("*", "*", condition("Bool", "a:b", `"yes"`))):                        "no value for this operator",
		policy(allow("*", "*", condition("Null", "a:b", `"yes"`))):                        "no value for this operator",
		policy(allow("*", "*", condition("IpAddress", "a:b", `"10.0.0.0/33"`))):           "no value for this operator",
		policy(allow("*", "*", condition("BinaryEquals", "a:b", `"%"`))):                  "base64",
		policy(allow("*", "*", `"Condition":{"Bool":{"a:b":true},"Bool":{"a:b":false}}`)): "there twice",
		policy(allow("*", "*", `"Condition":{"Bool":[]}`)):                                "not an object",
		"{\"Version\":\"\xff\"}":                                                          "not UTF-8",
		strings.Repeat(`{"Version":`, 100):                                                "too deep",
		strings.Repeat(" ", evaluate.MaxDocument+1):                                       "at most",
	} {
		p, err := evaluate.Parse(text)
		if p != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: got %v for %.200s", want, err, text)
		}
	}
}

// A pattern that would take a backtracking matcher longer than the world lasts.
func TestPatternsTakeNoTime(t *testing.T) {
	t.Parallel()
	p := parsed(t, policy(allow("s3:GetObject", "arn:aws:s3:::lake/"+strings.Repeat("*a", 20_000)+"b")))
	if got := p.Evaluate(get("lake/" + strings.Repeat("a", 40_000))); got.Effect != evaluate.None {
		t.Errorf("got %+v", got)
	}
}

// A policy of many variables, and a long value: neither is repeated without bound.
func TestVariablesDoNotGrow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		times int
		want  evaluate.Effect
	}{{80, evaluate.Allow}, {90, evaluate.None}, {900, evaluate.None}} {
		value := strings.Repeat("a", 100)
		p := parsed(t, policy(allow("s3:GetObject", "arn:aws:s3:::lake/"+strings.Repeat("${a:b}", c.times))))
		r := get("lake/" + strings.Repeat(value, c.times))
		r.Context = map[string][]string{"a:b": {value}}
		if got := p.Evaluate(r).Effect; got != c.want {
			t.Errorf("%d times: got %q", c.times, got)
		}
	}
}
