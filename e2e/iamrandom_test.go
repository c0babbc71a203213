package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomCases are policies of several statements, put together at random of what IAM has, with requests that are likely to
// meet them. They are the same each time.
func randomCases() []judged {
	const number = 300
	random := rand.New(rand.NewPCG(55, 0))
	actions := []string{`"s3:*"`, `"s3:Get*"`, `"S3:GetObject"`, `["s3:GetObject","s3:PutObject"]`, `"s3:*Object"`, `"*"`, `"s3:List*"`, `"s3:GetObject?"`, `"kms:*"`}
	resources := []string{
		`"*"`, `"arn:aws:s3:::acme-ml"`, `"arn:aws:s3:::acme-ml/*"`, `["arn:aws:s3:::acme-ml","arn:aws:s3:::acme-ml/churn/*"]`, `"arn:aws:s3:::*/churn/x"`,
		`"arn:aws:s3:::acme-??/churn*"`, `"arn:aws:s3:::acme-ml/${aws:PrincipalTag/team}/*"`, `"arn:aws:s3:::acme-ml/${aws:PrincipalTag/none, 'churn'}/*"`,
		`"arn:*:s3:::acme-ml/*"`, `"arn:aws:s3:::other/*"`,
	}
	conditions := []string{
		`"StringLike":{"s3:prefix":["churn/*","${aws:PrincipalTag/team}"]}`, `"StringNotLike":{"s3:prefix":"churn/*"}`, `"Null":{"s3:prefix":true}`,
		`"Bool":{"aws:SecureTransport":"true"}`, `"StringEqualsIfExists":{"aws:PrincipalTag/team":["churn","data"]}`,
		`"StringNotEquals":{"aws:PrincipalTag/team":"churn"}`, `"NumericLessThan":{"aws:MultiFactorAuthAge":3600}`,
		`"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}`, `"IpAddress":{"aws:SourceIp":["203.0.113.0/24"]}`,
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ml-*"}`, `"StringEquals":{"aws:principalaccount":"111122223333"}`,
	}
	contexts := map[string][]string{
		"aws:PrincipalTag/team": {"churn", "data", "ml"}, "aws:SecureTransport": {"true", "false"}, "aws:MultiFactorAuthAge": {"60", "7200"},
		"aws:SourceIp": {"203.0.113.9", "198.51.100.9"},
	}
	keys := []string{"aws:PrincipalTag/team", "aws:SecureTransport", "aws:MultiFactorAuthAge", "aws:SourceIp"}
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	statement := func() string {
		parts := []string{fmt.Sprintf(`"Effect":%q`, pick([]string{"Allow", "Allow", "Deny"}))}
		parts = append(parts, pick([]string{`"Action":`, `"Action":`, `"Action":`, `"NotAction":`})+pick(actions))
		which, resource := pick([]string{`"Resource":`, `"Resource":`, `"Resource":`, `"NotResource":`}), pick(resources)
		if which == `"NotResource":` && strings.Contains(resource, "/team}") {
			resource = `"arn:aws:s3:::acme-ml/*"` // what that means without a team is among the known differences
		}
		parts = append(parts, which+resource)
		if random.IntN(2) == 0 {
			first, second := pick(conditions), pick(conditions)
			both := first
			if a, _, _ := strings.Cut(first, ":"); !strings.HasPrefix(second, a+":") && random.IntN(3) == 0 { // an operator stands once
				both += "," + second
			}
			parts = append(parts, `"Condition":{`+both+`}`)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	var cases []judged
	for range number {
		statements := []string{statement()}
		for random.IntN(2) == 0 {
			statements = append(statements, statement())
		}
		context := map[string][]string{
			"aws:PrincipalArn": {"arn:aws:iam::" + judgedAccount + ":role/ml-trainer"}, "aws:PrincipalAccount": {judgedAccount},
		}
		for _, key := range keys {
			if random.IntN(3) > 0 || key == "aws:SecureTransport" {
				context[key] = []string{pick(contexts[key])}
			}
		}
		action, resource := pick([]string{"s3:GetObject", "s3:PutObject"}), "arn:aws:s3:::acme-ml/"+pick([]string{"churn/x", "churn-secret/x", "data/x"})
		if random.IntN(3) == 0 {
			action, resource = "s3:ListBucket", "arn:aws:s3:::acme-ml"
			if random.IntN(2) == 0 {
				context["s3:prefix"] = []string{pick([]string{"churn/", "churn", "data", ""})}
			}
		}
		cases = append(cases, simulation(ask(action, resource, context), document(statements...)))
	}
	return cases
}
