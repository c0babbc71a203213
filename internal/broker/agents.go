package broker

import (
	"cmp"
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// agentCredentials are a role's for a coding agent: what both the map's rule for the agent and the role allow, for as long as the rule's
// lease. STS narrows them out of the person's own, and needs no ID token for that. Where it can't, the role is assumed by a policy that
// allows nothing from the lease's end on.
type agentCredentials struct {
	awsCredentials

	broker *Broker       // for the person's own
	least  time.Duration // that they live whatever the lease is, and by which they are cached apart; 0 for none
}

func (b *Broker) forAgent() agentCredentials {
	return agentCredentials{awsCredentials: b.aws(), broker: b}
}

// ofConsole are those for AWS's console, which takes none that live for less than it shows them.
func (b *Broker) ofConsole(r Request) kind {
	if r.Agent == "" {
		return b.aws()
	}
	k := b.forAgent()
	k.least = iam.MinDuration
	return k
}

func (k agentCredentials) key(r Request) (string, error) {
	key := r.Key(k.mapPath)
	if k.least > 0 {
		key = credential.RolePrefix + credential.Digest(key, k.least.String())
	}
	return key, nil
}

// order has the agent's policies in the place of the role's. Its other way, by which the role is assumed, is missing where a permission
// set is all that there is: that takes no policy.
func (k agentCredentials) order(_ context.Context, e entitlement) (*order, error) {
	policies, err := e.m.AgentPolicies(e.request.Agent, e.request.Role, e.request.Scope, e.terms.Until)
	if err != nil {
		return nil, err
	}
	way, err := e.m.Way(e.request.Role, e.signIn.Identity.Method())
	if err != nil {
		return nil, err
	}
	life := max(e.lease(), k.least)
	if most := e.terms.MaxLife; life > most {
		return nil, agentTooLong(e, "AWS's console takes no credentials that live for less than "+accessmap.Span(life), most)
	}
	made := func(hops []accessmap.Hop) *order {
		o := k.orderBy(e, hops, policies)
		o.managed, o.binding.ManagedPolicies = nil, ""
		o.binding.Agent, o.binding.Duration = e.request.Agent, life
		return o
	}
	o := made(way.Hops)
	switch {
	case way.Otherwise != nil:
		o.otherwise = made(way.Otherwise)
	case o.binding.RoleARN != "":
		o.otherwise = made(way.Hops)
	}
	return o, nil
}

// lease is how long an agent's credentials live: no longer than the rule says, nor than the role's.
func (e *entitlement) lease() time.Duration {
	lease := e.m.Agent(e.request.Agent).Lease
	if own := e.duration(); own > 0 {
		lease = min(lease, own)
	}
	return lease
}

// ends is when what is issued to an agent now ends.
func (o *order) ends(now time.Time) time.Time {
	end := now.Add(o.binding.Duration)
	if terms := o.terms.Ends(); !terms.IsZero() && terms.Before(end) {
		return terms
	}
	return end
}

// tokenLife: no ID token is sent where STS narrows what the person has, as far as is known.
func (k agentCredentials) tokenLife(o *order, life time.Duration) time.Duration {
	if o.hops != nil && k.missing.Missing(narrowingName(o)) == nil {
		return 0
	}
	return k.awsCredentials.tokenLife(o, life)
}

// ask narrows what the person has. Where STS does not, the role is assumed instead, if that can be bounded as well.
func (k agentCredentials) ask(ctx context.Context, o *order) (*item, error) {
	name := narrowingName(o)
	why := k.missing.Missing(name)
	if why == nil {
		it, err := k.narrow(ctx, o)
		if !sts.NotScoped(err) {
			return it, err
		}
		why = err
	}
	if o.otherwise == nil {
		return nil, agentNotNarrowable(o.entitlement, why)
	}
	it, err := k.assume(ctx, o.otherwise, why)
	if err == nil {
		k.missing.RememberMissing(name, why)
	}
	return it, err
}

// narrowingName is that of what is remembered of a role whose sessions STS does not narrow.
func narrowingName(o *order) string {
	last := o.hops[len(o.hops)-1]
	if last.RoleARN == "" {
		return scopingName(last)
	}
	return "scoping " + last.RoleARN + " " + last.Region
}

// narrow has STS narrow the person's own credentials. The session keeps its name; that the agent asked stands in its description.
func (k agentCredentials) narrow(ctx context.Context, o *order) (*item, error) {
	own, err := k.broker.own(ctx, o.request, o.binding.Duration)
	if err != nil {
		return nil, err
	}
	now := k.now()
	life := max(o.ends(now).Sub(now).Truncate(time.Second), time.Second)
	at := &step{Credentials: own.Credentials, of: cmp.Or(own.Binding.RoleARN, o.hops[0].RoleName), recorded: true}
	have, err := k.layers(ctx, o, at, o.agentLayers(), life)
	if err != nil {
		return nil, err
	}
	return &item{Credentials: have, Expires: have.Expires, SessionName: own.SessionName}, nil
}

// agentLayers are the policies of an agent's order.
func (o *order) agentLayers() []string {
	if o.layer == "" {
		return []string{o.policy}
	}
	return []string{o.policy, o.layer}
}

// assume assumes the role by the agent's policy with an end of its own, which AWS holds to: AWS's own is its least, 15 minutes.
func (k agentCredentials) assume(ctx context.Context, o *order, why error) (*item, error) {
	end := o.ends(k.now()).UTC().Truncate(time.Second)
	policies, err := o.m.AgentPolicies(o.request.Agent, o.request.Role, o.request.Scope, end)
	if err != nil {
		return nil, err
	}
	if policies.Layer != "" { // only STS would put it on
		return nil, unscoped(o, why)
	}
	ending := *o
	ending.policy, ending.layer, ending.binding.Duration = policies.Session, "", iam.MinDuration
	first, err := k.firstStep(ctx, &ending)
	if err != nil {
		return nil, err
	}
	it, err := k.walk(ctx, &ending, first)
	if err != nil {
		return nil, err
	}
	if end.Before(it.Expires) {
		it.Expires, it.Credentials.Expires = end, end
	}
	it.Binding = o.binding
	return it, nil
}

// own are the person's own credentials of a role, out of which an agent's are narrowed: the cached ones, else new ones that are kept
// as the person's. They go nowhere from here, so that they are not served by the record; that of the agent's names their key.
func (b *Broker) own(ctx context.Context, r Request, life time.Duration) (*item, error) {
	r.Agent, r.Copied, r.For, r.Ahead = "", false, 0, life
	c := call{Broker: b, request: r, kind: b.aws()}
	var err error
	if c.key, err = c.kind.key(r); err != nil {
		return nil, err
	}
	it, err := c.cached(ctx, c.key)
	if err != nil {
		return nil, err
	}
	if !c.servable(it) {
		if it, err = c.renew(ctx, it); it == nil {
			return nil, err
		}
	}
	return it.For(r.Role), nil // what lives and could not be renewed is enough
}

// agentNotNarrowable refuses what nothing makes less than the person has.
func agentNotNarrowable(e entitlement, why error) error {
	refused := ui.Errorf("agent-not-narrowable", ui.Refused, "the coding agent %s asks for the role %s, which can't be narrowed for it: %w", ui.Clean(e.request.Agent), e.role.Role, why).
		With(ui.FixOf(why))
	if sts.NotScoped(why) && !e.m.SpeaksOfAgents() {
		refused = refused.With(ui.Advice("a map that has `agents` allows it in the session policies of its roles; ask " + access.Contact(e.m)))
	}
	return refused.With(ui.Advice("run this yourself, in a terminal of your own"))
}

// agentTooLong refuses what lives for longer than the map lets agents have anything.
func agentTooLong(e entitlement, what string, most time.Duration) error {
	return ui.Errorf("agent-too-long", ui.Refused, "the coding agent %s asks for the role %s, and %s: the access map gives it nothing for longer than %s",
		ui.Clean(e.request.Agent), e.role.Role, what, accessmap.Span(most)).
		With(ui.Advice("run this yourself, in a terminal of your own; or ask " + access.Contact(e.m) + " for a longer max_duration of the agent"))
}

// agentReads refuses an agent writing where only reading can be told apart.
func agentReads(e entitlement) error {
	if !e.request.From.Write {
		return nil
	}
	return ui.Errorf("agent-reads-only", ui.Refused, "the coding agent %s asks for the %s: agents get such credentials for reading alone",
		ui.Clean(e.request.Agent), e.request.From).
		With(ui.Advice("leave --write out", "or run this yourself, in a terminal of your own"))
}
