package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Available lists the sign-ins, at least one, and the roles they may take, possibly none. It warns of sessions that end soon.
func Available(ctx context.Context, env *Env, view *access.View, only string) ([]*access.SignIn, []access.Row, error) {
	signIns, rows, err := view.Available(ctx, only)
	for _, s := range signIns {
		WarnOfEnd(env, s.Identity.Name, s.Session)
	}
	return signIns, rows, err
}

// Roles is Available for a command that needs a role: without any, the reason is the error.
func Roles(ctx context.Context, env *Env, view *access.View, only string) ([]*access.SignIn, []access.Row, error) {
	signIns, rows, err := Available(ctx, env, view, only)
	if err == nil && len(rows) == 0 {
		err = signIns[0].NoRoles()
	}
	return signIns, rows, err
}

// PickRole returns the broker, and the request with its role: the named one, else the settings' default, else the only one
// that may be taken. Of several, a person at a terminal chooses; a program gets an error that lists them.
func PickRole(ctx context.Context, env *Env, r broker.Request, named []string) (*broker.Broker, broker.Request, error) {
	if err := broker.CheckRequest(r); err != nil {
		return nil, r, err
	}
	b, err := env.Broker(ctx)
	if err == nil && len(named) > 0 {
		r.Role = named[0]
	} else if err == nil {
		r, err = pickRole(ctx, env, b, r)
	}
	return b, r, err
}

func pickRole(ctx context.Context, env *Env, b *broker.Broker, r broker.Request) (broker.Request, error) {
	settings, err := env.Settings()
	if err != nil {
		return r, err
	}
	view, err := b.View()
	if err != nil {
		return r, err
	}
	_, rows, err := Roles(ctx, env, view, r.Identity)
	if err != nil {
		return r, err
	}
	preferred := slices.DeleteFunc(slices.Clone(rows), func(row access.Row) bool { return row.Role != settings.DefaultRole })
	switch {
	case len(preferred) == 1:
		rows = preferred
	case len(preferred) == 0 && settings.DefaultRole != "":
		WarnDefaultRole(env, settings.DefaultRole)
	}
	chosen := 0
	if len(rows) > 1 {
		if chosen, err = chooseRole(ctx, env, rows, view.Prefix); err != nil {
			return r, err
		}
	}
	r.Role, r.Identity = rows[chosen].Role, rows[chosen].Identity
	return r, nil
}

func chooseRole(ctx context.Context, env *Env, rows []access.Row, prefix string) (int, error) {
	var names []string
	options := make([]ui.Option, len(rows))
	for i, row := range rows {
		names = append(names, row.Role)
		// Two identities may give a role of the same name; their profiles' names differ.
		options[i] = ui.Option{Name: strings.TrimPrefix(row.Profile, prefix), Note: row.Description}
	}
	if !env.Streams.Interactive {
		return 0, ui.Errorf("role-ambiguous", ui.Usage, "you may take several roles: %s", strings.Join(names, ", ")).
			With(ui.Advice("name one, or set default_role in your settings (DBXACCESS_DEFAULT_ROLE)"))
	}
	return env.Streams.Choose(ctx, "Which role?", options)
}

// WarnDefaultRole warns that the settings' default role can't be taken.
func WarnDefaultRole(env *Env, role string) {
	env.Console.Warn(ui.Warning{ID: "default-role-not-given", What: "default_role is set to " + role + ", but you can't take it"})
}
