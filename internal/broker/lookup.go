package broker

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ForHost finds the request that a token for a workspace's host stands for, where a client names the host alone: some
// role at that host that a signed-in identity gives. host is as the access map has it; accountID is "" for a workspace.
// Where the roles there don't agree on who one is (several identities, or a service principal), it is an error, since
// guessing would hand out somebody else's rights. Errors: Failed for an unknown host or an ambiguous one, LoginNeeded,
// NoSuchRole.
func (b *Broker) ForHost(ctx context.Context, host, accountID string) (Request, error) {
	m, _, err := b.Map()
	if err != nil {
		return Request{}, err
	}
	at := make(map[string]string) // roles at that host, and the service principal that each is there
	for name := range m.Roles {
		role, err := m.Effective(name)
		if err != nil {
			return Request{}, err
		}
		w := m.Workspaces[role.Workspace]
		if w != nil && w.Host == host && (accountID == "" || w.AccountID == "" || strings.EqualFold(w.AccountID, accountID)) {
			at[name] = role.ServicePrincipal
		}
	}
	if len(at) == 0 {
		where := ui.Clean(host)
		if accountID != "" {
			where += " in the account " + ui.Clean(accountID)
		}
		return Request{}, ui.Fault(ui.Failed, "its workspaces are: "+hosts(m), "no role of the access map works at %s", where)
	}
	type principal struct{ identity, servicePrincipal string }
	found := make(map[principal]Request)
	var failed, missing, refused, absent error
	for _, name := range peopleFirst(m) {
		identity := m.Identities[name]
		if identity.Center() {
			continue // it issues no ID token that a workspace would take
		}
		if len(found) > 0 && identity.Machine() && ProviderOf(m, identity).Token.Asked() {
			continue // somebody is here already
		}
		there := slices.DeleteFunc(slices.Sorted(maps.Keys(at)), func(role string) bool { return !m.Gives(name, role) })
		if len(there) == 0 {
			continue
		}
		session, err := b.Sessions.Load(ctx, ProviderOf(m, identity))
		switch {
		case err != nil && identity.Machine():
			// Whatever its trouble: people's commands don't stand and fall with a machine's token.
			if ui.CodeOf(err) != ui.LoginNeeded && !ProviderOf(m, identity).Token.Asked() {
				failed = err
			}
			absent = err
			continue
		case ui.CodeOf(err) == ui.LoginNeeded:
			missing = err
			continue
		}
		if err != nil {
			return Request{}, err
		}
		may := mayTake(m, name, session)
		for _, role := range there {
			if !slices.Contains(may, role) {
				refused = NoSuchRole(m, identity, session, role)
				continue
			}
			if as := (principal{name, at[role]}); found[as].Role == "" {
				found[as] = Request{Identity: name, Role: role}
			}
		}
	}
	said := cmp.Or(failed, missing, refused, absent) // as in Resolve
	if len(found) == 0 && said == nil {
		said = ui.Fault(ui.NoSuchRole, "to be given one, ask "+contactOf(m), "no identity of the access map gives a role at %s", ui.Clean(host))
	}
	switch {
	case len(found) == 1:
		for _, r := range found {
			return r, nil
		}
	case len(found) == 0:
		return Request{}, said
	}
	var names []string
	for _, r := range found {
		names = append(names, r.Role+" (identity "+r.Identity+")")
	}
	slices.Sort(names)
	return Request{}, ui.Fault(ui.Failed, "name the profile of one of them: --profile, or DATABRICKS_CONFIG_PROFILE for its clients",
		"several roles work at %s, and not as the same principal: %s", ui.Clean(host), strings.Join(names, ", "))
}

func hosts(m *accessmap.Map) string {
	var hosts []string
	for _, w := range m.Workspaces {
		host := w.Host
		if w.AccountID != "" {
			host += " (account " + w.AccountID + ")"
		}
		hosts = append(hosts, host)
	}
	if len(hosts) == 0 {
		return "none"
	}
	slices.Sort(hosts)
	return strings.Join(slices.Compact(hosts), ", ")
}
