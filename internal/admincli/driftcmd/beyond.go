package driftcmd

import (
	"context"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// namesIn are the roles of the map that a state is about, sorted.
func namesIn(state *desired.State) []string {
	named := map[string]bool{}
	for _, role := range state.Roles {
		for _, name := range role.For {
			named[name] = true
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// grants adds what S3 Access Grants give beside the map.
func (r *report) grants(ctx context.Context, m *accessmap.Map, names []string, accounts *live.Accounts) error {
	instances := drift.Instances(m, names)
	found, unread, err := accounts.Grants(ctx, instances)
	if err != nil {
		return err
	}
	if note := drift.GrantsElsewhere(instances, r.Accounts, unread); note != "" {
		r.NotLookedAt = append(r.NotLookedAt, note)
	}
	r.Findings = append(r.Findings, drift.CompareGrants(m, names, found)...)
	r.Findings = append(r.Findings, drift.NotListed(unread)...)
	return nil
}

// simulate adds where AWS's policy simulator says otherwise.
func (r *report) simulate(ctx context.Context, env *cli.Env, m *accessmap.Map, names []string, accounts *live.Accounts, actual *drift.Actual) error {
	probes, left := drift.Probes(m, names, actual)
	env.Console.Info("Asking AWS's policy simulator %s.", ui.Count(live.Simulations(probes), "time", "times"))
	ask := accounts.Simulator()
	found, err := drift.Simulate(ctx, probes, actual, func(ctx context.Context, p drift.Probe) ([]drift.Simulated, error) {
		defer env.Console.Progress("asking AWS's policy simulator about " + p.RoleARN)()
		r.Simulations += live.Simulations([]drift.Probe{p})
		return ask(ctx, p)
	})
	if err != nil {
		return err
	}
	r.Findings = append(r.Findings, found...)
	for _, name := range slices.Sorted(maps.Keys(left)) {
		r.NotLookedAt = append(r.NotLookedAt, "what AWS's policy simulator says of "+name+": "+ui.Clean(left[name]))
	}
	return nil
}
