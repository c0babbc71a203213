package sandbox

import "strings"

// Map is an access map for this sandbox, in YAML: the identity acme, its groups, the workspace prod, and two roles with
// their datasets.
// Carol, who is in no group, is given nothing by it.
func (s *Server) Map() string { return s.fillMap(mapBegin + mapGroups + mapMiddle) }

// IdentitiesMap is Map with all sorts of identities: beside acme, corp, which is Identity Center, and ci, a job of GitHub
// Actions. acme's ml-scientists may take ml-deep as well, which is reached via ml-hop. corp offers ml-admin and ml-viewer,
// which are permission sets, ml-scoped, which narrows ml-admin, and ml-audited, which is reached via it. ci is given ml-ci,
// which works as the service principal ml-ci in prod.
func (s *Server) IdentitiesMap() string {
	return s.fillMap(mapBegin + mapAllGroups + mapIdentities + mapMiddle + mapRoles)
}

func (s *Server) fillMap(text string) string {
	return strings.NewReplacer(
		"ISSUER", s.Issuer(), "CLIENT_ID", clientID, "WORKSPACE", s.WorkspaceHost(), "ACCOUNT", Account,
		"START_URL", s.StartURL(), "GITHUB", s.GitHubIssuer(), "AUDIENCE", MachineAudience, "PRINCIPAL", MachinePrincipal,
	).Replace(text)
}

const (
	mapBegin = `version: 1
contact: "#ml-platform"
identities:
  acme:
    issuer: ISSUER
    client_id: CLIENT_ID
    groups_claim: groups
    groups:
`
	mapGroups = `      ml-scientists: [ml-trainer]
      analysts: [ml-reader]
`
	mapAllGroups = `      ml-scientists: [ml-trainer, ml-deep]
      analysts: [ml-reader]
`
	mapIdentities = `  corp:
    start_url: START_URL
    sso_region: us-east-1
    roles: [ml-admin, ml-viewer, ml-scoped, ml-audited]
  ci:
    token: { from: github-actions, audience: AUDIENCE }
    issuer: GITHUB
    claims:
      - { match: { repository: "acme/*", ref: refs/heads/main }, roles: [ml-ci] }
`
	mapMiddle = `workspaces:
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
	mapRoles = `  ml-hop:
    description: The way to the account of the raw data
    aws: { role_arn: "arn:aws:iam::ACCOUNT:role/ml-hop", region: us-east-1 }
  ml-deep:
    description: Read the raw data
    aws:
      role_arn: arn:aws:iam::ACCOUNT:role/ml-deep
      region: us-east-1
      via: ml-hop
      external_id: x1
      transitive_tags: [team]
      source_identity: true
    read: [churn]
    tags: { cost-center: "4711", team: churn }
  ml-admin:
    description: Administer the ML account
    aws: { account_id: "ACCOUNT", role_name: MLAdmin, region: us-east-1 }
  ml-viewer:
    description: Look at the ML account
    aws: { account_id: "ACCOUNT", role_name: MLReader, region: us-east-1 }
  ml-scoped:
    description: Read the churn data, by MLAdmin
    aws: { account_id: "ACCOUNT", role_name: MLAdmin, role_arn: "arn:aws:iam::ACCOUNT:role/ml-scoped", region: us-east-1 }
    read: [churn]
  ml-audited:
    description: Read the churn data under one's own name
    aws: { role_arn: "arn:aws:iam::ACCOUNT:role/ml-scoped", region: us-east-1, via: ml-admin, source_identity: true }
    read: [churn]
  ml-ci:
    description: Jobs of the main branch
    aws: { role_arn: "arn:aws:iam::ACCOUNT:role/ml-ci", region: us-east-1 }
    workspace: prod
    service_principal: PRINCIPAL
    read: [features]
`
)
