package admit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const owner = "111122223333"

func questions() []Question {
	return []Question{
		{"read", "s3:GetObject", "arn:aws:s3:::acme-ml/churn/x"}, {"read", "s3:ListBucket", "arn:aws:s3:::acme-ml"},
		{"write", "s3:PutObject", "arn:aws:s3:::acme-ml/churn/x"},
	}
}

// said is what openings amount to, in words.
func said(t *testing.T, policy string) string {
	t.Helper()
	list, err := Openings(policy, owner, questions(), time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatalf("%v: %s", err, policy)
	}
	var all []string
	for _, o := range list {
		text := fmt.Sprintf("%s %s %s by %d", o.Kind, o.Who, strings.Join(o.Verbs, "+"), o.Statement)
		var where []string
		for key, values := range o.Where {
			where = append(where, key+"="+strings.Join(values, ","))
		}
		slices.Sort(where)
		if where != nil {
			text += " where " + strings.Join(where, " ")
		}
		if !o.Sure {
			text += " perhaps"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	const (
		all    = `"Action":"s3:*","Resource":["arn:aws:s3:::acme-ml","arn:aws:s3:::acme-ml/*"]`
		read   = `"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/*"`
		to     = `{"Effect":"Allow","Principal":`
		anyone = `{"Effect":"Allow","Principal":"*",` + read
		deny   = `{"Effect":"Deny","Principal":"*",` + all
		role   = `arn:aws:iam::111122223333:role/reader`
	)
	for name, c := range map[string]struct{ statements, want string }{
		"everybody":       {anyone + `}`, "everybody * read by 1"},
		"as a list":       {to + `{"AWS":["*"]},` + read + `}`, "everybody * read by 1"},
		"a role":          {to + `{"AWS":"` + role + `"},` + all + `}`, "principal " + role + " read+write by 1"},
		"an account":      {to + `{"AWS":"arn:aws:iam::222233334444:root"},` + read + `}`, "account 222233334444 read by 1"},
		"by number":       {to + `{"AWS":"222233334444"},` + read + `}`, "account 222233334444 read by 1"},
		"its own account": {to + `{"AWS":"arn:aws:iam::111122223333:root"},` + all + `}`, ""},
		"everybody of its own account, whatever IAM says": {
			anyone + `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`, "account 111122223333 read by 1",
		},
		"a deleted role": {to + `{"AWS":"AROAEXAMPLE"},` + read + `}`, ""},
		"a service":      {to + `{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-ml/*"}`, "service logging.s3.amazonaws.com write by 1"},
		"a service with a source": {
			to + `{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-ml/*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`,
			"service logging.s3.amazonaws.com write by 1 where aws:SourceAccount=111122223333",
		},
		"a canonical user": {to + `{"CanonicalUser":"79a5"},` + read + `}`, "foreign 79a5 read by 1"},
		"another place":    {to + `"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/other/*"}`, ""},
		"another action":   {to + `"*","Action":"s3:GetBucketTagging","Resource":"arn:aws:s3:::acme-ml"}`, ""},
		"an organisation": {
			anyone + `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-acme"}}}`, "everybody * read by 1 where aws:PrincipalOrgID=o-acme",
		},
		"a network": {anyone + `,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`, "everybody * read by 1 where aws:SourceIp=203.0.113.0"},
		"roles of a name": {
			anyone + `,"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ml-*"}}}`, "pattern arn:aws:iam::111122223333:role/ml-* read by 1",
		},
		"one role by its ARN": {anyone + `,"Condition":{"StringEquals":{"aws:PrincipalArn":"` + role + `"}}}`, "principal " + role + " read by 1"},
		"over":                {anyone + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}`, ""},
		"not over":            {anyone + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}}`, "everybody * read by 1"},
		"plain http alone":    {anyone + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, ""},
		"a variable":          {anyone + `,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"${s3:ExistingObjectTag/team}"}}}`, "everybody * read by 1 where aws:PrincipalTag/team=${s3:ExistingObjectTag/team} perhaps"},
		"all denied":          {anyone + `},` + deny + `}`, ""},
		"plain http denied":   {anyone + `},` + deny + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, "everybody * read by 1"},
		"others than an organisation denied": {
			anyone + `},` + deny + `,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-acme"}}}`, "everybody * read by 1 where aws:PrincipalOrgID=o-acme",
		},
		"others than one role denied": {
			anyone + `},` + deny + `,"Condition":{"ArnNotEquals":{"aws:PrincipalArn":"` + role + `"}}}`, "principal " + role + " read by 1",
		},
		"an account of which one role is spared": {
			to + `{"AWS":"222233334444"},` + read + `},` + deny +
				`,"Condition":{"StringNotLike":{"aws:PrincipalArn":["arn:aws:iam::222233334444:role/a","` + role + `"]}}}`,
			"principal arn:aws:iam::222233334444:role/a read by 1",
		},
		"a denial by NotPrincipal": {
			anyone + `},{"Effect":"Deny","NotPrincipal":{"AWS":["` + role + `","111122223333","arn:aws:sts::111122223333:assumed-role/reader/dbxaccess-example"]},` + all + `}`,
			"principal " + role + " read by 1; principal arn:aws:sts::111122223333:assumed-role/reader/dbxaccess-example read by 1",
		},
		"a denial of two": {
			anyone + `},` + deny + `,"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"},"Bool":{"aws:ViaAWSService":"false"}}}`,
			"everybody * read by 1",
		},
		"denied by size": {anyone + `},` + deny + `,"Condition":{"NumericLessThan":{"s3:TlsVersion":"2"},"Null":{"s3:TlsVersion":"false"}}}`, "everybody * read by 1"},
		"two statements": {anyone + `},{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"*"}`, "everybody * read+write by 1"},
	} {
		if got := said(t, `{"Version":"2012-10-17","Statement":[`+c.statements+`]}`); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := said(t, ""); got != "" {
		t.Errorf("no policy: %s", got)
	}
	if got := said(t, `{"Statement":`+anyone+`}}`); got != "everybody * read by 1" {
		t.Errorf("one statement that is no list: %s", got)
	}
}

// What can't be read lets in nobody knows whom.
func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{
		`{}`, `x`, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"New":{"a:b":"c"}}}]}`, `{"Statement":[]}`,
	} {
		if list, err := Openings(policy, owner, questions(), time.Now()); err == nil {
			t.Errorf("%s: %+v", policy, list)
		}
	}
	many := strings.TrimSuffix(strings.Repeat(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Null":{"a:b":"true"}}},`, 300)+
		strings.Repeat(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"a:c":"d"}}},`, 200), ",")
	begun := time.Now()
	if list, err := Openings(`{"Statement":[`+many+`]}`, owner, questions(), begun); err == nil && len(list) == 0 {
		t.Error("a large policy lets in nobody")
	}
}

func FuzzOpenings(f *testing.F) {
	f.Add(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:*"}}}}`)
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"1"},"Action":"*","Resource":"*"}]}`)
	f.Fuzz(func(t *testing.T, policy string) {
		list, err := Openings(policy, owner, questions(), time.Unix(0, 0))
		for _, o := range list {
			if err != nil || len(o.Verbs) == 0 || o.Statement == 0 {
				t.Errorf("%+v, %v", o, err)
			}
		}
	})
}
