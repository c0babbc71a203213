package evaluate_test

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// absent is a key that the request lacks.
var absent []string

func TestConditions(t *testing.T) {
	t.Parallel()
	one := func(s ...string) []string { return s }
	for _, c := range []struct {
		operator, values string
		has              []string
		want             bool
	}{
		{"StringEquals", `"a"`, one("a"), true},
		{"stringequals", `"a"`, one("a"), true},
		{"StringEquals", `"a"`, one("A"), false},
		{"StringEquals", `["a","b"]`, one("b"), true},
		{"StringEquals", `"a*"`, one("ab"), false},
		{"StringEquals", `"a*"`, one("a*"), true},
		{"StringEquals", `"a?"`, one("ab"), false},
		{"StringEquals", `"a?"`, one("a?"), true},
		{"StringEquals", `"${*}"`, one("*"), true},
		{"StringEquals", `""`, one(""), true},
		{"StringEquals", `[]`, one("a"), false},
		{"StringEquals", `"a"`, absent, false},
		{"StringEquals", `"a"`, one("a", "b"), false},
		{"StringEquals", `7`, one("7"), true},
		{"StringEquals", `true`, one("true"), true},
		{"StringNotEquals", `"a"`, one("b"), true},
		{"StringNotEquals", `["a","b"]`, one("b"), false},
		{"StringNotEquals", `["a","b"]`, one("c"), true},
		{"StringNotEquals", `"a"`, absent, true},
		{"StringNotEquals", `"a"`, one("b", "c"), false},
		{"StringNotEquals", `[]`, one("a"), true},
		{"StringEqualsIgnoreCase", `"aB"`, one("Ab"), true},
		{"StringEqualsIgnoreCase", `"aB"`, one("Abc"), false},
		{"StringNotEqualsIgnoreCase", `"aB"`, one("Ab"), false},
		{"StringLike", `"churn/*"`, one("churn/"), true},
		{"StringLike", `"churn/*"`, one("churn/a/b"), true},
		{"StringLike", `"churn/*"`, one("churn"), false},
		{"StringLike", `"churn/*"`, one("churn-secret/"), false},
		{"StringLike", `"churn/*"`, one(""), false},
		{"StringLike", `"churn/*"`, absent, false},
		{"StringLikeIfExists", `"churn/*"`, absent, true},
		{"StringLikeIfExists", `"churn/*"`, one(""), false},
		{"StringNotLike", `"churn/*"`, one("churn/x"), false},
		{"StringNotLike", `"churn/*"`, absent, true},
		{"StringNotEqualsIfExists", `"a"`, absent, true},
		{"StringNotEqualsIfExists", `"a"`, one("a"), false},

		{"ForAllValues:StringEquals", `["a","b"]`, one("a", "b"), true},
		{"ForAllValues:StringEquals", `["a","b"]`, one("a", "c"), false},
		{"ForAllValues:StringEquals", `"a"`, absent, true},
		{"ForAllValues:StringNotEquals", `"a"`, one("b", "c"), true},
		{"ForAllValues:StringNotEquals", `"a"`, one("a", "c"), false},
		{"ForAnyValue:StringEquals", `["a","b"]`, one("x", "b"), true},
		{"ForAnyValue:StringEquals", `["a","b"]`, one("x", "y"), false},
		{"ForAnyValue:StringEquals", `"a"`, absent, false},
		{"ForAnyValue:StringNotEquals", `"a"`, one("a", "b"), true},
		{"ForAnyValue:StringNotEquals", `"a"`, one("a"), false},
		{"ForAnyValue:StringNotEquals", `"a"`, absent, false},
		{"ForAnyValue:StringLikeIfExists", `"a*"`, absent, false},
		{"ForAllValues:StringLikeIfExists", `"a*"`, absent, true},
		{"foranyvalue:stringlike", `"a*"`, one("b", "ab"), true},

		{"NumericEquals", `"10"`, one("10.0"), true},
		{"NumericEquals", `10`, one("10"), true},
		{"NumericEquals", `"9007199254740993"`, one("9007199254740992"), false},
		{"NumericEquals", `"10"`, one("ten"), false},
		{"NumericEquals", `"10"`, one(strings.Repeat("0", 70) + "10"), false}, // nobody writes that
		{"NumericNotEquals", `"10"`, one("11"), true},
		{"NumericNotEquals", `"10"`, absent, true},
		{"NumericLessThan", `"10"`, one("9"), true},
		{"NumericLessThan", `"10"`, one("10"), false},
		{"NumericLessThan", `"10"`, absent, false},
		{"NumericLessThanEquals", `"10"`, one("10"), true},
		{"NumericGreaterThan", `"-1.5"`, one("-1"), true},
		{"NumericGreaterThan", `"10"`, one("9"), false},
		{"NumericGreaterThanEquals", `"10"`, one("10"), true},
		{"NumericLessThanIfExists", `"10"`, absent, true},

		{"DateEquals", `"2027-01-31"`, one("2027-01-31T00:00:00Z"), true},
		{"DateNotEquals", `"2027-01-31"`, one("2027-01-31T00:00:01Z"), true},
		{"DateLessThan", `"2027-01-31T00:00:00Z"`, one("2027-01-30T23:59:59Z"), true},
		{"DateLessThan", `"2027-01-31T00:00:00Z"`, one("2027-01-31T00:00:00Z"), false},
		{"DateLessThan", `"2027-01-31T00:00:00Z"`, one("2027-01-31T00:30:00+01:00"), true},
		{"DateLessThan", `"2027-01-31T00:00:00Z"`, absent, false},
		{"DateLessThan", `"2027-01-31T00:00:00Z"`, one("soon"), false},
		{"DateLessThanEquals", `"2027"`, one("2027-01-01T00:00Z"), true},
		{"DateGreaterThan", `"2027-01"`, one("2027-01-01T00:00:00.001Z"), true},
		{"DateGreaterThan", `"1800000000"`, one("1800000001"), true},
		{"DateGreaterThanEquals", `"1800000000"`, one("2027-01-15T08:00:00Z"), true},
		{"DateGreaterThan", `"1800000000"`, one("99999999999999999999"), false},

		{"Bool", `"false"`, one("false"), true},
		{"Bool", `"False"`, one("FALSE"), true},
		{"Bool", `false`, one("false"), true},
		{"Bool", `"false"`, one("true"), false},
		{"Bool", `"false"`, absent, false},
		{"Bool", `"false"`, one("0"), false},
		{"BoolIfExists", `"false"`, absent, true},

		{"BinaryEquals", `"aGk="`, one("aGk="), true},
		{"BinaryEquals", `"aGk="`, one("aGkh"), false},
		{"BinaryEquals", `"aGk="`, one("hi"), false},

		{"IpAddress", `"203.0.113.0/24"`, one("203.0.113.255"), true},
		{"IpAddress", `"203.0.113.0/24"`, one("::ffff:203.0.113.7"), true},
		{"IpAddress", `"203.0.113.0/24"`, one("203.0.114.0"), false},
		{"IpAddress", `"203.0.113.7"`, one("203.0.113.7"), true},
		{"IpAddress", `"203.0.113.7"`, one("203.0.113.8"), false},
		{"IpAddress", `["10.0.0.0/8","2001:DB8:1234:5678::/64"]`, one("2001:db8:1234:5678::1"), true},
		{"IpAddress", `"0.0.0.0/0"`, one("2001:db8::1"), false},
		{"IpAddress", `"10.0.0.0/8"`, absent, false},
		{"IpAddress", `"10.0.0.0/8"`, one("here"), false},
		{"NotIpAddress", `"203.0.113.0/24"`, one("203.0.113.1"), false},
		{"NotIpAddress", `"203.0.113.0/24"`, one("198.51.100.1"), true},
		{"NotIpAddress", `"203.0.113.0/24"`, absent, true},

		{"ArnLike", `"arn:aws:iam::*:role/ml-*"`, one(roleID), true},
		{"ArnEquals", `"arn:aws:iam::*:role/ml-*"`, one(roleID), true},
		{"ArnLike", `"arn:aws:iam::*"`, one(roleID), false},
		{"ArnLike", `"arn:*:ml-trainer"`, one(roleID), false},
		{"ArnLike", `"arn:aws:iam::*:role/ml-*"`, one("ml-trainer"), false},
		{"ArnLike", `"arn:aws:iam::*:ROLE/ml-*"`, one(roleID), false},
		{"ArnNotLike", `"arn:aws:iam::*:role/ml-*"`, one(roleID), false},
		{"ArnNotEquals", `"arn:aws:iam::*:role/ml-*"`, absent, true},

		{"Null", `"true"`, absent, true},
		{"Null", `true`, one("x"), false},
		{"Null", `"false"`, one("x"), true},
		{"Null", `"false"`, one(""), true},
		{"Null", `"false"`, absent, false},
		{"Null", `["true","false"]`, absent, true},
	} {
		const key = "Test:Key"
		p := parsed(t, policy(allow("*", "*", condition(c.operator, key, c.values))))
		r := get("lake/x")
		if c.has != nil {
			r.Context = map[string][]string{"test:KEY": c.has}
		}
		if got := p.Evaluate(r).Effect == evaluate.Allow; got != c.want {
			t.Errorf("%s %s of %q: got %v", c.operator, c.values, c.has, got)
		}
	}
}

// Operators, and keys of one operator, all have to hold.
func TestConditionsAreJoined(t *testing.T) {
	t.Parallel()
	p := parsed(t, policy(deny("s3:PutObject", "*", `"Condition":{
		"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"`+key+`","s3:x-amz-acl":"private"},
		"Null":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"false"}}`)))
	for _, c := range []struct {
		key, acl string
		want     evaluate.Effect
	}{
		{"", "", evaluate.None}, // relies on the bucket's default
		{key, "", evaluate.None},
		{key + "2", "", evaluate.Deny},
		{key + "2", "private", evaluate.None},
		{key, "public-read", evaluate.None},
	} {
		r := evaluate.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/x", Context: map[string][]string{}}
		if c.key != "" {
			r.Context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = []string{c.key}
		}
		if c.acl != "" {
			r.Context["s3:x-amz-acl"] = []string{c.acl}
		}
		if got := p.Evaluate(r).Effect; got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// A key in two spellings of one request is read the same way each time.
func TestAKeyInTwoSpellings(t *testing.T) {
	t.Parallel()
	p := parsed(t, policy(allow("*", "*", condition("StringEquals", "a:key", `"1"`))))
	for range 100 {
		r := get("lake/x")
		r.Context = map[string][]string{"a:Key": {"2"}, "A:KEY": {"1"}, "A:key": {"3"}}
		if got := p.Evaluate(r); got.Effect != evaluate.Allow {
			t.Fatalf("got %+v", got)
		}
	}
}
