package sandbox

import double "github.com/dbxaccess/dbxaccess/internal/sandbox/aws"

// defaultTrust is that of a sandbox's roles.
func defaultTrust() []Trust { return double.DefaultTrust() }

// What clients send and are told.
const (
	discoveryPath           = "/oidc/.well-known/openid-configuration"
	jwksPath                = "/oidc/keys"
	deviceAuthorizationPath = "/oidc/device/authorize"
	tokenPath               = "/oidc/token"
	revokePath              = "/oidc/revoke"
	authorizePath           = "/oidc/authorize"
	exchangePath            = "/oidc/v1/token"
	accountExchangePath     = "/oidc/accounts/{id}/v1/token"
	workspaceConfigPath     = "/.well-known/databricks-config"
	mePath                  = "/api/2.0/preview/scim/v2/Me"
	federationPath          = "/federation"

	grantDevice   = "urn:ietf:params:oauth:grant-type:device_code"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	grantCode     = "authorization_code"
	grantRefresh  = "refresh_token"
	tokenTypeJWT  = "urn:ietf:params:oauth:token-type:jwt"
	scopeAllAPIs  = "all-apis"
	scopeAccounts = "sso:account:access"

	errAccessDenied         = "access_denied"
	errAuthorizationPending = "authorization_pending"
	errExpiredToken         = "expired_token"
	errInvalidClient        = "invalid_client"
	errInvalidGrant         = "invalid_grant"
	errInvalidRequest       = "invalid_request"
	errInvalidScope         = "invalid_scope"
	errSlowDown             = "slow_down"
	errUnsupportedGrant     = "unsupported_grant_type"
	errUnsupportedResponse  = "unsupported_response_type"

	machineRole = "arn:aws:iam::111122223333:role/ml-node"

	actionWebIdentity    = "AssumeRoleWithWebIdentity"
	actionGetSigninToken = "getSigninToken"
	actionLogin          = "login"
	stsVersion           = "2011-06-15"
)
