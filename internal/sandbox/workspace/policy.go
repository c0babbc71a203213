package workspace

import (
	"cmp"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

const (
	// ServicePrincipal is the application id of ml-batch, which alice may act as.
	ServicePrincipal = "9b1f6a3c-58d2-4e07-b6c4-0d7a92e5f318"
	// MachinePrincipal is the application id of ml-ci, which machines may act as.
	MachinePrincipal = "c27e0d54-91ab-4f36-8d1e-5b60f3a4e7c9"
)

// Policy says whose JWTs the account takes for a token: one for all its people, others each for a service principal.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy
type Policy struct {
	ClientID  string   // the service principal's application id; "": account-wide, for people
	Name      string   // the service principal's
	Issuer    string   // as aws.Trust names it
	Audiences []string // one must be in the JWT; nil: Behaviour.FederationAudience
	Subject   string   // who may act as the service principal. People are found by their own sub.
}

// DefaultPolicies let everybody have a token of their own, and alice one of the service principal ml-batch. Jobs of
// acme/churn on its main branch, and AWS's machines, may have one of ml-ci.
func DefaultPolicies() []Policy {
	machine := Policy{ClientID: MachinePrincipal, Name: "ml-ci", Audiences: []string{issuer.MachineAudience, Account}}
	job, node := machine, machine
	job.Issuer, job.Subject = issuer.GitHubPath, "repo:acme/churn:ref:refs/heads/main"
	node.Issuer, node.Subject = issuer.AWSPath, aws.MachineRole
	return []Policy{
		{},
		{ClientID: ServicePrincipal, Name: "ml-batch", Subject: "00u1alice7Kq"},
		job,
		node,
	}
}

// federate finds whom a JWT stands for: with a client id a service principal, without one a person.
func (w *Workspace) federate(clientID string, claims issuer.Claims) (token, *fault) {
	of := func(p Policy) bool { return p.ClientID == clientID }
	if clientID != "" && !slices.ContainsFunc(w.policies, of) {
		return token{}, &fault{"invalid_client", "Client authentication failed"}
	}
	i := slices.IndexFunc(w.policies, func(p Policy) bool { return of(p) && w.admits(p, claims) })
	if i < 0 {
		return token{}, &fault{errInvalidGrant, "no federation policy matches the subject token"}
	}
	if clientID != "" {
		return token{principal: &w.policies[i]}, nil
	}
	u := slices.IndexFunc(w.users, func(u signin.User) bool { return u.Subject == claims.Subject })
	if u < 0 {
		return token{}, &fault{errInvalidGrant, "the subject is no user of this account"}
	}
	return token{user: &w.users[u]}, nil
}

func (w *Workspace) admits(p Policy, claims issuer.Claims) bool {
	audiences := p.Audiences
	if audiences == nil {
		audiences = []string{cmp.Or(w.h.Behaviour.FederationAudience, harness.ClientID)}
	}
	return claims.Issuer == w.issuers.URL(p.Issuer) && claims.For(audiences...) && (p.ClientID == "" || p.Subject == claims.Subject)
}
