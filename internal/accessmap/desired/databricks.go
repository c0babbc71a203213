package desired

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// databricks are the pieces there of the roles that were asked for.
func (b *builder) databricks(asked map[string]bool) (d Databricks) {
	d.PassRoles = b.passRoles(asked)
	for _, c := range b.credentials {
		list := &d.StorageCredentials
		if c.service {
			list = &d.ServiceCredentials
		}
		if asked[c.role] && !slices.Contains(*list, c.StorageCredential) {
			*list = append(*list, c.StorageCredential)
		}
	}
	for _, list := range [][]StorageCredential{d.StorageCredentials, d.ServiceCredentials} {
		slices.SortFunc(list, func(x, y StorageCredential) int {
			return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.RoleARN, y.RoleARN), cmp.Compare(x.ExternalID, y.ExternalID))
		})
	}
	for _, rule := range b.m.Rules() {
		for _, given := range rule.Gives {
			if asked[given.Role] && (b.o.Now.IsZero() || !given.Ended(b.o.Now)) {
				b.federation(&d, rule, given.Role)
			}
		}
	}
	slices.SortFunc(d.Federation, func(x, y FederationPolicy) int {
		return cmp.Or(cmp.Compare(x.Identity, y.Identity), cmp.Compare(x.AccountID, y.AccountID), cmp.Compare(x.ServicePrincipal, y.ServicePrincipal),
			cmp.Compare(x.Subject, y.Subject))
	})
	return d
}

// passRoles let workspaces hand the roles of instance profiles to their compute.
func (b *builder) passRoles(asked map[string]bool) (list []PassRole) {
	var all []PassRole
	for _, roleARN := range slices.Sorted(maps.Keys(b.roles)) {
		r := b.roles[roleARN]
		if r.Instance == nil {
			continue
		}
		ours := slices.ContainsFunc(r.For, func(name string) bool { return asked[name] })
		for _, name := range r.For {
			e, err := b.m.Effective(name)
			if err != nil || b.m.Roles[name].InstanceProfile == "" {
				continue
			}
			for _, w := range e.Workplaces {
				if w.CrossAccountRole == "" {
					b.gap(Gap{
						ID: "cross-account-role-unknown", Role: name, What: "the map does not say by which role Databricks starts the compute of workspace " + w.Name + ", which has to pass on " + r.ARN,
						Fix: "name it as cross_account_role of the workspace",
					})
					continue
				}
				all = passOn(all, w, r.ARN)
				if ours {
					list = passOn(list, w, r.ARN)
				}
			}
		}
	}
	for i, p := range list {
		at := slices.IndexFunc(all, func(other PassRole) bool { return other.CrossAccountRole == p.CrossAccountRole })
		list[i].Others = slices.DeleteFunc(slices.Clone(all[at].Statement.Resource), func(roleARN string) bool { return slices.Contains(p.Statement.Resource, roleARN) })
	}
	for i := range list {
		list[i].Trust, list[i].AnyAccount = b.controlPlane(list[i].CrossAccountRole)
	}
	slices.SortStableFunc(list, func(x, y PassRole) int { return cmp.Compare(x.CrossAccountRole, y.CrossAccountRole) })
	return list
}

// passOn adds a role to what the cross-account role of a workspace passes on.
func passOn(list []PassRole, w accessmap.Workplace, roleARN string) []PassRole {
	at := slices.IndexFunc(list, func(p PassRole) bool { return p.CrossAccountRole == w.CrossAccountRole })
	if at < 0 {
		at, list = len(list), append(list, PassRole{CrossAccountRole: w.CrossAccountRole, Statement: iam.PassRole(roleARN)})
	}
	list[at].Workspaces = with(list[at].Workspaces, w.Name)
	list[at].Statement.Resource = with(list[at].Statement.Resource, roleARN)
	return list
}

// federation has Databricks take the tokens by which a rule gives a role there: an account's own policy for people who are themselves, one
// of the service principal for each subject else.
func (b *builder) federation(d *Databricks, rule accessmap.Rule, role string) {
	identity := b.m.Identities[rule.Identity]
	e, err := b.m.Effective(role)
	if err != nil || !identity.Method().GivesIDTokens() {
		return
	}
	for _, w := range e.Workplaces {
		if w.Login != accessmap.LoginFederation {
			continue
		}
		p := FederationPolicy{
			Identity: identity.Name, AccountID: w.AccountID, ServicePrincipal: e.ServicePrincipal, Issuer: identity.Issuer,
			Audiences: []string{newOf(identity, "", "").audience()},
		}
		if p.ServicePrincipal == "" {
			p.SubjectClaim = userClaim(identity)
		} else if p.Subject = subjectOf(identity, rule); p.Subject == "" {
			b.gap(Gap{
				ID: "federation-subject-unknown", Role: role,
				What: fmt.Sprintf("identity %s: %s: a federation policy of the service principal %s is for one subject, which the rule does not name", identity.Name, rule.Who(), e.ServicePrincipal),
				Fix:  "name sub in the rule, written out, or make a policy for each subject by hand",
			})
			continue
		}
		if !slices.ContainsFunc(d.Federation, func(other FederationPolicy) bool { return same(p, other) }) {
			d.Federation = append(d.Federation, p)
		}
	}
}

func same(x, y FederationPolicy) bool {
	audiences := slices.Equal(x.Audiences, y.Audiences)
	return audiences && x.Identity == y.Identity && x.AccountID == y.AccountID && x.ServicePrincipal == y.ServicePrincipal && x.Issuer == y.Issuer &&
		x.SubjectClaim == y.SubjectClaim && x.Subject == y.Subject
}

// subjectOf is the one subject that a rule takes: what it says itself, or what the issuer makes of the claims that it names. "" where there
// are several, or it can't be told.
func subjectOf(i *accessmap.Identity, rule accessmap.Rule) string {
	if sub, asked := rule.Match["sub"]; asked {
		return text(accessmap.Parts(sub))
	}
	o := newOf(i, "", "")
	if strings.Contains(claimsOf("aws", o.host), " repository ") {
		repository, kind := rule.Match["repository"], "environment"
		if rule.Match[kind] == "" {
			kind = "ref"
		}
		if repository == "" || rule.Match[kind] == "" {
			return ""
		}
		return text(joined(slices.Concat([]accessmap.Part{{Text: "repo:"}}, accessmap.Parts(repository),
			[]accessmap.Part{{Text: ":" + kind + ":"}}, accessmap.Parts(rule.Match[kind]))))
	}
	parts, _ := subject(o.host, rule.Match)
	return text(parts)
}

// text is what parts stand for, where that is one text.
func text(parts []accessmap.Part) string {
	if len(parts) != 1 {
		return ""
	}
	return parts[0].Text
}
