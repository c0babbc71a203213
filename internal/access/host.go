package access

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Place is what a client says of where it wants to go. The host is as the access map has it; IDs that it does not say are
// "".
type Place struct{ Host, AccountID, WorkspaceID string }

// at reports whether a place may be a workspace: an ID that one of the two does not say is no difference.
func (p Place) at(w accessmap.Workplace) bool {
	same := func(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }
	return w.Host == p.Host && same(p.AccountID, w.AccountID) && same(p.WorkspaceID, w.WorkspaceID)
}

func (p Place) String() string {
	where := ui.Clean(p.Host)
	if p.WorkspaceID != "" {
		where += " in the workspace " + ui.Clean(p.WorkspaceID)
	}
	if p.AccountID != "" {
		where += " in the account " + ui.Clean(p.AccountID)
	}
	return where
}

// ForHost returns the identity, the role and its workspace that a host stands for, where a client names only the host:
// some role there that a signed-in identity gives.
// Where the roles there don't agree on the principal (several identities, or a service principal), on what tokens are for, or on
// the workspace of a unified host, it is an error, since guessing would hand out other rights. Errors: Failed for an unknown host
// or an ambiguous one, LoginNeeded, NoSuchRole.
func (v *View) ForHost(ctx context.Context, p Place) (identity, role, workspace string, err error) {
	there, err := v.rolesAt(p)
	if err != nil {
		return "", "", "", err
	}
	type principal struct{ identity, servicePrincipal, accountID, workspaceID, scopes string }
	first := make(map[principal]roleAt) // a role of each
	gives := func(i *accessmap.Identity) bool {
		return slices.ContainsFunc(there, func(r roleAt) bool { return r.workspace.Login.Serves(i.Method()) && v.Map.Gives(i.Name, r.role.Role) })
	}
	_, err = v.candidates(ctx, gives, gives, func(s *SignIn) error {
		refused := ""
		served := false
		for _, at := range there {
			if !at.workspace.Login.Serves(s.Identity.Method()) {
				continue
			}
			if !s.Gives(at.role.Role) {
				if v.Map.Gives(s.Identity.Name, at.role.Role) {
					refused = at.role.Role
				}
				continue
			}
			served = true
			w := at.workspace
			as := principal{s.Identity.Name, at.role.ServicePrincipal, w.AccountID, w.WorkspaceID, strings.Join(w.Scopes, " ")}
			if first[as].role == nil {
				first[as] = at
			}
		}
		if !served {
			return s.NoSuchRole(refused)
		}
		return nil
	})
	switch {
	case err != nil:
		return "", "", "", err
	case len(first) == 0:
		return "", "", "", ui.Errorf("host-gives-no-role", ui.NoSuchRole, "no identity of the access map gives a role at %s", p).
			With(ui.Advice("to be given one, ask " + Contact(v.Map)))
	}
	var names []string
	for as, at := range first {
		identity, role, workspace = as.identity, at.role.Role, at.workspace.Name
		names = append(names, role+" (identity "+as.identity+")")
	}
	if len(names) == 1 {
		return identity, role, workspace, nil
	}
	slices.Sort(names)
	return "", "", "", ui.Errorf("host-ambiguous", ui.Failed,
		"several roles work at %s, and not as the same principal with the same scopes in one workspace: %s", p, strings.Join(names, ", ")).
		With(ui.Advice("name the profile of one of them: --profile, or DATABRICKS_CONFIG_PROFILE for its clients"))
}

// roleAt is a role in one of its workspaces.
type roleAt struct {
	role      *accessmap.Effective
	workspace accessmap.Workplace
}

// rolesAt lists the roles of the map that have a workspace there, by name; at least one, else an error. Those that need a
// sign-in of their own there come last: two entries may have one host.
func (v *View) rolesAt(p Place) ([]roleAt, error) {
	var there, byBrowser []roleAt
	for _, name := range slices.Sorted(maps.Keys(v.Map.Roles)) {
		role, err := v.Map.Effective(name)
		if err != nil {
			return nil, err
		}
		for _, w := range role.Workplaces {
			if !p.at(w) {
				continue
			}
			if w.Login == accessmap.LoginBrowser {
				byBrowser = append(byBrowser, roleAt{role, w})
			} else {
				there = append(there, roleAt{role, w})
			}
		}
	}
	if there = append(there, byBrowser...); len(there) > 0 {
		return there, nil
	}
	return nil, ui.Errorf("host-unknown", ui.Failed, "no role of the access map works at %s", p).
		With(ui.Advice("its workspaces are: " + hosts(v.Map)))
}

func hosts(m *accessmap.Map) string {
	var hosts []string
	for _, w := range m.Workspaces {
		host := w.Host
		switch {
		case w.WorkspaceID != "":
			host += " (workspace " + w.WorkspaceID + ")"
		case w.AccountID != "":
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
