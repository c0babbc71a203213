package broker

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NoSuchRole says why somebody may not take a role: which claim was read, what it held, what the role would take, what may
// be taken, whom to ask.
func NoSuchRole(m *accessmap.Map, identity *accessmap.Identity, session *login.Session, role string) error {
	may := mayTake(m, identity.Name, session)
	ask := "to be given the role, ask " + contactOf(m)
	if _, known := m.Roles[role]; !known {
		hint := []string{"dbxaccess roles --why", ask}
		if near := ui.Nearest(role, may); near != "" {
			hint = append([]string{"did you mean: " + near}, hint...)
		}
		return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "the access map has no role %q", ui.Clean(role))
	}
	var hint []string
	if needs := needsOf(m, identity.Name, session, role); len(needs) > 0 {
		hint = append(hint, "it takes "+strings.Join(needs, ", or "))
	}
	if len(may) > 0 {
		hint = append(hint, "roles you may take: "+strings.Join(may, ", "))
	}
	for _, other := range peopleFirst(m) {
		if other != identity.Name && !m.Identities[other].Machine() && m.Gives(other, role) {
			hint = append(hint, "another identity may give it: --identity "+other)
		}
	}
	hint = append(hint, "dbxaccess roles --why", ask)
	hint = append(hint, askedAgain(identity, " --role "+role)...)
	hint = append(hint, groupsHint(m, identity, session)...)
	return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "%s may not take the role %s: %s",
		session.Display(), role, whyNot(identity, session, "it"))
}

// askedAgain is how somebody who was given something since gets it at once. A machine's token is always new.
func askedAgain(identity *accessmap.Identity, role string) []string {
	if identity.Machine() {
		return nil
	}
	return []string{"if you were given it since you signed in: dbxaccess login --identity " + identity.Name + role}
}

// needsOf are the rules of which one would give a role.
func needsOf(m *accessmap.Map, identity string, session *login.Session, role string) []string {
	for _, need := range m.Lacking(identity, HolderOf(session)) {
		if need.Role == role {
			return need.Rules
		}
	}
	return nil
}

// NoRoles says why somebody may take no role at all.
func NoRoles(m *accessmap.Map, identity *accessmap.Identity, session *login.Session) error {
	hint := append([]string{"to be given a role, ask " + contactOf(m)}, askedAgain(identity, "")...)
	hint = append(hint, groupsHint(m, identity, session)...)
	return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "%s is signed in but may take no role: %s",
		session.Display(), whyNot(identity, session, "any role"))
}

func contactOf(m *accessmap.Map) string {
	if m.Contact == "" {
		return "whoever keeps the access map"
	}
	return m.Contact
}

// groupsHint is what an administrator does at this provider so that groups reach the token, where none did.
func groupsHint(m *accessmap.Map, identity *accessmap.Identity, session *login.Session) []string {
	if len(identity.Groups) == 0 || len(session.Groups) > 0 {
		return nil
	}
	return []string{login.GroupsHint(ProviderOf(m, identity))}
}

// whyNot tells what became of the claims: which were read and what they held.
func whyNot(identity *accessmap.Identity, session *login.Session, what string) string {
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
