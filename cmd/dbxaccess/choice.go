package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maybeRole takes one role or none: see roleOf.
func maybeRole(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return ui.Fault(ui.Usage, cmd.UseLine(), "%s takes one role, got %d arguments", cmd.CommandPath(), len(args))
	}
	return nil
}

// roleOf completes a request with the role it is for: the one that is named, else the default one of the settings, else
// the only one that may be taken. Of several, a person at a terminal chooses; a program gets the list as an error.
func (a *app) roleOf(ctx context.Context, b *broker.Broker, r broker.Request, named []string) (broker.Request, error) {
	if len(named) > 0 {
		r.Role = named[0]
		return r, nil
	}
	rows, err := roleRows(ctx, a, b, r.Identity)
	if err != nil {
		return r, err
	}
	preferred := slices.DeleteFunc(slices.Clone(rows), func(row roleRow) bool { return row.Role != a.settings.DefaultRole })
	switch {
	case len(preferred) == 1:
		rows = preferred
	case len(preferred) == 0 && a.settings.DefaultRole != "":
		a.warnDefaultRole()
	}
	chosen := 0
	if len(rows) > 1 {
		if chosen, err = a.chooseRole(ctx, rows); err != nil {
			return r, err
		}
	}
	r.Role, r.Identity = rows[chosen].Role, rows[chosen].Identity
	return r, nil
}

func (a *app) chooseRole(ctx context.Context, rows []roleRow) (int, error) {
	var names []string
	options := make([]ui.Option, len(rows))
	for i, row := range rows {
		names = append(names, row.Role)
		// The profile's name tells apart what two identities give under one name.
		options[i] = ui.Option{Name: strings.TrimPrefix(row.Profile, a.settings.ProfilePrefix), Note: row.Description}
	}
	if !a.streams.Interactive {
		return 0, ui.Fault(ui.Usage, "name one, or set default_role in your settings (DBXACCESS_DEFAULT_ROLE)",
			"you may take several roles: %s", strings.Join(names, ", "))
	}
	return a.streams.Choose(ctx, "Which role?", options)
}

// identityOf is the identity of the map to sign in with: the one that is named, else the only one, else the person's
// choice.
func (a *app) identityOf(ctx context.Context, m *accessmap.Map, name string) (*accessmap.Identity, error) {
	if name != "" || len(m.Identities) < 2 || !a.streams.Interactive {
		return broker.Identity(m, name)
	}
	names := slices.Sorted(maps.Keys(m.Identities))
	options := make([]ui.Option, len(names))
	for i, name := range names {
		options[i] = ui.Option{Name: name, Note: hostOf(m.Identities[name].Issuer)}
	}
	chosen, err := a.streams.Choose(ctx, "Sign in with which identity?", options)
	if err != nil {
		return nil, err
	}
	return m.Identities[names[chosen]], nil
}
