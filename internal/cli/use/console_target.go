package use

import (
	"context"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/ui/picker"
)

// target is what the console shows first.
func (o *consoleOptions) target(ctx context.Context, env *cli.Env, b *broker.Broker) (broker.ConsoleTarget, error) {
	t := broker.ConsoleTarget{Region: o.region, Service: o.service}
	if o.dataset == "" {
		return t, nil
	}
	view, err := b.View()
	if err != nil {
		return t, err
	}
	role, err := view.Map.Effective(o.request.Role)
	if err != nil {
		return t, err
	}
	has := role.Datasets()
	if !slices.Contains(has, o.dataset) {
		fix := ui.Advice("it has: " + strings.Join(has, ", "))
		if near := ui.Nearest(o.dataset, slices.Values(has)); near != "" {
			fix = ui.Advice("did you mean: dbxaccess console " + o.request.Role + " " + near)
		}
		return t, ui.Errorf("scope-unknown", ui.NoSuchRole, "the role %s has no dataset %s", o.request.Role, ui.Named(ui.Cut(o.dataset, 80))).With(fix)
	}
	place, err := o.place(ctx, env, view.Map.Datasets[o.dataset].Locations)
	t.Bucket, t.Prefix = place.Bucket, place.Prefix
	return t, err
}

// place is the one of a dataset's that is meant: the named one, or the only one, or the one that a person chooses, or the first.
func (o *consoleOptions) place(ctx context.Context, env *cli.Env, places []accessmap.Location) (accessmap.Location, error) {
	var names []string
	var options []ui.Option
	for _, place := range places {
		names, options = append(names, place.String()), append(options, ui.Option{Name: place.String()})
	}
	switch {
	case o.location != "":
		i := slices.Index(names, o.location)
		if i < 0 {
			return accessmap.Location{}, ui.Errorf("console-location-unknown", ui.Usage, "the dataset %s has no place %s", o.dataset, ui.Named(ui.Cut(o.location, 200))).
				With(ui.Advice("it has: " + strings.Join(names, ", ")))
		}
		return places[i], nil
	case len(places) > 1 && env.Streams.Interactive:
		answer, err := picker.Ask(ctx, env.Streams, picker.Question{Text: "Which place of " + o.dataset + "?", Options: options})
		if err != nil {
			return accessmap.Location{}, err
		}
		return places[answer.Index], nil
	}
	return places[0], nil
}
