package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NoSuchRole says why the sign-in does not give a role: which claim was read, what it held, what the role would take, what
// may be taken, whom to ask.
func (s *SignIn) NoSuchRole(role string) error {
	ask := "to be given the role, ask " + Contact(s.m)
	if _, known := s.m.Roles[role]; !known {
		hint := []string{"dbxaccess roles --why", ask}
		if near := ui.Nearest(role, slices.Values(s.Roles())); near != "" {
			hint = append([]string{"did you mean: " + near}, hint...)
		}
		return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "the access map has no role %q", ui.Clean(role))
	}
	var hint []string
	for _, need := range s.m.Lacking(s.Identity.Name, claimsOf(s.Session)) {
		if need.Role == role && len(need.Rules) > 0 {
			hint = append(hint, "it takes "+strings.Join(need.Rules, ", or "))
		}
	}
	if may := s.Roles(); len(may) > 0 {
		hint = append(hint, "roles you may take: "+strings.Join(may, ", "))
	}
	for _, other := range s.m.People() {
		if other != s.Identity.Name && s.m.Gives(other, role) {
			hint = append(hint, "another identity may give it: --identity "+other)
		}
	}
	hint = append(hint, "dbxaccess roles --why", ask)
	hint = append(hint, s.hints(" --role "+role)...)
	return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "%s may not take the role %s: %s", s.Session.Display(), role, s.whyNot("it"))
}

// NoRoles says why the sign-in gives no role at all.
func (s *SignIn) NoRoles() error {
	hint := append([]string{"to be given a role, ask " + Contact(s.m)}, s.hints("")...)
	return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "%s is signed in but may take no role: %s",
		s.Session.Display(), s.whyNot("any role"))
}

// hints say how a person who was given something since gets it at once (a workload's token is always new), and what an
// administrator does at this provider so that groups reach the token, where none did.
func (s *SignIn) hints(role string) []string {
	var hints []string
	if !s.Identity.Machine() {
		hints = append(hints, "if you were given it since you signed in: dbxaccess login --identity "+s.Identity.Name+role)
	}
	if len(s.Identity.Groups) > 0 && len(s.Session.Groups) == 0 {
		hints = append(hints, s.Provider.GroupsHint())
	}
	return hints
}

// Contact names who is asked for a role.
func Contact(m *accessmap.Map) string {
	if m.Contact == "" {
		return "whoever keeps the access map"
	}
	return m.Contact
}

// whyNot tells what became of the claims: which were read and what they held.
func (s *SignIn) whyNot(what string) string {
	identity, session := s.Identity, s.Session
	if identity.Center() {
		if len(session.Groups) == 0 {
			return "IAM Identity Center assigns them no role in the accounts of the access map"
		}
		return fmt.Sprintf("IAM Identity Center assigns them %s, which does not give %s", someOf(session.Groups), what)
	}
	var reasons []string
	if len(identity.Groups) > 0 {
		reasons = append(reasons, whyNoGroup(identity.GroupsClaim, session, what))
	}
	if len(identity.Claims) > 0 {
		reasons = append(reasons, fmt.Sprintf("no rule on claims gives %s (%s)", what, claimsSeen(identity, session)))
	}
	return strings.Join(reasons, "; ")
}

func whyNoGroup(claim string, session *login.Session, what string) string {
	switch {
	case session.GroupsOverage:
		return fmt.Sprintf("the identity provider left the groups out of the token because there are too many (claim %q); "+
			"an administrator can send app roles instead and name that claim as groups_claim", claim)
	case !session.GroupsPresent:
		return fmt.Sprintf("the ID token has no claim %q, so no groups are known", claim)
	case len(session.Groups) == 0:
		return fmt.Sprintf("the claim %q of the ID token holds no group", claim)
	}
	return fmt.Sprintf("no group in claim %q (%s) is mapped to %s", claim, someOf(session.Groups), what)
}

// claimsSeen shows what the token says in the claims that the rules look at.
func claimsSeen(identity *accessmap.Identity, session *login.Session) string {
	seen := map[string]string{}
	for _, rule := range identity.Claims {
		for claim := range rule.Match {
			seen[claim] = ui.Clean(claim) + " is missing"
			if values := session.Claim(claim); len(values) > 0 {
				seen[claim] = ui.Clean(claim) + " is " + ui.Cut(someOf(values), 200)
			}
		}
	}
	var all []string
	for _, claim := range slices.Sorted(maps.Keys(seen)) {
		all = append(all, seen[claim])
	}
	return strings.Join(all, ", ")
}

// someOf shows the first few groups: enough to see whether the right claim was read.
func someOf(groups []string) string {
	const shown = 5
	if len(groups) > shown {
		return ui.Clean(strings.Join(groups[:shown], ", ")) + ", …"
	}
	return ui.Clean(strings.Join(groups, ", "))
}
