package aws

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// Trust is one statement of an IAM role's trust policy, and how long the role's sessions may be. A role may have several.
type Trust struct {
	RoleARN string

	// Who may assume it with an ID token. With Principals and none of these, nobody may.
	Issuer    string   // "": people's provider; one that starts with a slash is at the sandbox, as issuer.GitHubPath is
	Audiences []string // the aud condition; nil: the sandbox's client
	Subjects  []string // the sub condition; nil: none, everyone of the provider

	Principals []string // ARNs of the roles whose sessions may assume it
	ExternalID string   // that AssumeRole must name; "": none is asked for

	AllowTags           bool // sts:TagSession: sessions may have tags
	AllowSourceIdentity bool // sts:SetSourceIdentity: sessions may have a source identity

	MaxDuration time.Duration // the role's MaxSessionDuration; 0: AWS's default of 1 h
}

// ReservedRole is the ARN of the role that stands for a permission set of Identity Center in an account. AWS makes a suffix
// for each account.
func ReservedRole(account, permissionSet string) string {
	return "arn:aws:iam::" + account + ":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_" + permissionSet + "_0123456789abcdef"
}

// DefaultTrust lets alice assume ml-trainer and everybody ml-reader, which allows 12 h. IAM knows nothing of groups: that
// carol is in none shows in the access map only. From ml-hop, which everybody may assume too, ml-deep is reached with the
// external id x1, from there ml-deeper, and from Identity Center's MLAdmin ml-scoped. ml-ci is for jobs of acme/churn on its main branch, and
// for the machines that AWS gives ml-node, which may also read as auditor, in another account too.
func DefaultTrust() []Trust {
	const roles = "arn:aws:iam::" + harness.Account + ":role/"
	trust := []Trust{
		{RoleARN: roles + "ml-reader", MaxDuration: 12 * time.Hour},
		{RoleARN: roles + "ml-trainer", Subjects: []string{"00u1alice7Kq"}},
		{RoleARN: roles + "ml-hop"},
		{RoleARN: roles + "ml-deep", Principals: []string{roles + "ml-hop"}, ExternalID: "x1", MaxDuration: 12 * time.Hour},
		{RoleARN: roles + "ml-deeper", Principals: []string{roles + "ml-deep"}},
		{RoleARN: roles + "ml-scoped", Principals: []string{ReservedRole(harness.Account, "MLAdmin")}, MaxDuration: 4 * time.Hour},
		{
			RoleARN: roles + "ml-ci", Issuer: issuer.GitHubPath, Audiences: []string{issuer.MachineAudience},
			Subjects: []string{"repo:acme/churn:ref:refs/heads/main"}, MaxDuration: 2 * time.Hour,
		},
		{RoleARN: roles + "ml-ci", Principals: []string{MachineRole}, MaxDuration: 2 * time.Hour},
		{RoleARN: roles + "auditor", Principals: []string{MachineRole}},
		{RoleARN: "arn:aws:iam::" + OtherAccount + ":role/auditor", Principals: []string{MachineRole}},
	}
	for i := range trust {
		// The end of most statements of the documentation: tags and a source identity may come along.
		trust[i].AllowTags, trust[i].AllowSourceIdentity = true, true
	}
	return trust
}

// audiences are those that are registered with an identity provider of the account's: for people's the client, and those that
// a role's trust names.
func (a *Account) audiences(of string) []string {
	var all []string
	if of == a.issuers.Issuer() {
		all = append(all, harness.ClientID)
	}
	for _, t := range a.trust {
		if a.issuers.URL(t.Issuer) == of {
			all = append(all, t.Audiences...)
		}
	}
	return all
}

// trustInToken returns the statement that lets an ID token in.
func (a *Account) trustInToken(roleARN string, claims issuer.Claims) (Trust, *fault) {
	t, ok := a.statement(func(t Trust) bool {
		audiences := t.Audiences
		if audiences == nil {
			audiences = []string{harness.ClientID}
		}
		forTokens := t.Principals == nil || t.Issuer != "" || t.Audiences != nil || t.Subjects != nil
		return t.RoleARN == roleARN && forTokens && claims.Issuer == a.issuers.URL(t.Issuer) && claims.For(audiences...) &&
			(t.Subjects == nil || slices.Contains(t.Subjects, claims.Subject))
	})
	action := ""
	switch {
	case !ok:
		action = actionWebIdentity
	case !t.AllowTags && len(claims.Tags.Principal) > 0:
		action = permitTags
	case !t.AllowSourceIdentity && claims.SourceIdentity != "":
		action = permitSourceIdentity
	default:
		return t, nil
	}
	return Trust{}, &fault{"AccessDenied", "Not authorized to perform sts:" + action}
}

// originOf is what the context provider of people's provider has STS put into a session, where there is one; nil else.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextProvider.html
func (a *Account) originOf(roleARN string, claims issuer.Claims) map[string]string {
	if !a.h.Behaviour.ContextProvider || claims.Issuer != a.issuers.Issuer() {
		return nil
	}
	of, at := strings.Split(roleARN, ":"), strings.TrimPrefix(strings.TrimPrefix(claims.Issuer, "http://"), "https://")
	return map[string]string{
		"Subject": claims.Subject, "SubjectType": "user", "Issuer": at,
		"FederatedProviderArn": "arn:" + of[1] + ":iam::" + of[4] + ":oidc-provider/" + at,
	}
}

// trustInRole returns the statement that lets the sessions of another role in.
func (a *Account) trustInRole(roleARN, principal, externalID string) (Trust, bool) {
	return a.statement(func(t Trust) bool {
		return t.RoleARN == roleARN && slices.Contains(t.Principals, principal) && (t.ExternalID == "" || t.ExternalID == externalID)
	})
}

func (a *Account) statement(admits func(Trust) bool) (Trust, bool) {
	i := slices.IndexFunc(a.trust, admits)
	if i < 0 {
		return Trust{}, false
	}
	t := a.trust[i]
	t.MaxDuration = cmp.Or(t.MaxDuration, defaultDuration)
	return t, true
}
