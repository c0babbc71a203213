package accessmap

const githubIssuer = "https://token.actions.githubusercontent.com"

// emailClaim is the claim that holds an e-mail address.
const emailClaim = "email"

// publicIssuer is one that signs tokens for everyone who has an account there. Only the claims tell the accounts apart,
// so each rule must pin one of them. Issuers that name the customer (CircleCI, Bitbucket, Azure DevOps, Spacelift, EKS)
// are none.
type publicIssuer struct {
	issuer, name string
	people       bool     // people get its tokens too, wherever they sign in; else only workloads
	owned        []string // claims that are a path below the owner's name, or that name itself
	ids          []string // claims that are the id or name of something that has one owner
	emails       bool     // the claim email is an address that the issuer verified, whose domain has an owner
	subjects     []subject
}

// subject is a form of the claim sub. At GitHub the owner of a repository chooses which claims its sub is made of
// (https://docs.github.com/en/actions/reference/security/oidc), so it has to begin with one that they can't choose.
type subject struct {
	start string
	owned bool // what follows is a path below the owner's name, else an id or name up to the next colon
}

var publicIssuers = [...]publicIssuer{
	{issuer: githubIssuer, name: "GitHub",
		owned: []string{"repository", "repository_owner"}, ids: []string{"repository_id", "repository_owner_id"},
		subjects: []subject{
			{"repo:", true}, {"repository:", true}, {"repository_owner:", false}, {"repository_owner_id:", false}, {"repository_id:", false},
		}},
	// https://docs.gitlab.com/ci/secrets/id_token_authentication: sub begins with the project's path, always.
	{issuer: "https://gitlab.com", name: "GitLab",
		owned: []string{"project_path", "namespace_path"}, ids: []string{"project_id", "namespace_id"},
		subjects: []subject{{"project_path:", true}}},
	// https://developers.google.com/identity/openid-connect/openid-connect: only Workspace accounts have hd.
	// Service accounts have sub and email. Who may sign in at a client depends on a setting that does not show in
	// the map.
	{issuer: "https://accounts.google.com", name: "Google", people: true, ids: []string{"sub", "hd"}, emails: true},
	// https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
	{issuer: "https://app.terraform.io", name: "HCP Terraform",
		ids: []string{
			"terraform_organization_name", "terraform_organization_id", "terraform_project_id", "terraform_workspace_id",
		},
		subjects: []subject{{"organization:", false}}},
	// https://buildkite.com/docs/pipelines/security/oidc
	{issuer: "https://agent.buildkite.com", name: "Buildkite",
		ids: []string{"organization_slug", "organization_id", "pipeline_id"}, subjects: []subject{{"organization:", false}}},
	// https://vercel.com/docs/oidc/reference: the issuer of a team has the team's name behind this one.
	{issuer: "https://oidc.vercel.com", name: "Vercel",
		ids: []string{"owner", "owner_id", "project_id"}, subjects: []subject{{"owner:", false}}},
	// https://codefresh.io/docs/docs/integrations/oidc-pipelines/
	{issuer: "https://oidc.codefresh.io", name: "Codefresh",
		ids: []string{"account_id", "pipeline_id"}, subjects: []subject{{"account:", false}}},
	// https://docs.scalr.io/docs/aws
	{issuer: "https://scalr.io", name: "Scalr", subjects: []subject{{"account:", false}}},
	// https://docs.upbound.io/manuals/packages/providers/authentication/
	{issuer: "https://proidc.upbound.io", name: "Upbound", subjects: []subject{{"mcp:", true}}},
	// https://www.pulumi.com/docs/esc/guides/configuring-oidc/
	{issuer: "https://api.pulumi.com/oidc", name: "Pulumi Cloud",
		subjects: []subject{
			{"pulumi:deploy:org:", false}, {"pulumi:environments:org:", false}, {"pulumi:environments:pulumi.organization.login:", false},
		}},
	// https://www.pulumi.com/docs/esc/guides/configuring-oidc/custom-audience/
	{issuer: "https://api.pulumi.com/oidc/v2", name: "Pulumi Cloud", ids: []string{"https://pulumi.com/org", "https://pulumi.com/org_id"}},
	// https://depot.dev/docs/ci/oidc
	{issuer: "https://identity.depot.dev", name: "Depot", ids: []string{"org_id"}},
	// https://modal.com/docs/guide/oidc-integration
	{issuer: "https://oidc.modal.com", name: "Modal", ids: []string{"workspace_id"}, subjects: []subject{{"modal:workspace_id:", false}}},
	// https://docs.envzero.com/guides/integrations/oidc-integrations: sub is the organisation's, the same for all
	// it runs.
	{issuer: "https://login.app.env0.com", name: "env zero", ids: []string{"sub"}},
}
