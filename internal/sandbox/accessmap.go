package sandbox

import "strings"

// Map is an access map for this sandbox, in YAML: the identity acme, its groups, the workspace prod, and two roles with
// their datasets.
// Carol, who is in no group, is given nothing by it.
func (s *Server) Map() string {
	return strings.NewReplacer(
		"ISSUER", s.Issuer(), "CLIENT_ID", s.clientID, "WORKSPACE", s.WorkspaceHost(), "ACCOUNT", Account,
	).Replace(accessMap)
}

const accessMap = `version: 1
contact: "#ml-platform"
identities:
  acme:
    issuer: ISSUER
    client_id: CLIENT_ID
    groups_claim: groups
    groups:
      ml-scientists: [ml-trainer]
      analysts: [ml-reader]
workspaces:
  prod:
    host: WORKSPACE
    login: federation
datasets:
  churn:
    location: s3://acme-ml/churn/
    sensitivity: confidential
    kms_key: arn:aws:kms:us-east-1:ACCOUNT:key/2b1cd3f4-5a6b-4c7d-8e9f-0a1b2c3d4e5f
  features:
    location: s3://acme-features/v2/
    sensitivity: internal
roles:
  ml-reader:
    description: Read the feature store
    aws: { role_arn: "arn:aws:iam::ACCOUNT:role/ml-reader", region: us-east-1, duration: 2h }
    workspace: prod
    read: [features]
  ml-trainer:
    description: Train the churn model
    inherits: [ml-reader]
    aws: { role_arn: "arn:aws:iam::ACCOUNT:role/ml-trainer", region: us-east-1 }
    read: [churn]
    write: [churn]
    tags: { cost-center: "4711", team: churn }
`
