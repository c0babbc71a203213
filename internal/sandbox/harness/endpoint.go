package harness

// Endpoint names what can be asked of the sandbox, for counting and for faults. The token endpoints also count by grant
// ("token/device_code", "sso-token/refresh_token"), STS by action ("sts/AssumeRole").
type Endpoint string

// The endpoints.
const (
	Discovery Endpoint = "discovery" // /.well-known/openid-configuration
	Metadata  Endpoint = "metadata"  // /.well-known/oauth-authorization-server (RFC 8414)
	JWKS      Endpoint = "jwks"
	Device    Endpoint = "device" // device authorization (RFC 8628)
	Token     Endpoint = "token"
	Revoke    Endpoint = "revoke"    // RFC 7009
	UserInfo  Endpoint = "userinfo"  // OpenID Connect Core 1.0 5.3
	Authorize Endpoint = "authorize" // where the browser flow starts
	Pages     Endpoint = "pages"     // what a person sees afterwards: code entry, sign-in, consent
	STS       Endpoint = "sts"

	Federation      Endpoint = "federation"       // AWS's sign-in to the console: getSigninToken and login
	WorkspaceConfig Endpoint = "workspace-config" // /.well-known/databricks-config
	Exchange        Endpoint = "exchange"         // Databricks' token endpoints (RFC 8693, and RFC 6749 for people who sign in)
	Me              Endpoint = "me"               // the workspace's SCIM Me
	UnityLookup     Endpoint = "unity-lookup"     // Unity Catalog's tables and volumes
	UnityVend       Endpoint = "unity-vend"       // and its temporary credentials
	UnityMetastore  Endpoint = "unity-metastore"
	// What a workspace and its account keep besides credentials, by the way they are asked; each counts by method beside.
	Profiles        Endpoint = "instance-profiles"
	ProfilesWrite   Endpoint = "instance-profiles/POST"
	SCIM            Endpoint = "scim"
	SCIMWrite       Endpoint = "scim/PATCH"
	Warehouses      Endpoint = "warehouses-config"
	WarehousesWrite Endpoint = "warehouses-config/PUT"
	UnityCredential Endpoint = "unity-credentials" //nolint:gosec // a name
	UnityCreate     Endpoint = "unity-credentials/POST"
	UnityGrants     Endpoint = "unity-grants"
	UnityGrant      Endpoint = "unity-grants/PATCH"
	Federations     Endpoint = "federation-policies"
	FederationsAdd  Endpoint = "federation-policies/POST"

	DataAccess   Endpoint = "data-access"   // GetDataAccess of S3 Access Grants
	AccessGrants Endpoint = "access-grants" // and ListAccessGrants

	// What runs and lies in the workspace, by its nouns.
	Compute          Endpoint = "compute"
	ComputeClusters  Endpoint = "compute/clusters"
	ComputeJobs      Endpoint = "compute/jobs"
	ComputePipelines Endpoint = "compute/pipelines"
	ComputeNotebooks Endpoint = "compute/notebooks"
	ComputeTokens    Endpoint = "compute/tokens"

	// The workspace's and the account's own sign-in.
	WorkspaceMetadata  Endpoint = "workspace-metadata" // /oidc/.well-known/oauth-authorization-server (RFC 8414)
	WorkspaceAuthorize Endpoint = "workspace-authorize"
	WorkspaceRevoke    Endpoint = "workspace-revoke"

	ExchangeCode         Endpoint = "exchange/authorization_code"
	ExchangeRefreshToken Endpoint = "exchange/refresh_token"

	TokenDeviceCode        Endpoint = "token/device_code"
	TokenRefreshToken      Endpoint = "token/refresh_token"
	TokenAuthorizationCode Endpoint = "token/authorization_code"

	STSAssumeRole          Endpoint = "sts/AssumeRole"
	STSWebIdentity         Endpoint = "sts/AssumeRoleWithWebIdentity"
	STSScoped              Endpoint = "sts/GetScopedCredentials"
	STSGetCallerIdentity   Endpoint = "sts/GetCallerIdentity"
	STSGetWebIdentityToken Endpoint = "sts/GetWebIdentityToken" //nolint:gosec // a name

	S3            Endpoint = "s3" // how buckets are set up
	S3Control     Endpoint = "s3-control"
	KMS           Endpoint = "kms" // and one of its operations
	KMSDescribe   Endpoint = "kms/DescribeKey"
	CloudTrail    Endpoint = "cloudtrail"
	LakeFormation Endpoint = "lake-formation"

	IAM             Endpoint = "iam" // its Query API, of which these are actions
	IAMGetRole      Endpoint = "iam/GetRole"
	IAMGetPolicy    Endpoint = "iam/GetPolicy"
	IAMGetProvider  Endpoint = "iam/GetOpenIDConnectProvider"
	IAMSimulate     Endpoint = "iam/SimulatePrincipalPolicy"
	IAMRolePolicies Endpoint = "iam/ListRolePolicies"

	Athena           Endpoint = "athena" // Amazon Athena, of which these are operations
	AthenaStart      Endpoint = "athena/StartQueryExecution"
	AthenaStop       Endpoint = "athena/StopQueryExecution"
	Statements       Endpoint = "statements" // the workspace's Statement Execution API, but for
	StatementsCancel Endpoint = "statements-cancel"
	Warehouse        Endpoint = "warehouse" // what a SQL warehouse is

	MachineDiscovery Endpoint = "machine-discovery" // of the issuers of machines' tokens
	MachineJWKS      Endpoint = "machine-jwks"
	GitHubToken      Endpoint = "github-token" // where a job of GitHub Actions asks for a token

	// IAM Identity Center, by its operations: RegisterClient, StartDeviceAuthorization, CreateToken, the page where a
	// browser begins, ListAccounts, ListAccountRoles, GetRoleCredentials, Logout.
	SSORegister    Endpoint = "sso-register"
	SSODevice      Endpoint = "sso-device"
	SSOToken       Endpoint = "sso-token"
	SSOAuthorize   Endpoint = "sso-authorize"
	SSOAccounts    Endpoint = "sso-accounts"
	SSORoles       Endpoint = "sso-roles"
	SSOCredentials Endpoint = "sso-credentials"
	SSOLogout      Endpoint = "sso-logout"

	SSOTokenDeviceCode        Endpoint = "sso-token/device_code"
	SSOTokenRefreshToken      Endpoint = "sso-token/refresh_token" //nolint:gosec // a name
	SSOTokenAuthorizationCode Endpoint = "sso-token/authorization_code"
)

// Events that are counted beside the requests that cause them.
const (
	// SlowDowns counts the polls that came before their time.
	SlowDowns Endpoint = "token/slow_down"
	// Reuses counts the refresh tokens that were presented after they had been replaced.
	Reuses Endpoint = "token/reuse"
	// SSOSlowDowns and SSOReuses are the same at Identity Center.
	SSOSlowDowns Endpoint = "sso-token/slow_down"
	SSOReuses    Endpoint = "sso-token/reuse"
	// WorkspaceReuses are those of refresh tokens of a workspace's own sign-in.
	WorkspaceReuses Endpoint = "exchange/reuse"
)

func endpoints() []Endpoint {
	return []Endpoint{
		Discovery, Metadata, JWKS, Device, Token, Revoke, UserInfo, Authorize, Pages, STS,
		Federation, WorkspaceConfig, Exchange, Me, UnityLookup, UnityVend, UnityMetastore, DataAccess, AccessGrants,
		Profiles, ProfilesWrite, SCIM, SCIMWrite, Warehouses, WarehousesWrite, UnityCredential, UnityCreate, UnityGrants, UnityGrant, Federations, FederationsAdd,
		Compute, ComputeClusters, ComputeJobs, ComputePipelines, ComputeNotebooks, ComputeTokens,
		WorkspaceMetadata, WorkspaceAuthorize, WorkspaceRevoke, ExchangeCode, ExchangeRefreshToken,
		TokenDeviceCode, TokenRefreshToken, TokenAuthorizationCode,
		STSAssumeRole, STSWebIdentity, STSScoped, STSGetCallerIdentity, STSGetWebIdentityToken,
		S3, S3Control, KMS, KMSDescribe, CloudTrail, LakeFormation,
		IAM, IAMGetRole, IAMGetPolicy, IAMGetProvider, IAMSimulate, IAMRolePolicies,
		Athena, AthenaStart, AthenaStop, Statements, StatementsCancel, Warehouse,
		MachineDiscovery, MachineJWKS, GitHubToken,
		SSORegister, SSODevice, SSOToken, SSOAuthorize, SSOAccounts, SSORoles, SSOCredentials, SSOLogout,
		SSOTokenDeviceCode, SSOTokenRefreshToken, SSOTokenAuthorizationCode,
	}
}
