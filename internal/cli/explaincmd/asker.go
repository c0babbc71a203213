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
			env.Console.Warn(ui.Warning{ID: "explain-without-map", What: "the access map can't be read, so nothing is said about what it allows: " + ui.Clean(ui.Told(err)), Fix: ui.Command("dbxaccess map check")})
		default:
			by.Map = m
			if view, err := env.View(ctx); err == nil { // else it is about the map alone
				by.Person, by.Has = view.Person(ctx)
			}
		}
	}
	if by.Map != nil && o.role != "" && by.Map.Roles[o.role] == nil {
		_, err := by.Map.Effective(o.role)
		return by, err
	}
	return by, nil
}
