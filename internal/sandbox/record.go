package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

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
	Authorize Endpoint = "authorize" // where the browser flow starts
	Pages     Endpoint = "pages"     // what a person sees afterwards: code entry, sign-in, consent
	STS       Endpoint = "sts"

	Federation      Endpoint = "federation"       // AWS's sign-in to the console: getSigninToken and login
	WorkspaceConfig Endpoint = "workspace-config" // /.well-known/databricks-config
	Exchange        Endpoint = "exchange"         // Databricks' token endpoints (RFC 8693)
	Me              Endpoint = "me"               // the workspace's SCIM Me

	TokenDeviceCode        Endpoint = "token/device_code"
	TokenRefreshToken      Endpoint = "token/refresh_token"
	TokenAuthorizationCode Endpoint = "token/authorization_code"

	STSAssumeRole          Endpoint = "sts/AssumeRole"
	STSWebIdentity         Endpoint = "sts/AssumeRoleWithWebIdentity"
	STSGetCallerIdentity   Endpoint = "sts/GetCallerIdentity"
	STSGetWebIdentityToken Endpoint = "sts/GetWebIdentityToken" //nolint:gosec // a name

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
)

// UnmarshalText implements encoding.TextUnmarshaler: only endpoints that there are.
func (e *Endpoint) UnmarshalText(text []byte) error { return oneOf(e, text, endpoints()) }

func endpoints() []Endpoint {
	return []Endpoint{
		Discovery, Metadata, JWKS, Device, Token, Revoke, Authorize, Pages, STS,
		Federation, WorkspaceConfig, Exchange, Me,
		TokenDeviceCode, TokenRefreshToken, TokenAuthorizationCode,
		STSAssumeRole, STSWebIdentity, STSGetCallerIdentity, STSGetWebIdentityToken,
		MachineDiscovery, MachineJWKS, GitHubToken,
		SSORegister, SSODevice, SSOToken, SSOAuthorize, SSOAccounts, SSORoles, SSOCredentials, SSOLogout,
		SSOTokenDeviceCode, SSOTokenRefreshToken, SSOTokenAuthorizationCode,
	}
}

// STSCall is one request to STS that could be read, granted or not.
type STSCall struct {
	Time        time.Time // by the sandbox's clock
	Action      string    // AssumeRoleWithWebIdentity, AssumeRole, GetCallerIdentity or GetWebIdentityToken
	RoleARN     string
	SessionName string
	Policy      string // "": none was sent
	PolicyARNs  []string
	Duration    time.Duration // 0: none was sent
	Subject     string        // of the ID token, or of the one that was asked for; "" where there is none
	Audience    string
	AccessKeyID string // that was issued; "" where refused

	// Of signed requests.
	Caller            string // ARN of the session that signed; "" where the signature was not good
	Region            string // that the signature is for
	ExternalID        string
	Tags              map[string]string // that were sent; nil: none
	TransitiveTagKeys []string
	SourceIdentity    string // that was sent

	Error string // AWS's code; "" where granted
}

// ExchangeCall is one token exchange at Databricks that could be read, granted or not.
type ExchangeCall struct {
	Time      time.Time // by the sandbox's clock
	Host      string    // as in WorkspaceHost
	AccountID string    // "": the workspace's own endpoint
	ClientID  string    // application id of the service principal; "": none was sent, a person is meant
	Issuer    string    // of the JWT, with Subject and Audience; "" where its signature was not good
	Subject   string
	Audience  []string
	Error     string // the OAuth code; "" where granted
}

// record is what a test asks about afterwards.
type record struct {
	calls      map[Endpoint]int
	sts        []STSCall
	exchanges  []ExchangeCall
	unexpected []string
	secrets    []string
}

func newRecord() record { return record{calls: map[Endpoint]int{}} }

// Calls counts the requests by endpoint, and the events, since the start.
func (s *Server) Calls() map[Endpoint]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.record.calls)
}

// STSCalls are the requests to STS, oldest first.
func (s *Server) STSCalls() []STSCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.sts)
}

// ExchangeCalls are the token exchanges, oldest first.
func (s *Server) ExchangeCalls() []ExchangeCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.exchanges)
}

// Unexpected lists what no orderly client sends: unknown paths, methods, actions and clients, missing or doubled
// parameters, broken forms, a token at another workspace than its own. Secrets are not in it.
func (s *Server) Unexpected() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.unexpected)
}

// Secrets are all secrets handed out so far: codes, tokens, secret keys, session tokens, sign-in tokens, clients'
// secrets. A test looks for them where none must be.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.secrets)
}

// unexpectedf records a request that no orderly client sends. The lock must be held.
func (s *Server) unexpectedf(format string, args ...any) {
	s.record.unexpected = append(s.record.unexpected, fmt.Sprintf(format, args...))
}

// handOut records a secret that leaves the sandbox. The lock must be held.
func (s *Server) handOut(secret string) string {
	s.record.secrets = append(s.record.secrets, secret)
	return secret
}
