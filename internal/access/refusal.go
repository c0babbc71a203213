package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NoSuchRole says why the sign-in does not give a role: which claim was read, what it held, what would give the role,
// which roles it does give, and who is to be asked.
func (s *SignIn) NoSuchRole(role string) error {
	ask := "to be given the role, ask "
	denied := ui.Errorf("role-not-given", ui.NoSuchRole, "%s may not take the role %s: %s", s.Session.Display(), role, s.whyNot("it"))
	for _, need := range s.m.Lacking(s.Identity.Name, claimsOf(s.Session), s.at) {
		if need.Role != role {
			continue
		}
		if need.Ended != nil {
			denied = ui.Errorf("grant-ended", ui.NoSuchRole, "%s may no longer take the role %s: it was given %s", s.Session.Display(), role, ui.Clean(need.Ended.Words()))
			ask = "to be given it for longer, ask "
		}
		if len(need.Rules) > 0 {
			denied = denied.With(ui.Advice("it takes " + strings.Join(need.Rules, ", or ")))
		}
	}
	if may := s.Roles(); len(may) > 0 {
		denied = denied.With(ui.Advice("roles you may take: " + strings.Join(may, ", ")))
	}
	for _, other := range s.m.People() {
		if other != s.Identity.Name && s.m.Gives(other, role) {
			denied = denied.With(ui.Advice("another identity may give it: --identity " + other))
		}
	}
	return denied.With(ui.Advice(ask+Contact(s.m)+":"), RequestFix(role), s.remedies(" --role "+role))
}

// Possible returns nil if an identity of the map gives a role to anyone at all; else NoSuchRole.
func Possible(m *accessmap.Map, identity, role string) error {
	if _, err := m.Effective(role); err != nil || m.Gives(identity, role) {
		return err
	}
	nobody := ui.Errorf("role-of-other-identity", ui.NoSuchRole, "the identity %s gives nobody the role %s", identity, role)
	for _, other := range m.People() {
		if m.Gives(other, role) {
			nobody = nobody.With(ui.Command("dbxaccess login --identity " + other + " --role " + role))
		}
	}
	return nobody.With(ui.Advice("to be given the role, ask "+Contact(m)+":"), RequestFix(role))
}

// RequestFix is the command that works out how a role or dataset is to be had, and what is to be sent to whom for it. What it names
// is one of the map's.
func RequestFix(name string) ui.Fix { return ui.Command("dbxaccess map request " + name) }

// NoRoles says why the sign-in gives no role at all.
func (s *SignIn) NoRoles() error {
	if ended := s.Ended(); len(ended) > 0 {
		var once []string
		for _, grant := range ended {
			once = append(once, grant.Role+" "+ui.Clean(grant.Words()))
		}
		return ui.Errorf("grants-ended", ui.NoSuchRole, "%s is signed in and may no longer take any role: given were %s", s.Session.Display(), strings.Join(once, ", ")).
			With(ui.Advice("to be given a role for longer, ask "+Contact(s.m)+":"), RequestFix(ended[0].Role), s.remedies(""))
	}
	none := ui.Errorf("no-roles", ui.NoSuchRole, "%s is signed in but may take no role: %s", s.Session.Display(), s.whyNot("any role")).With(ui.Command(AllRoles))
	if !s.groupsMissing() {
		none = none.With(ui.Advice("to be given one of them, ask "+Contact(s.m)+":"), RequestFix("ROLE"))
	}
	return none.With(s.remedies(""))
}

// AllRoles is the command that says of every role what it would take.
const AllRoles = "dbxaccess roles --why"

// groupsMissing: the identity goes by groups, and nobody told any of this person.
func (s *SignIn) groupsMissing() bool {
	return len(s.Identity.Groups) > 0 && len(s.Session.Groups) == 0
}

// remedies say how a person who was given something since gets it at once (a workload's token is always new), and what
// an administrator does at this provider so that groups reach the token, where none did.
func (s *SignIn) remedies(role string) (fix ui.Fix) {
	if s.Identity.Method().SignsIn() {
		what := "a role"
		if role != "" {
			what = "it"
		}
		fix = append(ui.Advice("if you were given "+what+" since you signed in:"), ui.Command("dbxaccess login --identity "+s.Identity.Name+role)...)
	}
	if !s.groupsMissing() {
		return fix
	}
	seen := "issuer " + ui.Clean(s.Provider.Issuer)
	if s.Provider.ClientID != "" {
		seen += ", application " + ui.Clean(s.Provider.ClientID)
	}
	fix = append(fix, ui.ForAdmin(seen+", subject "+ui.Clean(s.Session.Subject))...)
	fix = append(fix, s.Provider.GroupsFix().ForAdmin()...)
	return append(fix, s.Session.UnaskedFix(s.Provider, "groups")...)
}

// Contact names who is asked for a role.
func Contact(m *accessmap.Map) string {
	if m.Contact == "" {
		return "the access map's owner"
	}
	return m.Contact
}

// whyNot tells what became of the claims: which were read and what they held.
func (s *SignIn) whyNot(what string) string {
	identity, session := s.Identity, s.Session
	if identity.Method() == idp.IdentityCenter {
		if len(session.Groups) == 0 {
			return "IAM Identity Center assigns them no role in the accounts of the access map"
		}
		return fmt.Sprintf("IAM Identity Center assigns them %s, which does not give %s", someOf(session.Groups), what)
	}
	var reasons []string
	if len(identity.Groups) > 0 {
		reasons = append(reasons, whyNoGroup(identity, session, what))
	}
	if len(identity.Claims) > 0 {
		reasons = append(reasons, fmt.Sprintf("no rule on claims gives %s (%s)", what, claimsSeen(identity, session)))
	}
	return strings.Join(reasons, "; ")
}

func whyNoGroup(identity *accessmap.Identity, session *login.Session, what string) string {
	claim, source := identity.GroupsClaim, "ID token"
	if identity.UserInfo {
		source = "userinfo"
	}
	switch {
	case session.GroupsUnasked:
		return "the userinfo endpoint was not asked at the last renewal, so no groups are known"
	case session.GroupsOverage:
		return fmt.Sprintf("the identity provider left the groups out of the token because there are too many (claim %q); "+
			"an administrator can send app roles instead and name that claim as groups_claim", claim)
	case !session.GroupsPresent:
		return fmt.Sprintf("the %s has no claim %q, so no groups are known", source, claim)
	case session.GroupsShape != "":
		return fmt.Sprintf("the claim %q of the %s is %s, of which no group can be read", claim, source, session.GroupsShape)
	case len(session.Groups) == 0:
		return fmt.Sprintf("the claim %q of the %s holds no group", claim, source)
	}
	return fmt.Sprintf("no group in claim %q (%s) is mapped to %s", claim, someOf(session.Groups), what)
}

// claimsSeen shows what the token says in the claims that the rules look at.
func claimsSeen(identity *accessmap.Identity, session *login.Session) string {
	seen := map[string]string{}
	for _, rule := range identity.Claims {
		for claim := range rule.Match {
			is := cmp.Or(session.ClaimShape(claim), "missing")
			if values := session.Claim(claim); len(values) > 0 {
				is = ui.Cut(someOf(values), 200)
			}
			seen[claim] = ui.Clean(claim) + " is " + is
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
