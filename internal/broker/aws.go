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
}

func (b *Broker) aws() awsCredentials {
	return awsCredentials{b.parts.MapPath, b.parts.STS, b.parts.Ambient, b.record, b.parts.Now, b.parts.Console}
}

func (awsCredentials) activity() audit.Activity { return audit.Assume }

func (awsCredentials) scope(r Request) []string { return r.Scope }

// key needs no map: see credential.Request.Key.
func (k awsCredentials) key(r Request) (string, error) { return r.Key(k.mapPath), nil }

// order compiles the session policy and finds the roles on the way.
func (awsCredentials) order(_ context.Context, e entitlement) (*order, error) {
	policy, err := e.m.Policy(e.request.Role, e.request.Scope, e.terms.Until)
	if err != nil {
		return nil, err
	}
	hops, err := e.m.Chain(e.request.Role, e.signIn.Identity.Method())
	if err != nil {
		return nil, err
	}
	last := hops[len(hops)-1]
	if policy == "" && !e.terms.Until.IsZero() && last.RoleARN != "" && iam.OfAWS(last.RoleARN) { // other servers may not take an action that is a wildcard
		policy = iam.EverythingUntil(e.terms.Until).JSON()
	}
	o := &order{entitlement: e, policy: policy, managed: e.role.ManagedWithin(e.request.Scope), hops: hops, binding: bindingOf(e.signIn)}
	o.binding.RoleARN, o.binding.Region, o.binding.Duration, o.binding.Run = last.RoleARN, last.Region, e.duration(), e.request.Run
	if policy != "" {
		sum := sha256.Sum256([]byte(policy))
		o.binding.PolicyDigest = hex.EncodeToString(sum[:])
	}
	o.binding.ManagedPolicies = strings.Join(o.managed, " ")
	if base := hops[0]; base.RoleName != "" {
		o.binding.PermissionSet = base.AccountID + "/" + base.RoleName
	}
	if o.chained() {
		o.binding.Duration, _ = sts.Clamped(e.duration())
		o.binding.ChainDigest = chainDigest(hops)
	}
	return o, nil
}

// tokenLife: STS looks at the token once. A provider whose ID tokens live for a minute (some do) must not cost a
// refresh for every role.
func (awsCredentials) tokenLife(_ *order, life time.Duration) time.Duration {
	return min(time.Minute, life/4)
}

func (awsCredentials) tokenRefused(err error) bool { return sts.TokenRefused(err) }

// ask walks the chain: from the ID token, from Identity Center or from what AWS gives the workload to the role that was
// asked for. Credentials of roles on the way may only take the next step, and are not kept. The session policy and the
// managed policies narrow the last: what either allows is allowed, so the roles on the way get none of the latter.
func (k awsCredentials) ask(ctx context.Context, o *order) (*item, error) {
	if _, cut := sts.Clamped(o.duration()); cut && o.chained() {
		k.console.Remark(ui.Warning{ID: "duration-cut", What: fmt.Sprintf(
			"the role %s is reached through another role, which AWS allows for 1 h at most: its duration of %s is cut", o.role.Role, o.duration())})
	}
	have, from, hops, err := k.firstStep(ctx, o)
	carried := map[string]bool{} // tags that go on by themselves and must not be given again
	for i, hop := range hops {
		if err != nil {
			return nil, err
		}
		step := sts.AssumeRole{
			From: have, FromRole: from, RoleARN: hop.RoleARN, Region: hop.Region, SessionName: o.sessionName(),
			ExternalID: hop.ExternalID, Tags: maps.Clone(hop.Tags), Policy: o.policy, Managed: o.managed, Duration: o.lasting(k.now()),
		}
		maps.DeleteFunc(step.Tags, func(key, _ string) bool { return carried[key] })
		for _, key := range hop.TransitiveTags {
			if !carried[key] {
				carried[key] = true
				step.TransitiveTags = append(step.TransitiveTags, key)
			}
		}
		if hop.SourceIdentity {
			step.SourceIdentity = o.personName()
		}
		if i+1 < len(hops) {
			step.Policy, step.Managed, step.Duration = iam.HopPolicy(hops[i+1].RoleARN).JSON(), nil, hopLife
		}
		if i > 0 || !o.fromAmbient() {
			if err := k.recordStep(ctx, o, have, from); err != nil {
				return nil, err
			}
		}
		have, err = k.sts.AssumeRole(ctx, step)
		from = hop.RoleARN
	}
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

// firstStep returns the credentials that the rest of the chain starts from, their role, and that rest.
func (k awsCredentials) firstStep(ctx context.Context, o *order) (have *sts.Credentials, from string, rest []accessmap.Hop, err error) {
	first, provider := o.hops[0], o.signIn.Provider
	switch proof := o.session().Proof().(type) {
	case login.Ambient:
		have, err = k.ambient(ctx)
		return have, "", o.hops, err
	case login.PortalToken:
		have, err = k.sts.RoleCredentials(ctx, sts.PermissionSet{
			Region: proof.Region, StartURL: provider.Issuer, AccountID: first.AccountID, RoleName: first.RoleName,
			Token: proof.Token, Renewal: o.renewal(),
		})
		return have, first.RoleName, o.hops[1:], err
	case login.IDToken:
		in := sts.WebIdentity{
			Token: proof.Token, RoleARN: first.RoleARN, Region: first.Region, SessionName: o.sessionName(),
			Policy: o.policy, Managed: o.managed, Duration: o.lasting(k.now()),
			Issuer: provider.Issuer, Audience: provider.ClientID, Subject: o.session().Subject, Renewal: o.renewal(),
		}
		if len(o.hops) > 1 {
			in.Policy, in.Managed, in.Duration = iam.HopPolicy(o.hops[1].RoleARN).JSON(), nil, hopLife
		}
		have, err = k.sts.AssumeRoleWithWebIdentity(ctx, in)
		return have, first.RoleARN, o.hops[1:], err
	}
	return nil, "", nil, fmt.Errorf("nothing is known to prove a session of %s to AWS", provider.Name)
}

// recordStep records credentials that are used only for the next step: CloudTrail shows them too.
func (k awsCredentials) recordStep(ctx context.Context, o *order, issued *sts.Credentials, of string) error {
	r := audit.New(k.now(), audit.Step, login.WhoOf(o.signIn.Provider, o.session()))
	r.Role, r.SessionName, r.AccessKeyID, r.Expires = o.role.Role, o.sessionName(), issued.AccessKeyID, issued.Expires
	r.SessionTokenUtilization = issued.TokenUtilization
	if strings.HasPrefix(of, "arn:") {
		r.RoleARN = of
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
