// Package access is the read model: who is signed in on this machine, which of these sign-ins gives a role, why or why
// not, and what the role's profile is called.
//
// In come the access map and a way to load the session of a provider; out come sign-ins with what the map gives them,
// rows that describe roles, and errors that say what is missing. It asks no server, changes nothing, and decides
// nothing about credentials: that is the broker's. It must never name a role as given that the session's claims do not
// give.
package access

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// View joins one access map with the sign-ins of this machine.
type View struct {
	Map    *accessmap.Map
	Stamp  source.Stamp // of the file that the map was read from
	Naming              // of profiles, with what the map says of it: see Naming.Of
	// Load returns the present session at a provider. Errors are those of login.Source: LoginNeeded where there is
	// none, KeyringUnavailable, or what is wrong with a workload's token.
	Load func(ctx context.Context, p login.Provider) (*login.Session, error)
	Now  func() time.Time // wall clock, by which grants end
}

// SignIn is an identity of the map with its present session, and what the map gives that. It is complete when it is
// made and never changes: a renewed session makes a new one.
type SignIn struct {
	Identity *accessmap.Identity
	Provider login.Provider
	Session  *login.Session
	Grants   []accessmap.Grant // by name of the role, each with its reasons

	m  *accessmap.Map
	at time.Time // when it was made
}

// SignIn returns the sign-in through an identity of the map. Errors are those of View.Load; a session that is Unfinished is
// LoginNeeded too.
func (v *View) SignIn(ctx context.Context, identity *accessmap.Identity) (*SignIn, error) {
	provider := ProviderOf(v.Map, identity)
	session, err := v.Load(ctx, provider)
	if err != nil {
		return nil, err
	}
	if session.Unfinished() {
		return nil, NotFinished(provider)
	}
	return NewSignIn(v.Map, identity, session, v.Now()), nil
}

// ErrNotFinished: someone has approved a sign-in, but what it gives could not be looked up yet.
var ErrNotFinished = errors.New("the sign-in is not finished")

// NotFinished says of a provider's sign-in that it is ErrNotFinished.
func NotFinished(provider login.Provider) error {
	return ui.Errorf("sign-in-not-finished", ui.LoginNeeded, "%w: what it gives at %s could not be looked up yet", ErrNotFinished, provider.Host()).
		With(ui.Command(provider.LoginCommand()), ui.Advice("that goes on where it ended, without another approval"))
}

// NewSignIn works out what an identity of the map gives a session at a time.
func NewSignIn(m *accessmap.Map, identity *accessmap.Identity, session *login.Session, now time.Time) *SignIn {
	return &SignIn{
		Identity: identity, Provider: ProviderOf(m, identity), Session: session,
		Grants: m.RolesFor(identity.Name, claimsOf(session), now), m: m, at: now,
	}
}

// With is the same identity with another session, such as a renewed one, and what the map gives that at the same time.
func (s *SignIn) With(session *login.Session) *SignIn {
	return NewSignIn(s.m, s.Identity, session, s.at)
}

// claimsOf turns a session into what the map's rules look at.
func claimsOf(s *login.Session) accessmap.Claims {
	return accessmap.Claims{Groups: s.Groups, Values: s.Claim}
}

// Gives reports whether the sign-in gives a role.
func (s *SignIn) Gives(role string) bool { return s.Grant(role) != nil }

// Grant is what gives a role; nil where nothing does.
func (s *SignIn) Grant(role string) *accessmap.Grant {
	if i := slices.IndexFunc(s.Grants, func(g accessmap.Grant) bool { return g.Role == role }); i >= 0 {
		return &s.Grants[i]
	}
	return nil
}

// Group is the group through which a role is given, as the map spells it; "" where it is given otherwise, or to everybody.
func (s *SignIn) Group(role string) string {
	if grant := s.Grant(role); grant != nil {
		for _, reason := range grant.Because {
			if reason.Claim == s.Identity.GroupsClaim && strings.Trim(reason.Rule, "*") != "" {
				return reason.Rule
			}
		}
	}
	return ""
}

// Ended are the grants of roles that the sign-in gave, by name, and gives no more.
func (s *SignIn) Ended() []accessmap.Grant {
	return s.m.EndedFor(s.Identity.Name, claimsOf(s.Session), s.at)
}

// Roles lists the names of the roles that the sign-in gives.
func (s *SignIn) Roles() []string {
	roles := make([]string, len(s.Grants))
	for i, grant := range s.Grants {
		roles[i] = grant.Role
	}
	return roles
}

// Check returns nil if the sign-in gives a role, NoSuchRole with the reason if it does not, and LoginNeeded where it is
// not known who signed in (see login.Session.Unnamed).
func (s *SignIn) Check(role string) error {
	if !s.Gives(role) {
		return s.NoSuchRole(role)
	}
	if s.Session.Unnamed() {
		return ui.Errorf("sign-in-unnamed", ui.LoginNeeded, "nothing had been assigned yet at the sign-in to %s, so it is not known who signed in",
			ui.Clean(s.Provider.Issuer)).With(ui.Command("dbxaccess login --identity " + s.Identity.Name))
	}
	return nil
}

// ProviderOf turns an identity of the map into what login needs of it.
func ProviderOf(m *accessmap.Map, i *accessmap.Identity) login.Provider {
	p := login.Provider{
		Method: i.Method(), Name: i.Name, Issuer: i.Issuer, ClientID: i.ClientID, ClientSecret: i.ClientSecret, Scopes: i.Scopes,
		GroupsClaim: i.GroupsClaim, UserInfo: i.UserInfo, DeviceEndpoint: i.DeviceEndpoint, VerificationHosts: i.VerificationHosts,
		Kind: i.Kind, Audience: i.Audience, Parameters: i.Parameters, RedirectPort: i.RedirectPort,
	}
	if i.Flow != accessmap.FlowAuto {
		p.Flow = login.Flow(i.Flow)
	}
	switch i.Method() {
	case idp.IdentityCenter:
		p.Issuer, p.SSORegion = i.StartURL, i.SSORegion
		for _, base := range PermissionSets(m, i.Name) { // no others are listed
			if !slices.Contains(p.Accounts, base.AccountID) {
				p.Accounts = append(p.Accounts, base.AccountID)
			}
		}
	case idp.Workload:
		p.ClientID = i.Token.Audience
		p.Token = i.Token
	}
	return p
}

// PermissionSets are those of Identity Center that an identity's roles begin with, in the order of the roles' names.
func PermissionSets(m *accessmap.Map, identity string) []accessmap.Hop {
	var sets []accessmap.Hop
	if i := m.Identities[identity]; i != nil {
		for _, role := range i.Assigned() {
			if hops, err := m.Chain(role, idp.IdentityCenter); err == nil {
				sets = append(sets, hops[0])
			}
		}
	}
	return sets
}

// Identity returns an identity of the map by name; "" means the only one there is. Usage where there is none.
func Identity(m *accessmap.Map, name string) (*accessmap.Identity, error) {
	if identity, ok := m.Identities[name]; ok {
		return identity, nil
	}
	if name == "" {
		if len(m.Identities) == 1 {
			return m.Identities[peopleFirst(m)[0]], nil
		}
		return nil, ui.Errorf("identity-not-named", ui.Usage, "the access map has several identities: %s", identityNames(m)).
			With(ui.Advice("name one with --identity"))
	}
	unknown := ui.Errorf("identity-unknown", ui.Usage, "the access map has no identity %q", ui.Clean(name))
	if near := ui.Nearest(name, maps.Keys(m.Identities)); near != "" {
		return nil, unknown.With(ui.Advice("did you mean: --identity " + near))
	}
	return nil, unknown.With(ui.Advice("its identities are: " + identityNames(m)))
}

// peopleFirst lists the identities of the map, those of workloads last.
func peopleFirst(m *accessmap.Map) []string { return slices.Concat(m.People(), m.Workloads()) }

func identityNames(m *accessmap.Map) string {
	return strings.Join(slices.Sorted(maps.Keys(m.Identities)), ", ")
}

// Person is who is signed in, and the roles that the map gives them by all of their sign-ins; nothing where that can't be told without
// asking a server or the person. A workload is nobody.
func (v *View) Person(ctx context.Context) (name string, roles []string) {
	for _, identity := range v.Map.People() {
		signIn, err := v.SignIn(ctx, v.Map.Identities[identity])
		if err != nil {
			continue
		}
		if name == "" {
			name = signIn.Session.Display()
		}
		roles = append(roles, signIn.Roles()...)
	}
	return name, roles
}
