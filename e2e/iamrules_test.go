package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// operatorCases are the rules on actions, resources and conditions, one by one, with keys that S3 has.
func operatorCases() []judged {
	type conditions struct {
		key       string
		values    []string // of the policy, as JSON
		has       [][]string
		operators []string
	}
	var cases []judged
	add := func(effect, rest, action, resource string, context map[string][]string) {
		statement := fmt.Sprintf(`{"Effect":%q,%s}`, effect, rest)
		policy := document(statement)
		if effect == "Deny" {
			policy = document(`{"Effect":"Allow","Action":"*","Resource":"*"}`, statement)
		}
		cases = append(cases, simulation(ask(action, resource, context), policy))
	}
	const object = "arn:aws:s3:::acme-ml/churn/x"
	for _, c := range []conditions{
		{"aws:PrincipalTag/team", []string{`"ml"`, `["ml","data"]`, `"m*"`, `"${aws:PrincipalTag/other}"`},
			[][]string{nil, {"ml"}, {"ML"}, {"data"}, {"m*"}, {""}},
			[]string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
				"StringEqualsIfExists", "StringNotEqualsIfExists", "StringLikeIfExists"}},
		{"aws:PrincipalTag/team", []string{`"true"`, `"false"`}, [][]string{nil, {"ml"}}, []string{"Null"}},
		{"aws:MultiFactorAuthAge", []string{`"300"`}, [][]string{nil, {"299"}, {"300"}, {"301"}},
			[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
				"NumericLessThanIfExists"}},
		{"aws:CurrentTime", []string{`"2027-01-31T00:00:00Z"`},
			[][]string{{"2027-01-30T23:59:59Z"}, {"2027-01-31T00:00:00Z"}, {"2027-01-31T00:00:01Z"}},
			[]string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"}},
		{"aws:SecureTransport", []string{`"false"`, `"true"`}, [][]string{{"true"}, {"false"}}, []string{"Bool", "BoolIfExists"}},
		{"aws:MultiFactorAuthPresent", []string{`"false"`}, [][]string{nil, {"true"}, {"false"}}, []string{"Bool", "BoolIfExists"}},
		{"aws:SourceIp", []string{`"203.0.113.0/24"`, `["10.0.0.0/8","203.0.113.7/32"]`},
			[][]string{nil, {"203.0.113.7"}, {"203.0.113.8"}, {"198.51.100.1"}}, []string{"IpAddress", "NotIpAddress"}},
		{"aws:SourceArn", []string{`"arn:aws:s3:::acme-*"`, `"arn:aws:*:::acme-ml"`},
			[][]string{nil, {"arn:aws:s3:::acme-ml"}, {"arn:aws:s3:::other"}, {"arn:aws:sns:us-east-1:111122223333:acme-ml"}},
			[]string{"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"}},
	} {
		for _, operator := range c.operators {
			for i, values := range c.values {
				for _, has := range c.has {
					context := map[string][]string{"aws:PrincipalTag/other": {"ml"}}
					if has != nil {
						context[c.key] = has
					}
					effect := [...]string{"Allow", "Deny"}[i%2]
					add(effect, fmt.Sprintf(`"Action":"s3:GetObject","Resource":"*","Condition":{%q:{%q:%s}}`, operator, c.key, values),
						"s3:GetObject", object, context)
				}
			}
		}
	}
	// Several values, and an operator for one.
	for _, operator := range []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"} {
		for _, has := range [][]string{{"a", "b"}, {"c", "d"}} {
			add("Allow", fmt.Sprintf(`"Action":"*","Resource":"*","Condition":{%q:{"aws:TagKeys":["a","b"]}}`, operator),
				"s3:CreateBucket", "arn:aws:s3:::acme-new", map[string][]string{"aws:TagKeys": has})
		}
	}
	for _, set := range []string{"ForAllValues", "ForAnyValue"} {
		for _, operator := range []string{"StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "StringNotEqualsIfExists"} {
			for _, has := range [][]string{nil, {"a"}, {"a", "b"}, {"a", "c"}, {"c", "d"}} {
				context := map[string][]string{}
				if has != nil {
					context["aws:TagKeys"] = has
				}
				add("Allow", fmt.Sprintf(`"Action":"*","Resource":"*","Condition":{"%s:%s":{"aws:TagKeys":["a","b"]}}`, set, operator),
					"s3:CreateBucket", "arn:aws:s3:::acme-new", context)
			}
		}
	}
	for _, rest := range []string{
		`"Action":"S3:getobject","Resource":"*"`, `"Action":"s3:*","Resource":"arn:aws:s3:::acme-ml"`, `"Action":"s3:Get*","Resource":"arn:aws:s3:::acme-ml/churn/?"`,
		`"Action":"s3:*","Resource":"arn:aws:s3:::acme-ml/churn/*"`, `"Action":"s3:*","Resource":"arn:aws:s3:::acme-ml*"`,
		`"Action":"s3:*","Resource":"arn:aws:s3:::ACME-ml/*"`, `"Action":"s3:*","Resource":"arn:aws:s3:::acme-ml/${*}"`,
		`"Action":"s3:*","Resource":"arn:aws:s3:::acme-ml/${aws:PrincipalTag/home}/*"`, `"Action":"s3:*","Resource":"arn:aws:s3:::acme-ml/${aws:PrincipalTag/none}*"`,
		`"NotAction":"s3:Put*","Resource":"*"`, `"NotAction":["s3:Get*"],"Resource":"*"`, `"Action":"*","NotResource":"arn:aws:s3:::acme-ml/*"`,
		`"Action":"*","NotResource":["arn:aws:s3:::other","arn:aws:s3:::other/*"]`, `"Action":"sqs:*","Resource":"*"`,
	} {
		for _, effect := range []string{"Allow", "Deny"} {
			context := map[string][]string{"aws:PrincipalTag/home": {"churn"}}
			add(effect, rest, "s3:GetObject", object, context)
			add(effect, rest, "s3:ListBucket", "arn:aws:s3:::acme-ml", context)
			add(effect, rest, "s3:PutObject", "arn:aws:s3:::acme-ml/y", nil)
		}
	}
	add("Allow", `"Action":"*","NotResource":"arn:aws:s3:::acme-ml/${aws:PrincipalTag/none}/*"`, "s3:GetObject", object, nil)
	// "The resource that includes a policy variable with no value will not match any resource", so NotResource leaves nothing out:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
	cases[len(cases)-1].theirs = "ImplicitlyDenied"
	return cases
}

// layerCases are the ways in which policies of several kinds meet.
func layerCases() []judged {
	const root = "arn:aws:iam::111122223333:root"
	nothing := document(`{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	forbidden := document(`{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Deny","Action":["s3:*","kms:*"],"Resource":"*"}`)
	naming := func(effect, principal string) json.RawMessage {
		return document(fmt.Sprintf(`{"Effect":%q,"Action":["s3:*","kms:*"],"Resource":"*","Principal":{"AWS":%q}}`, effect, principal))
	}
	denyAll := document(`{"Effect":"Deny","Action":["s3:*","kms:*"],"Resource":"*","Principal":"*"}`)
	// With an allow beside it: who is not named by the first keeps what the role has.
	except := func(listed string) json.RawMessage {
		return document(`{"Effect":"Allow","Action":"kms:*","Resource":"*","Principal":{"AWS":"`+root+`"}}`,
			`{"Effect":"Deny","Action":["s3:*","kms:*"],"Resource":"*","NotPrincipal":{"AWS":[`+listed+`]}}`)
	}
	denyOthers := except(`"` + root + `","arn:aws:iam::111122223333:role/ml-trainer","` + judgedSession + `"`)
	denyOthersToo := except(`"arn:aws:iam::444455556666:root"`)
	var (
		toSession  = naming("Allow", judgedSession)
		toAll      = naming("Allow", "*")
		identities = []json.RawMessage{everything, nothing, forbidden}
		narrowing  = []json.RawMessage{nil, everything, nothing, forbidden}
		resources  = []json.RawMessage{nil, naming("Allow", "arn:aws:iam::111122223333:role/ml-trainer"), toSession, naming("Allow", root),
			naming("Allow", "arn:aws:iam::111122223333:role/other"), toAll, naming("Deny", root), denyAll, denyOthers, denyOthersToo}
		cases []judged
	)
	add := func(owner string, identity, session, boundary, resource json.RawMessage, change func(*judged)) {
		for _, r := range []judgedRequest{ask("s3:GetObject", "arn:aws:s3:::acme-ml/churn/x", nil), ask("kms:Decrypt", judgedKey, nil)} {
			if r.Action == "kms:Decrypt" && (resource == nil || owner != judgedAccount) {
				continue // every key has a policy, and is in the account that its ARN names
			}
			r.Resource.Owner = owner
			c := simulation(r, session)
			c.Identity, c.Resource = named(identity), resource
			if boundary != nil {
				c.Boundary = named(boundary)
			}
			if change != nil {
				change(&c)
			}
			if (bytes.Equal(resource, toSession) || bytes.Equal(resource, toAll)) && bytes.Equal(session, nothing) && !bytes.Equal(identity, forbidden) {
				// "Permissions granted directly to a session are not limited by an implicit deny in … a session policy":
				// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
				c.theirs = "ImplicitlyDenied"
			}
			cases = append(cases, c)
		}
	}
	for _, identity := range identities {
		for _, resource := range resources {
			for _, narrow := range narrowing {
				add(judgedAccount, identity, narrow, nil, resource, nil)
				if narrow != nil {
					add(judgedAccount, identity, nil, narrow, resource, nil)
				}
			}
			if resource != nil {
				add("444455556666", identity, nil, nil, resource, nil)
			}
		}
		for _, level := range [][]json.RawMessage{{everything}, {nothing}, {everything, nothing}, {forbidden}} {
			add(judgedAccount, identity, nil, nil, nil, func(c *judged) {
				c.SCP = []judgedLevel{{"r-root", named(everything)}, {"ou-data", named(level...)}}
			})
		}
		add(judgedAccount, identity, nil, nil, nil, func(c *judged) {
			c.RCP = []judgedLevel{{"r-root", named(denyAll)}}
		})
	}
	return cases
}
