package broker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// entitlement is what the map gives the signed-in person for one request, ready to be asked of STS.
type entitlement struct {
	m        *accessmap.Map
	identity *accessmap.Identity
	provider login.Provider
	session  *login.Session
	role     string
	grants   *accessmap.Effective
	policy   string
	binding  Binding
	stamp    accessmap.Stamp
}

// entitle looks the request up: map, session, groups, role. It needs no network. What it is to be made into is bound by
// its kind.
func (b *Broker) entitle(ctx context.Context, r Request) (*entitlement, error) {
	m, stamp, err := b.Map()
	if err != nil {
		return nil, err
	}
	identity, err := identityOf(m, r.Identity)
	if err != nil {
		return nil, err
	}
	provider := ProviderOf(identity)
	session, err := b.Sessions.Load(ctx, provider)
	if err != nil {
		return nil, err
	}
	e := &entitlement{m: m, identity: identity, provider: provider, session: session, stamp: stamp, role: r.Role}
	if err := e.stillGiven(); err != nil {
		return nil, err
	}
	role, err := m.Effective(r.Role)
	if err != nil {
		return nil, err
	}
	e.grants = role
	e.binding = Binding{Issuer: provider.Issuer, ClientID: provider.ClientID, Subject: session.Subject}
	return e, nil
}

// adopt takes the session that a renewal brought. It must be of the same sign-in, and its groups must still give the
// role: they come anew with every ID token.
func (e *entitlement) adopt(session *login.Session) error {
	if session.ID != e.session.ID {
		return errSignedInAnew(e.provider)
	}
	e.session = session
	return e.stillGiven()
}

// stillGiven looks the role up among those that the session's groups give now.
func (e *entitlement) stillGiven() error {
	if !slices.Contains(mayTake(e.m, e.identity.Name, e.session.Groups), e.role) {
		return NoSuchRole(e.m, e.identity, e.session, e.role)
	}
	return nil
}

func (e *entitlement) sessionName() string {
	return sts.SessionName(e.session.Email, e.session.Username, e.session.Subject)
}

func (e *entitlement) webIdentity() sts.WebIdentity {
	return sts.WebIdentity{
		Token: e.session.IDToken, RoleARN: e.grants.RoleARN, Region: e.grants.Region, SessionName: e.sessionName(),
		Policy: e.policy, Duration: e.grants.Duration,
		Issuer: e.provider.Issuer, Audience: e.provider.ClientID, Subject: e.session.Subject,
	}
}

// ProviderOf turns an identity of the access map into what login needs of it.
func ProviderOf(i *accessmap.Identity) login.Provider {
	return login.Provider{
		Name: i.Name, Issuer: i.Issuer, ClientID: i.ClientID, ClientSecret: i.ClientSecret, Scopes: i.Scopes,
		GroupsClaim: i.GroupsClaim, DeviceEndpoint: i.DeviceEndpoint, VerificationHosts: i.VerificationHosts,
	}
}

// Identity returns an identity of the map by name; "" means the only one there is.
func Identity(m *accessmap.Map, name string) (*accessmap.Identity, error) {
	if name != "" {
		return identityOf(m, name)
	}
	if len(m.Identities) == 1 {
		for _, only := range m.Identities {
			return only, nil
		}
	}
	return nil, ui.Fault(ui.Usage, "name one with --identity", "the access map has several identities: %s", names(m.Identities))
}

func identityOf(m *accessmap.Map, name string) (*accessmap.Identity, error) {
	if identity, ok := m.Identities[name]; ok {
		return identity, nil
	}
	hint := "its identities are: " + names(m.Identities)
	if near := ui.Nearest(name, slices.Collect(maps.Keys(m.Identities))); near != "" {
		hint = "did you mean: --identity " + near + "\n" + hint
	}
	return nil, ui.Fault(ui.Usage, hint, "the access map has no identity %q", ui.Clean(name))
}

// identityFor finds the identity through which a role is meant where none was named: the only one of the map, else the
// only one that is signed in and gives the role.
func (b *Broker) identityFor(ctx context.Context, role string) (string, error) {
	m, _, err := b.Map()
	if err != nil {
		return "", err
	}
	if len(m.Identities) == 1 {
		identity, err := Identity(m, "")
		return identity.Name, err
	}
	var (
		giving           []string
		missing, refused error
	)
	for _, name := range slices.Sorted(maps.Keys(m.Identities)) {
		_, err := b.entitle(ctx, Request{Identity: name, Role: role})
		switch ui.CodeOf(err) {
		case ui.Done:
			giving = append(giving, name)
		case ui.KeyringUnavailable:
			return "", err
		case ui.LoginNeeded:
			if m.Gives(name, role) {
				missing = err
			}
		case ui.NoSuchRole:
			refused = err
		}
	}
	if len(giving) == 1 {
		return giving[0], nil
	}
	if len(giving) > 1 {
		return "", ui.Fault(ui.Usage, "name one with --identity", "several identities give the role %s: %s", role, strings.Join(giving, ", "))
	}
	// An identity that gives the role to somebody is worth signing in with, whatever the others say.
	if missing != nil {
		return "", missing
	}
	if refused != nil {
		return "", refused
	}
	return "", ui.Fault(ui.LoginNeeded, "dbxaccess login --identity NAME, one of: "+names(m.Identities),
		"no identity that is signed in gives the role %s", role)
}

// NoSuchRole says why a person may not take a role: which claim was read, what it held, what may be taken, whom to ask.
func NoSuchRole(m *accessmap.Map, identity *accessmap.Identity, session *login.Session, role string) error {
	hint := []string{"dbxaccess roles --why", "to be given the role, ask " + contactOf(m)}
	if _, known := m.Roles[role]; !known {
		if near := ui.Nearest(role, mayTake(m, identity.Name, session.Groups)); near != "" {
			hint = append([]string{"did you mean: " + near}, hint...)
		}
		return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "the access map has no role %q", ui.Clean(role))
	}
	if may := mayTake(m, identity.Name, session.Groups); len(may) > 0 {
		hint = append([]string{"roles you may take: " + strings.Join(may, ", ")}, hint...)
	}
	return ui.Fault(ui.NoSuchRole, strings.Join(hint, "\n"), "%s may not take the role %s: %s",
		session.Display(), role, whyNot(identity, session, "it"))
}

// NoRoles says why a person may take no role at all.
func NoRoles(m *accessmap.Map, identity *accessmap.Identity, session *login.Session) error {
	return ui.Fault(ui.NoSuchRole, "to be given a role, ask "+contactOf(m), "%s is signed in but may take no role: %s",
		session.Display(), whyNot(identity, session, "any role"))
}

func contactOf(m *accessmap.Map) string {
	if m.Contact == "" {
		return "whoever keeps the access map"
	}
	return m.Contact
}

// whyNot tells what became of the groups: which claim was read and what it held.
func whyNot(identity *accessmap.Identity, session *login.Session, what string) string {
	claim := identity.GroupsClaim
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

// someOf shows the first few groups: enough to see whether the right claim was read.
func someOf(groups []string) string {
	const shown = 5
	if len(groups) > shown {
		return ui.Clean(strings.Join(groups[:shown], ", ")) + ", …"
	}
	return ui.Clean(strings.Join(groups, ", "))
}

// mayTake lists the roles that groups give, by name.
func mayTake(m *accessmap.Map, identity string, groups []string) []string {
	var roles []string
	for _, grant := range m.RolesFor(identity, groups) {
		roles = append(roles, grant.Role)
	}
	return roles
}

func names[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }

// errOtherSignIn marks that the session was replaced: what the former one was given is not to be served on.
var errOtherSignIn = errors.New("somebody signed in anew meanwhile")

func errSignedInAnew(p login.Provider) error {
	return ui.Fault(ui.Failed, "try again", "%s: %w", ui.Clean(p.Issuer), errOtherSignIn)
}

func loginNeeded(identity, why string) error {
	return ui.Fault(ui.LoginNeeded, "dbxaccess login --identity "+identity, "%s", why)
}
