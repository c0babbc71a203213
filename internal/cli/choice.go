package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
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
	settings, err := a.Settings()
	if err != nil {
		return r, err
	}
	view, err := b.View()
	if err != nil {
		return r, err
	}
	rows, err := listRoles(ctx, a, view, r.Identity, false)
	if err != nil {
		return r, err
	}
	preferred := slices.DeleteFunc(slices.Clone(rows), func(row access.Row) bool { return row.Role != settings.DefaultRole })
	switch {
	case len(preferred) == 1:
		rows = preferred
	case len(preferred) == 0 && settings.DefaultRole != "":
		a.warnDefaultRole(settings.DefaultRole)
	}
	chosen := 0
	if len(rows) > 1 {
		if chosen, err = a.chooseRole(ctx, rows, view.Prefix); err != nil {
			return r, err
		}
	}
	r.Role, r.Identity = rows[chosen].Role, rows[chosen].Identity
	return r, nil
}

func (a *app) chooseRole(ctx context.Context, rows []access.Row, prefix string) (int, error) {
	var names []string
	options := make([]ui.Option, len(rows))
	for i, row := range rows {
		names = append(names, row.Role)
		// The profile's name tells apart what two identities give under one name.
		options[i] = ui.Option{Name: strings.TrimPrefix(row.Profile, prefix), Note: row.Description}
	}
	if !a.Streams.Interactive {
		return 0, ui.Fault(ui.Usage, "name one, or set default_role in your settings (DBXACCESS_DEFAULT_ROLE)",
			"you may take several roles: %s", strings.Join(names, ", "))
	}
	return a.Streams.Choose(ctx, "Which role?", options)
}

// identityOf is the identity of the map to sign in with: the one that is named, else the only one of people, else the
// person's choice.
func (a *app) identityOf(ctx context.Context, m *accessmap.Map, name string) (*accessmap.Identity, error) {
	names := m.People()
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	switch {
	case name != "":
		identity, err := access.Identity(m, name)
		if err == nil && identity.Machine() {
			return nil, noSignInFor(name)
		}
		return identity, err
	case len(names) == 0:
		return nil, noSignInFor(m.Machines()[0])
	case !a.Streams.Interactive:
		return nil, ui.Fault(ui.Usage, "name one with --identity", "one can sign in with several identities: %s", strings.Join(names, ", "))
	}
	options := make([]ui.Option, len(names))
	for i, name := range names {
		options[i] = ui.Option{Name: name, Note: kindOfPlace(m.Identities[name])}
	}
	chosen, err := a.Streams.Choose(ctx, "Sign in with which identity?", options)
	if err != nil {
		return nil, err
	}
	return m.Identities[names[chosen]], nil
}

// noSignInFor tells somebody who wants to sign in with a machine's identity that there is no need to.
func noSignInFor(identity string) error {
	return ui.Fault(ui.Usage, "dbxaccess exec ROLE --identity "+identity+" --static -- COMMAND",
		"the identity %s is a machine's: it has its token where it runs, and credential-process, env, exec and auth token just work there", identity)
}

// kindOfPlace tells in a choice where an identity signs in.
func kindOfPlace(identity *accessmap.Identity) string {
	if identity.Center() {
		return "IAM Identity Center, " + identity.Host()
	}
	return identity.Host()
}
