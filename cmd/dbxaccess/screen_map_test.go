//go:build linux

package main

import (
	"strings"
	"testing"
)

// TestMapScreens compares what the author of a map sees with files that people have looked at.
func TestMapScreens(t *testing.T) {
	golden(t, "map-check", oddMap, nil, "map", "check", "access-map.yaml")
	golden(t, "map-check-broken", brokenMap, nil, "map", "check", "access-map.yaml")
	golden(t, "map-policy", nil, nil, "map", "policy", "ml-trainer")
	golden(t, "map-policy-full", fullPolicy, nil, "map", "policy", "ml-trainer", "--map", "access-map.yaml", "--compact")
	golden(t, "map-new", oddMap, []answer{
		{"> ", "https://sso.example.com/realms/ml\n"}, {"> ", "dbxaccess\n"}, {"> ", "/ml/scientists\n"}, {"> ", "1234\n"}, {"> ", "444455556666\n"},
		{"> ", "churn-reader\n"}, {"> ", "eu-central-1\n"}, {"> ", "s3://acme-ml/churn/\n"}, {"> ", "\n"}, {"> ", "#ml-platform\n"}, {"[y/N] ", "y\n"},
	}, "map", "new", "--provider", "keycloak", "--output", "access-map.yaml")
	golden(t, "map-new-file", nil, []answer{{"> ", "\n"}, {"> ", "\n"}, {"> ", "\n"}}, "map", "new", "--provider", "okta",
		"--issuer", "https://acme.okta.com/oauth2/default", "--client-id", "0oa1b2c3", "--group", "ml-scientists", "--account", "111122223333",
		"--role-name", "ml-trainer", "--region", "us-east-1", "--dataset", "s3://acme-ml/churn/")
}

const smallMap = `version: 1
identities:
  acme:
    issuer: https://id.example
    client_id: dbxaccess
    groups: { platform: [admin], ml-churn: [] }
policy: { restricted: { env: deny } }
datasets:
  churn: { location: s3://acme-ml/churn/, sensitivity: restricted }
roles:
  admin: { aws: { role_arn: "arn:aws:iam::111122223333:role/admin", region: us-east-1 } }
`

func oddMap(d *desk) { d.file("access-map.yaml", smallMap) }

func brokenMap(d *desk) {
	d.file("access-map.yaml", strings.NewReplacer("issuer: https://id.example", "issuer: acme.okta.com", "sensitivity:", "sensitivit:", "us-east-1 }", "us-east-1, duration: 8 }").Replace(smallMap))
}

// fullPolicy has a role whose policy is nearly as long as AWS takes.
func fullPolicy(d *desk) {
	long := strings.Repeat("long-", 33)
	d.file("access-map.yaml", `version: 1
identities: { acme: { issuer: https://id.example, client_id: x, groups: { ml: [ml-trainer] } } }
datasets:
  churn: { location: s3://acme-ml/`+long+`churn/ }
  features: { location: s3://acme-ml/`+long+long+`features/ }
  labels: { location: s3://acme-ml/labels/ }
roles:
  ml-trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1 }
    read: [churn, features, labels]
    write: [labels]
    statements: [ { actions: [glue:GetTable], resources: ["*"] } ]
`)
}
