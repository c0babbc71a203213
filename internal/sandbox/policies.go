package sandbox

import (
	"cmp"
	"slices"
)

// Where the sandbox's Databricks workspace belongs.
const (
	// DatabricksAccount is the account's id.
	DatabricksAccount = "4d7e5f0a-2b6c-4c1d-9a83-6f0e1d2c3b4a"
	// WorkspaceID is the workspace's.
	WorkspaceID = "7405600000000042"
	// ServicePrincipal is the application id of ml-batch, which alice may act as.
	ServicePrincipal = "9b1f6a3c-58d2-4e07-b6c4-0d7a92e5f318"
	// MachinePrincipal is the application id of ml-ci, which machines may act as.
	MachinePrincipal = "c27e0d54-91ab-4f36-8d1e-5b60f3a4e7c9"
)

// FederationPolicy says whose JWTs the Databricks account takes for a token: one for all its people, others each for a
// service principal.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy
type FederationPolicy struct {
	ClientID  string   // the service principal's application id; "": account-wide, for people
	Name      string   // the service principal's
	Issuer    string   // as Trust names it
	Audiences []string // one must be in the JWT; nil: Behaviour.FederationAudience
	Subject   string   // who may act as the service principal. People are found by their own sub.
}

// DefaultPolicies let everybody have a token of their own, and alice one of the service principal ml-batch. Jobs of
// acme/churn on its main branch, and AWS's machines, may have one of ml-ci.
func DefaultPolicies() []FederationPolicy {
	machine := FederationPolicy{ClientID: MachinePrincipal, Name: "ml-ci", Audiences: []string{MachineAudience, DatabricksAccount}}
	job, node := machine, machine
	job.Issuer, job.Subject = GitHubIssuerPath, "repo:acme/churn:ref:refs/heads/main"
	node.Issuer, node.Subject = AWSIssuerPath, MachineRole
	return []FederationPolicy{
		{},
		{ClientID: ServicePrincipal, Name: "ml-batch", Subject: "00u1alice7Kq"},
		job,
		node,
	}
}

// federate finds whom a JWT stands for: with a client id a service principal, without one a person.
func (s *Server) federate(clientID string, claims webIdentity) (workspaceToken, *oauthFault) {
	of := func(p FederationPolicy) bool { return p.ClientID == clientID }
	if clientID != "" && !slices.ContainsFunc(s.policies, of) {
		return workspaceToken{}, &oauthFault{errInvalidClient, "Client authentication failed"}
	}
	i := slices.IndexFunc(s.policies, func(p FederationPolicy) bool { return of(p) && s.admits(p, claims) })
	if i < 0 {
		return workspaceToken{}, &oauthFault{errInvalidGrant, "no federation policy matches the subject token"}
	}
	if clientID != "" {
		return workspaceToken{principal: &s.policies[i]}, nil
	}
	u := slices.IndexFunc(s.users, func(u User) bool { return u.Subject == claims.Subject })
	if u < 0 {
		return workspaceToken{}, &oauthFault{errInvalidGrant, "the subject is no user of this account"}
	}
	return workspaceToken{user: &s.users[u]}, nil
}

func (s *Server) admits(p FederationPolicy, claims webIdentity) bool {
	audiences := p.Audiences
	if audiences == nil {
		audiences = []string{cmp.Or(s.behaviour.FederationAudience, clientID)}
	}
	return claims.Issuer == s.url(p.Issuer) &&
		slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(audiences, a) }) &&
		(p.ClientID == "" || p.Subject == claims.Subject)
}
