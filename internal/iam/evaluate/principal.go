package evaluate

import (
	"slices"
	"strings"
)

// principals are those that a statement of a resource's policy names.
type principals struct {
	everybody bool
	aws       []string // ARNs, accounts' numbers; ids of what was deleted match nobody
	others    []string // hosts of AWS services, identity providers, canonical user ids
}

// naming is how directly a statement names the principal.
type naming int

const (
	unnamed naming = iota
	byAccount
	byRole
	// bySession is by the session's own ARN, a user's, an identity provider's; or everybody.
	bySession
)

// caller is a principal, taken apart.
type caller struct {
	arn     string // of the session, the user, …; or a host
	entity  string // ARN of the role or user behind it: aws:PrincipalArn
	account string
	kind    callerKind
}

type callerKind int

const (
	outsider callerKind = iota // no principal of IAM: nobody, a service, an identity provider
	session
	role
	user // or a federated user's session, which a policy names in the same way
	root
)

func callerOf(r Request) caller {
	parts := strings.SplitN(r.Principal, ":", arnSegments)
	if len(parts) < arnSegments {
		return caller{arn: r.Principal}
	}
	c := caller{arn: r.Principal, entity: r.Principal, account: parts[accountSegment]}
	kind, name, _ := strings.Cut(parts[resourceSegment], "/")
	switch parts[serviceSegment] + ":" + kind {
	case "sts:assumed-role":
		c.kind = session
		name, _, _ = strings.Cut(name, "/")
		if c.entity = r.Role; c.entity == "" {
			c.entity = "arn:" + parts[1] + ":iam::" + c.account + ":role/" + name
		}
	case "iam:role":
		c.kind = role
	case "iam:user", "sts:federated-user":
		c.kind = user
	case "iam:root":
		c.kind = root
	}
	return c
}

// serviceLinked roles are spared by what organisations lay down.
func (c caller) serviceLinked() bool { return strings.Contains(c.entity, ":role/aws-service-role/") }

// names is how directly the statement names who asks.
func (s *statement) names(a asked, at place) naming {
	switch {
	case s.principals == nil && at == identityPolicies:
		return bySession
	case s.principals == nil:
		return unnamed
	case !s.notPrinc:
		return s.principals.name(a.caller)
	case at == boundedPolicies || !s.principals.cover(a.caller):
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html: NotPrincipal denies everybody
		// who has a permissions boundary.
		return bySession
	default:
		return unnamed
	}
}

// name is how directly they name a principal. Everybody is named as directly as by a session's own ARN, also where a
// condition on aws:PrincipalArn narrows it down to a role:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
func (p *principals) name(c caller) naming {
	switch {
	case p.everybody:
		return bySession
	case c.arn == "":
		return unnamed
	case c.kind == outsider:
		if slices.Contains(p.others, c.arn) || slices.Contains(p.aws, c.arn) {
			return bySession
		}
		return unnamed
	case c.kind != role && slices.Contains(p.aws, c.arn):
		return bySession
	case slices.Contains(p.aws, c.entity):
		return byRole
	case p.hasAccount(c.account):
		return byAccount
	default:
		return unnamed
	}
}

// cover reports whether NotPrincipal spares a principal: AWS looks at the account, the role and the session, one after the
// other, and denies the first that is not listed.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (p *principals) cover(c caller) bool {
	if p.everybody || c.kind == outsider {
		return p.name(c) != unnamed
	}
	return p.hasAccount(c.account) && (c.kind == root ||
		slices.Contains(p.aws, c.entity) && (c.kind != session || slices.Contains(p.aws, c.arn)))
}

func (p *principals) hasAccount(account string) bool {
	return slices.ContainsFunc(p.aws, func(name string) bool {
		if name == account {
			return account != ""
		}
		before, ok := strings.CutSuffix(name, ":iam::"+account+":root")
		return ok && account != "" && strings.HasPrefix(before, "arn:")
	})
}
