package compare

import (
	"strings"
	"testing"
)

// What only some values of a variable tell apart is not called equal, and what none does is.
func TestOtherValuesOfVariables(t *testing.T) {
	const home = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::home/${aws:username}/*"}`
	with := func(old, instead string) string { return strings.Replace(home, old, instead, 1) }
	for name, c := range map[string]struct {
		both, more string
		whole      bool
	}{
		"a Deny for one": {home, `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::home/alice/*"}`, false},
		"a part of what is allowed": {`{"Effect":"Deny","Action":"s3:GetObject","NotResource":"arn:aws:s3:::home/${aws:username}/*"},` + reading,
			strings.Replace(reading, "churn/", "churn/2026/", 1), true},
		"a Deny of something else": {home, `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::house/alice/*"}`, true},
		"a Deny of another action": {home, `{"Effect":"Deny","Action":"s3:Put*","Resource":"arn:aws:s3:::home/alice/*"}`, true},
		"a value with a colon":     {with("home/${aws:username}", "${aws:username}"), `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a:b/x"}`, false},
		"a value with colons":      {with("s3:::home/${aws:username}/*", "${aws:username}"), `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a/x"}`, false},
		"what conditions compare with": {with(`home/${aws:username}/*"`, `home/*","Condition":{"StringEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"}}`),
			`{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/a":"evil"}}}`, false},
		"a condition that the Deny has not": {with(`home/${aws:username}/*"`, `${aws:username}/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}`),
			`{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, true},
	} {
		result, err := Permissions(Policies{Identity: []string{policy(c.both)}}, Policies{Identity: []string{policy(c.both, c.more)}}, role)
		if err != nil || len(result.Differences) > 0 || result.Whole != c.whole {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	// In a boundary, as in the role's own policies.
	wanted := Policies{Identity: []string{policy(reading)}, Boundary: []string{policy(home)}}
	actual := Policies{Identity: []string{policy(reading, with("${aws:username}", "alice"))}, Boundary: wanted.Boundary}
	if result, err := Permissions(wanted, actual, role); err != nil || result.Whole {
		t.Errorf("%+v, %v", result, err)
	}
	// In trust, with a value that depends on who asks.
	own := `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}}`
	no := `{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:ResourceAccount":"444455556666"}}}`
	if result, err := Trust(policy(own), policy(own, no), role); err != nil || result.Whole {
		t.Errorf("%+v, %v", result, err)
	}
}

// What AWS takes in the other kind of policy alone is not looked at.
func TestMisplacedElements(t *testing.T) {
	const root, some = `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`, `,"Resource":"arn:aws:iam::*:role/x"}`
	if result, err := Trust(policy(root+"}"), policy(root+some), role); err != nil || result.Whole {
		t.Errorf("%+v, %v", result, err)
	}
	other := strings.Replace(root, "1111", "2222", 1)
	if result, err := Permissions(Policies{Identity: []string{policy(root + some)}}, Policies{Identity: []string{policy(other + some)}}, role); err != nil || result.Whole {
		t.Errorf("%+v, %v", result, err)
	}
}
