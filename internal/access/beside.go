package access

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
)

// AtWorkspace is where the person of a sign-in signs in once more: at a workspace of the map whose login is browser, for a
// role's tokens. It is good for that person alone.
func (s *SignIn) AtWorkspace(w accessmap.Workplace) login.Provider {
	p, session := atWorkspace(s.m, s.Identity, w), s.Session
	names := slices.Concat([]string{session.Display(), session.Email, session.Username}, session.Claim("upn"), []string{session.Subject})
	p.Workspace.Subject = session.Subject
	p.Workspace.Names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	return p
}

// atWorkspace is AtWorkspace for anyone who signs in with an identity.
func atWorkspace(m *accessmap.Map, identity *accessmap.Identity, w accessmap.Workplace) login.Provider {
	return login.Workspace{
		Name: w.Name, Host: w.Host, AccountID: w.AccountID, WorkspaceID: w.WorkspaceID, Scopes: w.Scopes,
		Beside: login.SessionKey(ProviderOf(m, identity)), Shared: len(m.People()) > 1 && len(IdentitiesAt(m, w.Workspace)) > 1,
	}.Provider(identity.Name)
}

// IdentitiesAt lists the identities of people that give a role in a workspace.
func IdentitiesAt(m *accessmap.Map, w *accessmap.Workspace) []string {
	return slices.DeleteFunc(m.People(), func(identity string) bool {
		for name := range m.Roles {
			if role, err := m.Effective(name); err == nil && slices.Contains(role.Workspaces(), w.Name) && m.Gives(identity, name) {
				return false
			}
		}
		return true
	})
}

// Beside lists where the person of a sign-in signs in besides: at each workspace with a login of its own where their roles
// work, once, by name.
func (s *SignIn) Beside() []login.Provider { return beside(s.m, s.Identity, s.Roles(), s.AtWorkspace) }

// Beside is SignIn.Beside for anyone who signs in with an identity: of all the roles that it gives.
func (v *View) Beside(identity *accessmap.Identity) []login.Provider {
	roles := slices.DeleteFunc(slices.Collect(maps.Keys(v.Map.Roles)), func(role string) bool { return !v.Map.Gives(identity.Name, role) })
	return beside(v.Map, identity, roles, func(w accessmap.Workplace) login.Provider {
		return atWorkspace(v.Map, identity, w)
	})
}

func beside(
	m *accessmap.Map, identity *accessmap.Identity, roles []string, at func(accessmap.Workplace) login.Provider,
) []login.Provider {
	found := map[string]login.Provider{}
	for _, name := range roles {
		role, err := m.Effective(name)
		if err != nil {
			continue
		}
		for _, w := range role.Workplaces {
			if w.Login == accessmap.LoginBrowser && w.Login.Serves(identity.Method()) {
				p := at(w)
				found[login.SessionKey(p)] = p
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b login.Provider) int {
		return cmp.Or(cmp.Compare(a.Workspace.Name, b.Workspace.Name), slices.Compare(a.Workspace.Scopes, b.Workspace.Scopes))
	})
}
