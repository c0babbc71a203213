package explaincmd

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/refusal/judge"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// askerOf is who asks, by which map. Without a map in use it goes on without one; of a named one what is wrong is said.
func askerOf(ctx context.Context, env *cli.Env, o options) (judge.Asker, error) {
	by := judge.Asker{Role: o.role, Now: env.Now(), Agent: o.agent}
	if o.mapFile != "" {
		m, _, err := source.Load(o.mapFile)
		if err != nil {
			return by, err
		}
		by.Map = m
	} else {
		m, _, err := env.Map()
		switch {
		case errors.Is(err, source.ErrNoCopy):
			env.Console.Info("There is no access map here, so nothing is said about what it allows; --map FILE names one.")
		case err != nil:
			env.Console.Warn(ui.Warning{ID: "explain-without-map", What: "the access map can't be read, so nothing is said about what it allows: " + ui.Clean(err.Error()), Fix: ui.Command("dbxaccess map check")})
		default:
			by.Map = m
			by.Person, by.Has = person(ctx, env)
		}
	}
	if by.Map != nil && o.role != "" && by.Map.Roles[o.role] == nil {
		_, err := by.Map.Effective(o.role)
		return by, err
	}
	return by, nil
}

// person is who is signed in, and the roles that the map gives them; nothing where that can't be told without asking a server
// or the person. A workload has nobody who reads explanations.
func person(ctx context.Context, env *cli.Env) (name string, roles []string) {
	view, err := env.View(ctx)
	if err != nil {
		return "", nil
	}
	for _, identity := range view.Map.People() {
		signIn, err := view.SignIn(ctx, view.Map.Identities[identity])
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
