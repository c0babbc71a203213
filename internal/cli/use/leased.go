package use

import (
	"context"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/lease"
)

// leased notes that a program of an agent's is being served, until done is called. Nothing is noted of a person's, and of what another
// socket serves: there it is noted, and a container may have no settings to write to.
func leased(ctx context.Context, env *cli.Env, h handover) (done func(), err error) {
	agent := env.Asker().Agent
	if agent == "" || h.From != "" {
		return func() {}, nil
	}
	ledger, err := env.Leases()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range h.Roles {
		names = append(names, r.Request.Role)
	}
	return ledger.Serve(ctx, lease.Server{Agent: agent, Holder: env.Holder(), Roles: slices.Compact(names)})
}

// mayHave reports whether the agent that a program is served for may be handed something out: a person may have revoked it meanwhile.
// Then the broker is asked, which says why.
func mayHave(env *cli.Env) bool {
	agent := env.Asker().Agent
	if agent == "" {
		return true
	}
	ledger, err := env.Leases()
	return err == nil && ledger.Allowed(agent) == nil
}
