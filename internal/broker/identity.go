package broker

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ProviderOf turns an identity of the access map into what login needs of it.
func ProviderOf(m *accessmap.Map, i *accessmap.Identity) login.Provider {
	p := login.Provider{
		Name: i.Name, Issuer: i.Issuer, ClientID: i.ClientID, ClientSecret: i.ClientSecret, Scopes: i.Scopes,
		GroupsClaim: i.GroupsClaim, DeviceEndpoint: i.DeviceEndpoint, VerificationHosts: i.VerificationHosts,
		Kind: i.Kind, Audience: i.Audience, Parameters: i.Parameters, RedirectPort: i.RedirectPort,
	}
	switch {
	case i.Center():
		p.Issuer, p.SSORegion = i.StartURL, i.SSORegion
		for _, base := range basesOf(m, i.Name) { // no others are listed
			if !slices.Contains(p.Accounts, base.AccountID) {
				p.Accounts = append(p.Accounts, base.AccountID)
			}
		}
	case i.Machine():
		p.ClientID = i.Token.Audience
		p.Token = &login.TokenSource{From: i.Token.From, Path: i.Token.Path, Name: i.Token.Name, Argv: i.Token.Argv, Region: i.Token.Region}
	}
	return p
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

// Resolve completes a request with the identity through which its role is meant, where none is named: the only one of the
// map, else the only one that is signed in (or, for a machine's, is here) and gives the role. Machines whose token takes
// asking somebody are left alone where a person gives it. Errors are those of Credentials.
func (b *Broker) Resolve(ctx context.Context, r Request) (Request, error) {
	if r.Identity != "" {
		return r, nil
	}
	m, _, err := b.Map()
	if err != nil {
		return r, err
	}
	if len(m.Identities) == 1 {
		identity, err := Identity(m, "")
		r.Identity = identity.Name
		return r, err
	}
	var giving []string
	said := map[string]error{} // what the others say, by kind
	for _, name := range peopleFirst(m) {
		machine := m.Identities[name].Machine()
		if machine && (!m.Gives(name, r.Role) || len(giving) > 0 && ProviderOf(m, m.Identities[name]).Token.Asked()) {
			continue
		}
		_, err := b.entitle(ctx, Request{Identity: name, Role: r.Role})
		switch code := ui.CodeOf(err); {
		case code == ui.Done:
			giving = append(giving, name)
		case code == ui.KeyringUnavailable:
			return r, err
		case code == ui.NoSuchRole:
			said["denied"] = err
		case code != ui.LoginNeeded && machine && ProviderOf(m, m.Identities[name]).Token.Asked():
			said["elsewhere"] = cmp.Or(said["elsewhere"], err) // this may not be such a machine at all
		case code != ui.LoginNeeded:
			said["failed"] = cmp.Or(said["failed"], err) // of one that might give it
		case machine:
			said["absent"] = err
		case m.Gives(name, r.Role):
			said["missing"] = err
		}
	}
	if len(giving) == 1 {
		r.Identity = giving[0]
		return r, nil
	}
	if len(giving) > 1 {
		return r, ui.Fault(ui.Usage, "name one with --identity", "several identities give the role %s: %s", r.Role, strings.Join(giving, ", "))
	}
	// An identity that gives the role to somebody is worth signing in with, whatever the others say; the trouble of a
	// machine whose token is at hand is the cause.
	for _, kind := range []string{"failed", "missing", "denied", "elsewhere", "absent"} {
		if said[kind] != nil {
			return r, said[kind]
		}
	}
	return r, ui.Fault(ui.LoginNeeded, "dbxaccess login --identity NAME, one of: "+names(m.Identities),
		"no identity that is signed in gives the role %s", r.Role)
}

// peopleFirst lists the identities of the map, those of machines last.
func peopleFirst(m *accessmap.Map) []string { return slices.Concat(m.People(), m.Machines()) }

// HolderOf turns a session into what the map's rules look at.
func HolderOf(s *login.Session) accessmap.Holder {
	return accessmap.Holder{Groups: s.Groups, Claim: s.Claim}
}

// mayTake lists the roles that the session's claims give, by name.
func mayTake(m *accessmap.Map, identity string, session *login.Session) []string {
	var roles []string
	for _, grant := range m.RolesFor(identity, HolderOf(session)) {
		roles = append(roles, grant.Role)
	}
	return roles
}

func names[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
