package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// hopLife is how long credentials live that are only used to assume the next role: the least that AWS gives.
const hopLife = 15 * time.Minute

// awsCredentials are credentials of an assumed role.
type awsCredentials struct {
	mapPath string
	sts     *sts.Client
	ambient func(context.Context) (*sts.Credentials, error)
	record  func(ctx context.Context, r audit.Record) error
	now     func() time.Time
	console ui.Console
	missing failure.Memory // what AWS was found not to offer
}

func (b *Broker) aws() awsCredentials {
	return awsCredentials{b.parts.MapPath, b.parts.STS, b.parts.Ambient, b.record, b.parts.Now, b.parts.Console, b.parts.Failures}
}

func (awsCredentials) activity() audit.Activity { return audit.Assume }

func (awsCredentials) scope(r Request) []string { return r.Scope }

// key needs no map: see credential.Request.Key.
func (k awsCredentials) key(r Request) (string, error) { return r.Key(k.mapPath), nil }

// order compiles the session policy and finds the roles on the way.
func (k awsCredentials) order(_ context.Context, e entitlement) (*order, error) {
	policies, err := e.m.Policies(e.request.Role, e.request.Scope, e.terms.Until)
	if err != nil {
		return nil, err
	}
	way, err := e.m.Way(e.request.Role, e.signIn.Identity.Method())
	if err != nil {
		return nil, err
	}
	o := k.orderBy(e, way.Hops, policies)
	if o.binding.Scoped = way.Scoped; way.Otherwise != nil {
		o.otherwise = k.orderBy(e, way.Otherwise, policies)
	}
	if o.policy == "" && o.binding.RoleARN == "" && !e.terms.Until.IsZero() {
		return o.untilByScoping(), nil
	}
	return o, nil
}

// orderBy is the order of one way to the role.
func (awsCredentials) orderBy(e entitlement, hops []accessmap.Hop, policies accessmap.Policies) *order {
	policy, last := policies.Session, hops[len(hops)-1]
	if policy == "" && !e.terms.Until.IsZero() && last.RoleARN != "" && iam.OfAWS(last.RoleARN) { // other servers may not take an action that is a wildcard
		policy = iam.EverythingUntil(e.terms.Until).JSON()
	}
	o := &order{
		entitlement: e, policy: policy, layer: policies.Layer, managed: e.role.ManagedWithin(e.request.Scope), hops: hops, binding: bindingOf(e.signIn),
	}
	o.binding.RoleARN, o.binding.Region, o.binding.Duration, o.binding.Run = last.RoleARN, last.Region, e.duration(), e.request.Run
	o.binding.PolicyDigest = policyDigest(policy, policies.Layer)
	o.binding.ManagedPolicies = strings.Join(o.managed, " ")
	if base := hops[0]; base.RoleName != "" {
		o.binding.PermissionSet = base.AccountID + "/" + base.RoleName
	}
	if o.chained() {
		o.binding.Duration, _ = sts.Clamped(e.duration())
		o.binding.ChainDigest = chainDigest(hops)
	}
	return o
}

// policyDigest names a session policy and the layer over it; "" for none.
func policyDigest(policy, layer string) string {
	if policy == "" {
		return ""
	}
	if layer != "" {
		policy += "\n" + layer // a line break is in neither
	}
	sum := sha256.Sum256([]byte(policy))
	return hex.EncodeToString(sum[:])
}

// tokenLife: STS looks at the token once. A provider whose ID tokens live for a minute (some do) must not cost a
// refresh for every role.
func (awsCredentials) tokenLife(_ *order, life time.Duration) time.Duration {
	return min(time.Minute, life/4)
}

func (awsCredentials) tokenRefused(err error) bool { return sts.TokenRefused(err) }

// ask walks the chain: from the ID token, from Identity Center or from what AWS gives the workload to the role that was
// asked for. Where STS has to narrow the session that is at its end and can't, the other way is taken, if there is one.
func (k awsCredentials) ask(ctx context.Context, o *order) (*item, error) {
	first, err := k.firstStep(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := k.knownUnscoped(o); err != nil {
		return k.askOtherwise(ctx, o, first, err)
	}
	it, err := k.walk(ctx, o, first)
	switch {
	case !sts.NotScoped(err):
		return it, err
	case o.otherwise == nil:
		return nil, unscoped(o, err)
	}
	return k.askOtherwise(ctx, o, first, err)
}

// step is what the way to a role has come to.
type step struct {
	*sts.Credentials

	of       string // the ARN of their role, or the name of the permission set
	recorded bool
}

// agentTag is the session tag that names the coding agent, where the map has tags passed at all: trust policies allow it there.
const agentTag = "dbxaccess:agent"

// walk goes on from the first step to the end of the chain. Credentials of roles on the way may only take the next step, and are not
// kept. The session policy and the managed policies narrow the last: what either allows is allowed, so the roles on the way get
// none of the latter.
func (k awsCredentials) walk(ctx context.Context, o *order, at *step) (*item, error) {
	if _, cut := sts.Clamped(o.duration()); cut && o.chained() {
		k.console.Remark(ui.Warning{ID: "duration-cut", What: fmt.Sprintf(
			"the role %s is reached through another role, which AWS allows for 1 h at most: its duration of %s is cut", o.role.Role, o.duration())})
	}
	hops := o.hops
	if !o.fromAmbient() {
		hops = hops[1:]
	}
	carried := map[string]bool{} // tags that go on by themselves and must not be given again
	for i, hop := range hops {
		in := sts.AssumeRole{
			From: at.Credentials, FromRole: at.of, RoleARN: hop.RoleARN, Region: hop.Region, SessionName: o.sessionName(),
			ExternalID: hop.ExternalID, Tags: maps.Clone(hop.Tags), Policy: o.policy, Managed: o.managed, Duration: o.lasting(k.now()),
		}
		if o.request.Agent != "" && len(in.Tags) > 0 && len(in.Tags) < iam.MaxTags {
			in.Tags[agentTag] = o.request.Agent
		}
		maps.DeleteFunc(in.Tags, func(key, _ string) bool { return carried[key] })
		for _, key := range hop.TransitiveTags {
			if !carried[key] {
				carried[key] = true
				in.TransitiveTags = append(in.TransitiveTags, key)
			}
		}
		if hop.SourceIdentity {
			in.SourceIdentity = o.personName()
		}
		if i+1 < len(hops) {
			in.Policy, in.Managed, in.Duration = iam.HopPolicy(hops[i+1].RoleARN).JSON(), nil, hopLife
		}
		if i > 0 || !o.fromAmbient() {
			if err := k.recordStep(ctx, o, at); err != nil {
				return nil, err
			}
		}
		have, err := k.sts.AssumeRole(ctx, in)
		if err != nil {
			return nil, err
		}
		at = &step{Credentials: have, of: hop.RoleARN}
	}
	have, err := k.narrowed(ctx, o, at)
	if err != nil {
		return nil, err
	}
	k.nearlyFull(o, have.TokenUtilization)
	return &item{Credentials: have, Expires: have.Expires}, nil
}

// nearlyFull warns of a session token in which little more has room: one dataset more, and AWS refuses the role.
func (k awsCredentials) nearlyFull(o *order, percent int) {
	const much = 90
	if percent >= much {
		k.console.Remark(ui.Warning{
			ID: "session-token-nearly-full", What: fmt.Sprintf("the session token of role %s is %d %% full", o.role.Role, percent),
			Why: "its session policy, managed policies and tags share 4,096 bytes; a role with more of them is refused",
		})
	}
}

// firstStep returns the credentials that the rest of the chain starts from: those of the first hop, or what AWS gives the workload.
func (k awsCredentials) firstStep(ctx context.Context, o *order) (*step, error) {
	have, of, err := k.firstCredentials(ctx, o)
	if err != nil {
		return nil, err
	}
	return &step{Credentials: have, of: of}, nil
}

func (k awsCredentials) firstCredentials(ctx context.Context, o *order) (have *sts.Credentials, of string, err error) {
	first, provider := o.hops[0], o.signIn.Provider
	switch proof := o.session().Proof().(type) {
	case login.Ambient:
		have, err = k.ambient(ctx)
		return have, "", err
	case login.PortalToken:
		have, err = k.sts.RoleCredentials(ctx, sts.PermissionSet{
			Region: proof.Region, StartURL: provider.Issuer, AccountID: first.AccountID, RoleName: first.RoleName,
			Token: proof.Token, Renewal: o.renewal(),
		})
		return have, first.RoleName, err
	case login.IDToken:
		in := sts.WebIdentity{
			Token: proof.Token, RoleARN: first.RoleARN, Region: first.Region, SessionName: o.sessionName(),
			Policy: o.policy, Managed: o.managed, Duration: o.lasting(k.now()),
			Issuer: provider.Issuer, Audience: provider.ClientID, Subject: o.session().Subject, Renewal: o.renewal(),
			Trust: ui.Command("dbxaccess map trust " + first.Role),
		}
		if len(o.hops) > 1 {
			in.Policy, in.Managed, in.Duration = iam.HopPolicy(o.hops[1].RoleARN).JSON(), nil, hopLife
		}
		have, err = k.sts.AssumeRoleWithWebIdentity(ctx, in)
		return have, first.RoleARN, err
	}
	return nil, "", fmt.Errorf("nothing is known to prove a session of %s to AWS", provider.Name)
}

// recordStep records credentials that are used only for the next step: CloudTrail shows them too.
func (k awsCredentials) recordStep(ctx context.Context, o *order, at *step) error {
	if at.recorded {
		return nil
	}
	at.recorded = true
	issued := at.Credentials
	r := audit.New(k.now(), audit.Step, login.WhoOf(o.signIn.Provider, o.session()))
	r.Role, r.SessionName, r.AccessKeyID, r.Expires = o.role.Role, o.sessionName(), issued.AccessKeyID, issued.Expires
	r.SessionTokenUtilization, r.Agent, r.Reason, r.Run = issued.TokenUtilization, o.request.Agent, o.request.Reason, o.request.Run
	r.ParentAccessKeyID, r.ScopedPolicies = issued.ParentKeyID, issued.ScopedPolicies
	r.RequestID, r.SourceIdentity = issued.RequestID, issued.SourceIdentity
	o.tell(&r)
	if strings.HasPrefix(at.of, "arn:") {
		r.RoleARN = at.of
	} else {
		r.PermissionSet = o.binding.PermissionSet
	}
	return k.record(ctx, r)
}

// renewal says what gives a newer token.
func (o *order) renewal() ui.Fix {
	if token := o.signIn.Provider.Token; token != nil {
		return ui.Advice("the token comes from " + token.String() + ", and must be renewed there")
	}
	return ui.Command("dbxaccess login --identity " + o.signIn.Provider.Name)
}

// chained reports whether AWS counts the last step as role chaining: one made with a role's credentials.
func (o *order) chained() bool { return len(o.hops) > 1 || o.fromAmbient() }

// fromAmbient: the first role is assumed with the credentials that AWS gives the workload.
func (o *order) fromAmbient() bool {
	_, ambient := o.session().Proof().(login.Ambient)
	return ambient
}

// chainDigest hashes everything on the way that decides what the credentials are.
func chainDigest(hops []accessmap.Hop) string {
	var parts []string
	for _, h := range hops {
		// Maps print sorted by key; quoted, no two print alike.
		parts = append(parts, h.RoleARN, h.AccountID, h.RoleName, h.Region, h.ExternalID,
			fmt.Sprintf("%q %q %v", h.Tags, h.TransitiveTags, h.SourceIdentity))
	}
	return credential.Digest(parts...)
}
