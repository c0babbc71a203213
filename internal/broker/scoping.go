package broker

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// What a session that is tried may do.
const (
	callerIdentity       = "sts:GetCallerIdentity"
	getScopedCredentials = "sts:GetScopedCredentials" //nolint:gosec // an action of IAM, and no credential
)

// scopingLife is how long what a try is given lives: AWS's least that both calls surely fit into.
const scopingLife = 5 * time.Minute

// Scoping is what AWS made of a try to narrow a role's credentials.
type Scoping struct {
	AccessKeyID string // of the role's credentials, which were narrowed
	Narrowed    string // key of what came of them
	Layers      int    // policies that narrow the session, by AWS's count
	RequestID   string // of GetScopedCredentials
	Before      string // ARN of the session before, by GetCallerIdentity
	After       string // and after
	// Again is what AWS said to narrowing once more a session whose policy does not allow it: nil where it did so.
	Again error
	// Origin is what AWS showed of who signed in, nil where that was not asked.
	Origin *Origin
}

// scopingCredentials are a role's that reach no data, whatever the map gives: they may be narrowed, and no more. So the answer
// says what AWS does, and not what a session policy of ours leaves out. A permission set takes no such policy: its own session is
// tried, and used for nothing else.
type scopingCredentials struct{ awsCredentials }

func (k scopingCredentials) order(ctx context.Context, e entitlement) (*order, error) {
	o, err := k.awsCredentials.order(ctx, e)
	if err != nil {
		return nil, err
	}
	o.policy, o.layer, o.managed, o.otherwise = "", "", nil, nil
	if o.binding.RoleARN != "" {
		o.policy = allowing(callerIdentity, getScopedCredentials)
	}
	o.binding.PolicyDigest, o.binding.ManagedPolicies, o.binding.Scoped = policyDigest(o.policy, ""), "", false
	return o, nil
}

func allowing(actions ...string) string {
	return iam.Policy(iam.Statement{Effect: "Allow", Action: actions, Resource: iam.Words{"*"}}).JSON()
}

// TryScoping has AWS issue credentials for a role that reach no data, narrows them by sts:GetScopedCredentials to
// sts:GetCallerIdentity alone, and asks with the result whose it is. All of it is thrown away, and recorded. r.Identity must be
// given. Where people sign in with an ID token it also finds out whether the session says who. An UntriedError is of what comes
// before STS is asked to narrow anything: those of Try, and of sts.Client.CallerIdentity. All others are of narrowing.
func (b *Broker) TryScoping(ctx context.Context, r Request) (*Scoping, error) {
	view, err := b.view()
	if err != nil {
		return nil, &UntriedError{err}
	}
	role, err := view.Map.Effective(r.Role)
	if err != nil {
		return nil, &UntriedError{err}
	}
	it, err := b.try(ctx, r, scopingCredentials{b.aws()})
	if err != nil {
		return nil, &UntriedError{err}
	}
	before, err := b.parts.STS.CallerIdentity(ctx, it.Credentials, role.Region)
	if err != nil {
		return nil, &UntriedError{err}
	}
	s := scopingTry{b, r, it, role.Region}
	narrowed, err := s.narrow(ctx, it.Credentials, allowing(callerIdentity))
	if err != nil {
		return nil, err
	}
	after, err := b.parts.STS.CallerIdentity(ctx, &narrowed.Credentials, role.Region)
	if err != nil {
		return nil, err
	}
	_, again := s.narrow(ctx, &narrowed.Credentials, allowing(callerIdentity))
	var origin *Origin
	if view.Map.Identities[r.Identity].Method() == idp.OpenIDConnect {
		origin = s.origin(ctx)
	}
	return &Scoping{
		AccessKeyID: it.Credentials.AccessKeyID, Narrowed: narrowed.AccessKeyID, Layers: narrowed.Layers, RequestID: narrowed.RequestID,
		Before: before.ARN, After: after.ARN, Again: again, Origin: origin,
	}, nil
}

// UntriedError is that there were no working credentials to narrow, so that STS was not asked to.
type UntriedError struct{ Err error }

func (e *UntriedError) Error() string { return e.Err.Error() }

func (e *UntriedError) Unwrap() error { return e.Err }

// NotScoped reports whether an error of TryScoping says that AWS narrows no session of that kind.
func NotScoped(err error) bool { return sts.NotScoped(err) }

// scopingTry is a session that is tried.
type scopingTry struct {
	b       *Broker
	request Request
	item    *item
	region  string
}

// narrow narrows credentials by a policy, and records what came of it.
func (s scopingTry) narrow(ctx context.Context, from *sts.Credentials, policy string) (*sts.ScopedCredentials, error) {
	narrowed, err := s.b.parts.STS.ScopedCredentials(ctx, sts.Scoped{
		From: from, FromRole: s.item.Binding.RoleARN, Region: s.region, Policy: policy, Duration: scopingLife, Description: "dbxaccess doctor --deep",
	})
	if err != nil {
		return nil, err
	}
	record := s.b.recordOfItem(audit.Step, s.request, s.item)
	record.AccessKeyID, record.Expires = narrowed.AccessKeyID, narrowed.Expires
	if err := s.b.record(ctx, record); err != nil {
		return nil, err
	}
	return narrowed, nil
}
