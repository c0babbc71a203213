package compare

import (
	"strings"
	"testing"
)

const anyone = `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`

func on(condition string) string { return policy(anyone + `,"Condition":{` + condition + `}}`) }

func resources(element string) string {
	return policy(`{"Effect":"Allow","Action":"s3:GetObject",` + element + `}`)
}

// Texts that hold what could part them are not taken for several, nor several for one.
func TestTextsStayApart(t *testing.T) {
	for name, c := range map[string][2]string{
		"conditions": {on(`"StringNotEquals":{"aws:a":"x"},"StringNotLike":{"aws:b":"y*"}`),
			on(`"StringNotEquals":{"aws:a":"x\nstringnotlike aws:b y*"}`)},
		"values":     {on(`"StringEquals":{"aws:a":["x","y"]}`), on(`"StringEquals":{"aws:a":"x\u0000y"}`)},
		"no value":   {on(`"StringNotEquals":{"aws:a":[]}`), on(`"StringNotEquals":{"aws:a":""}`)},
		"key":        {on(`"StringEquals":{"aws:a b":"c"}`), on(`"StringEquals":{"aws:a":"b c"}`)},
		"principals": {policy(strings.Replace(anyone, `"111122223333"`, `"arn:aws:iam:x:111122223333:root"`, 1) + "}"), policy(anyone + "}")},
	} {
		if result, err := Trust(c[0], c[1], role); err != nil || len(result.Differences) == 0 {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	for name, c := range map[string][2]string{
		"resources": {resources(`"NotResource":["arn:aws:s3:::b/a","arn:aws:s3:::b/c"]`), resources(`"NotResource":"arn:aws:s3:::b/a arn:aws:s3:::b/c"`)},
		"not":       {resources(`"NotResource":["arn:aws:s3:::b/a"]`), resources(`"Resource":["arn:aws:s3:::b/a"]`)},
	} {
		result, err := Permissions(Policies{Identity: []string{c[0]}}, Policies{Identity: []string{c[1]}}, role)
		if err != nil || len(result.Differences) == 0 {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	if one, other := quoted("a", "1:b"), quoted("a1", "b"); one == other || quoted("a", "b") == quoted("a:1:b") {
		t.Errorf("%q and %q", one, other)
	}
}

// Every value that conditions on one key tell apart is tried, or it is said that not all were.
func TestValuesOfAKey(t *testing.T) {
	const number, moment = "111111111111111111111111111111111111111111111111111111111111", "2026-12-31T00:00:00Z"
	for name, c := range map[string]struct {
		wanted, actual string
		whole          bool
	}{
		"a spelling that is not listed": {`"StringEquals":{"sts:ExternalId":["Ab","ab","AB"]}`, `"StringEqualsIgnoreCase":{"sts:ExternalId":"Ab"}`, true},
		"the long s":                    {`"StringEquals":{"sts:ExternalId":["s","S"]}`, `"StringEqualsIgnoreCase":{"sts:ExternalId":"s"}`, true},
		"a spelling of true":            {`"StringEquals":{"aws:a":["true","TRUE","True"]}`, `"Bool":{"aws:a":"true"}`, true},
		"the empty text":                {`"StringLike":{"aws:a":"?*"}`, `"StringLike":{"aws:a":"*"}`, true},
		"between two seconds":           {`"DateGreaterThan":{"aws:CurrentTime":"` + moment + `"}`, `"DateGreaterThanEquals":{"aws:CurrentTime":"2026-12-31T00:00:01Z"}`, true},
		"between two numbers":           {`"NumericGreaterThan":{"aws:a":"1"}`, `"NumericGreaterThanEquals":{"aws:a":"1.01"}`, true},
		"between long numbers": {`"NumericGreaterThan":{"aws:a":"` + number + `.1"}`,
			`"NumericGreaterThanEquals":{"aws:a":"` + number + `.12"}`, true},
		"seconds since 1970": {`"DateGreaterThan":{"aws:CurrentTime":"1700000000"}`, `"DateGreaterThanEquals":{"aws:CurrentTime":"1700000003"}`, true},
		"late dates":         {`"DateGreaterThan":{"aws:CurrentTime":"999999999997"}`, `"DateGreaterThan":{"aws:CurrentTime":"999999999998"}`, true},
		"a number as a text": {`"StringEquals":{"aws:a":"10"}`, `"NumericEquals":{"aws:a":"10"}`, false},
		"three of four values": {`"Null":{"aws:b":"true"},"Bool":{"aws:b":"true"}`, `"ForAllValues:StringEquals":{"aws:a":["b","c","4"]},
			"ForAnyValue:StringEquals":{"aws:a":"b"},"ForAnyValue:StringLike":{"aws:a":"c"},"ForAnyValue:StringEqualsIgnoreCase":{"aws:a":"4"}`, true},
	} {
		result, err := Trust(on(c.wanted), on(c.actual), role)
		if err != nil || result.Whole != c.whole || c.whole && len(result.Differences) == 0 {
			t.Errorf("%s: whole %v, %+v, %v", name, result.Whole, result.Differences, err)
		}
		for _, d := range result.Differences {
			if !d.Sure {
				t.Errorf("%s: not judged differently: %+v", name, d)
			}
		}
	}
}

// What the program does not know of AWS counts as something that AWS may have.
func TestWhatIsNotKnownCounts(t *testing.T) {
	for name, more := range map[string]string{
		"an access point of several regions": `"Action":"s3:GetObject","Resource":"arn:aws:s3::999988887777:accesspoint/mfzwi23gnjvgw.mrap/object/*"`,
		"requests for such access points":    `"Action":"s3:DescribeMultiRegionAccessPointOperation","Resource":"arn:aws:s3:us-west-2:111122223333:async-request/mrap/*"`,
		"an object lambda":                   `"Action":"s3:GetAccessPointForObjectLambda","Resource":"arn:aws:s3-object-lambda:*:*:accesspoint/x"`,
		"a form that S3 does not have today": `"Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:999988887777:future/*"`,
		"all but the forms of today":         `"Action":"s3:GetObject","NotResource":["arn:aws:s3:::*","arn:aws:s3:*:*:accesspoint/*"]`,
		"an action of another service":       `"Action":"cloudshell:Put","Resource":"arn:aws:s3:::b/*"`,
		"a wildcard for no action of today":  `"Action":"s3:Teleport*","Resource":"*"`,
		"a wildcard for the keys' future":    `"Action":"kms:Teleport?ey","Resource":"arn:aws:kms:us-east-1:111122223333:key/1"`,
		"an action on nothing, by its name":  `"Action":"s3:TeleportAll","Resource":"*"},{"Effect":"Deny","Action":"s3:TeleportAll","Resource":"arn:*"`,
	} {
		result, err := Permissions(Policies{Identity: []string{policy(reading)}}, Policies{Identity: []string{policy(reading, `{"Effect":"Allow",`+more+`}`)}}, role)
		if err != nil || !result.Whole || len(result.Differences) == 0 || !result.Differences[0].Sure {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}
