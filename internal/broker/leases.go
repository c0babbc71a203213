package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/lease"
)

// agentAllowed is an error where an agent asks that the person has revoked: also for what is cached, which may not have been deleted.
func (c *call) agentAllowed() error {
	if c.request.Agent == "" {
		return nil
	}
	return c.parts.Leases.Allowed(c.request.Agent)
}

// lease has what is about to be issued for an agent noted, or says when it may ask again. nil for a person, whose credentials are none.
func (c *call) lease(ctx context.Context, o *order) (*lease.Taken, error) {
	r := c.request
	if r.Agent == "" {
		return nil, nil //nolint:nilnil // its methods do nothing then
	}
	rule := o.m.Agent(r.Agent)
	return c.parts.Leases.Take(ctx, lease.Asked{
		Agent: r.Agent, Identity: r.Identity, Role: r.Role, Door: c.parts.Door, Item: c.key, Holder: c.parts.Holder(),
	}, lease.Limits{Leases: rule.Leases, PerMinute: rule.PerMinute})
}

// leased notes what was issued for an agent and kept, until when it works: a workspace token does for longer than it is served. Where the agent was revoked meanwhile it goes again, since who revoked may have
// looked for it before it was there.
func (c *call) leased(ctx context.Context, taken *lease.Taken, it *item) error {
	err := taken.Renewed(ctx, it.Expires)
	if err != nil {
		_ = c.parts.Store.Delete(context.WithoutCancel(ctx), c.key) // it ends by itself, and is not served: see agentAllowed
	}
	return err
}

// ForgetAgent removes what is cached for the agents that are meant, by whichever map and sign-in.
func (b *Broker) ForgetAgent(ctx context.Context, meant func(agent string) bool) error {
	keys, err := b.parts.Store.Keys(ctx, "")
	if err != nil {
		return err
	}
	var theirs []string
	for _, key := range keys {
		if !credential.IsKey(key) {
			continue
		}
		it, err := b.cached(ctx, key)
		if err != nil {
			return err
		}
		// What can't be read may be the person's, and is served to no agent that was revoked: see agentAllowed.
		if it != nil && it.Binding.Agent != "" && meant(it.Binding.Agent) {
			theirs = append(theirs, key)
		}
	}
	return b.deleteAll(ctx, theirs)
}
