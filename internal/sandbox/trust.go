package sandbox

import (
	"slices"
	"strings"
	"time"
)

// Account is the AWS account that the sandbox's roles live in.
const Account = "111122223333"

// Trust is one statement of an IAM role's trust policy, and how long the role's sessions may be. A role may have several.
type Trust struct {
	RoleARN string

	// Who may assume it with an ID token. With Principals and none of these, nobody may.
	Issuer    string   // "": the sandbox's provider; one that starts with a slash is at the sandbox, as GitHubIssuerPath is
	Audiences []string // the aud condition; nil: the sandbox's client
	Subjects  []string // the sub condition; nil: none, everyone of the provider

	Principals []string // ARNs of the roles whose sessions may assume it
	ExternalID string   // that AssumeRole must name; "": none is asked for

	AllowTags           bool // sts:TagSession: sessions may have tags
	AllowSourceIdentity bool // sts:SetSourceIdentity: sessions may have a source identity

	MaxDuration time.Duration // the role's MaxSessionDuration; 0: AWS's default of 1 h
}

// DefaultTrust lets alice assume ml-trainer and everybody ml-reader, which allows 12 h. IAM knows nothing of groups: that
// carol is in none shows in the access map only. From ml-hop, which everybody may assume too, ml-deep is reached with the
// external id x1, from there ml-deeper, and from Identity Center's MLAdmin ml-scoped. ml-ci is for jobs of acme/churn on its main branch, and
// for the machines that AWS gives ml-node.
func DefaultTrust() []Trust {
	const roles = "arn:aws:iam::" + Account + ":role/"
	// The end of most statements of the documentation: tags and a source identity may come along.
	allow := func(t Trust) Trust {
		t.AllowTags, t.AllowSourceIdentity = true, true
		return t
	}
	return []Trust{
		allow(Trust{RoleARN: roles + "ml-reader", MaxDuration: 12 * time.Hour}),
		allow(Trust{RoleARN: roles + "ml-trainer", Subjects: []string{"00u1alice7Kq"}}),
		allow(Trust{RoleARN: roles + "ml-hop"}),
		allow(Trust{
			RoleARN: roles + "ml-deep", Principals: []string{roles + "ml-hop"}, ExternalID: "x1", MaxDuration: 12 * time.Hour,
		}),
		allow(Trust{RoleARN: roles + "ml-deeper", Principals: []string{roles + "ml-deep"}}),
		allow(Trust{
			RoleARN: roles + "ml-scoped", Principals: []string{reservedRole(Account, "MLAdmin")}, MaxDuration: 4 * time.Hour,
		}),
		allow(Trust{
			RoleARN: roles + "ml-ci", Issuer: GitHubIssuerPath, Audiences: []string{MachineAudience},
			Subjects: []string{"repo:acme/churn:ref:refs/heads/main"}, MaxDuration: 2 * time.Hour,
		}),
		allow(Trust{RoleARN: roles + "ml-ci", Principals: []string{MachineRole}, MaxDuration: 2 * time.Hour}),
	}
}

// admitsToken reports whether an ID token of the issuer may assume the role.
func (t Trust) admitsToken(issuer string, audiences []string, claims webIdentity) bool {
	if t.Principals != nil && t.Issuer == "" && t.Audiences == nil && t.Subjects == nil {
		return false
	}
	return claims.Issuer == issuer &&
		slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(audiences, a) }) &&
		(t.Subjects == nil || slices.Contains(t.Subjects, claims.Subject))
}

// trustInToken returns the statement that lets an ID token in.
func (s *Server) trustInToken(roleARN string, claims webIdentity) (Trust, *stsFault) {
	i := slices.IndexFunc(s.trust, func(t Trust) bool {
		audiences := t.Audiences
		if audiences == nil {
			audiences = []string{clientID}
		}
		return t.RoleARN == roleARN && t.admitsToken(s.url(t.Issuer), audiences, claims)
	})
	denied := func(action string) (Trust, *stsFault) {
		return Trust{}, &stsFault{"AccessDenied", "Not authorized to perform sts:" + action}
	}
	switch {
	case i < 0:
		return denied(actionWebIdentity)
	case !s.trust[i].AllowTags && len(claims.Tags.Principal) > 0:
		return denied(permitTags)
	case !s.trust[i].AllowSourceIdentity && claims.SourceIdentity != "":
		return denied(permitSourceIdentity)
	}
	return s.trust[i].bounded(), nil
}

// trustInRole returns the statement that lets the sessions of another role in.
func (s *Server) trustInRole(roleARN, principal, externalID string) (Trust, bool) {
	i := slices.IndexFunc(s.trust, func(t Trust) bool {
		return t.RoleARN == roleARN && slices.Contains(t.Principals, principal) && (t.ExternalID == "" || t.ExternalID == externalID)
	})
	if i < 0 {
		return Trust{}, false
	}
	return s.trust[i].bounded(), true
}

func (t Trust) bounded() Trust {
	if t.MaxDuration == 0 {
		t.MaxDuration = defaultDuration
	}
	return t
}

// url is where an issuer is that a Trust or a FederationPolicy names.
func (s *Server) url(issuer string) string {
	switch {
	case issuer == "":
		return s.Issuer()
	case strings.HasPrefix(issuer, "/"):
		return s.origin() + issuer
	}
	return issuer
}
