package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Endpoint names what can be asked of the sandbox, for counting and for faults. The token endpoint also counts by
// grant: "token/device_code", "token/refresh_token", "token/authorization_code".
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
)

// Events that are counted beside the requests that cause them.
const (
	// SlowDowns counts the polls that came before their time.
	SlowDowns Endpoint = "token/slow_down"
	// Reuses counts the refresh tokens that were presented after they had been replaced.
	Reuses Endpoint = "token/reuse"
)

func endpoints() []Endpoint {
	return []Endpoint{
		Discovery, Metadata, JWKS, Device, Token, Revoke, Authorize, Pages, STS,
		Federation, WorkspaceConfig, Exchange, Me,
		TokenDeviceCode, TokenRefreshToken, TokenAuthorizationCode,
	}
}

// STSCall is one AssumeRoleWithWebIdentity request that could be read, granted or not.
type STSCall struct {
	Time        time.Time // by the sandbox's clock
	RoleARN     string
	SessionName string
	Policy      string // "": none was sent
	PolicyARNs  []string
	Duration    time.Duration // 0: none was sent
	Subject     string        // of the ID token; "" where it was not accepted
	Audience    string
	AccessKeyID string // "" where refused
	Error       string // AWS's code; "" where granted
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

// FederationCall is one request to AWS's console federation, granted or not.
type FederationCall struct {
	Time        time.Time // by the sandbox's clock
	Method      string
	Action      string
	AccessKeyID string        // of getSigninToken
	Duration    time.Duration // of getSigninToken; 0: none was sent
	Issuer      string        // of login: where the console sends people whose session ended
	Destination string        // of login
	Error       string        // "" where granted
}

// record is what a test asks about afterwards.
type record struct {
	calls      map[Endpoint]int
	sts        []STSCall
	exchanges  []ExchangeCall
	federation []FederationCall
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

// STSCalls are the AssumeRoleWithWebIdentity requests, oldest first.
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

// FederationCalls are the requests to AWS's console federation, oldest first.
func (s *Server) FederationCalls() []FederationCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.federation)
}

// Unexpected lists what no orderly client sends: unknown paths, methods, actions and clients, missing or doubled
// parameters, broken forms, a token at another workspace than its own. Secrets are not in it.
func (s *Server) Unexpected() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record.unexpected)
}

// Secrets are all secrets handed out so far: codes, tokens, secret keys, session tokens, sign-in tokens. A test looks
// for them where none must be.
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
