package live

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Simulator returns what asks AWS's policy simulator. A session policy stands in the place of the role's permissions boundary,
// since both take away what they do not allow; a role with a boundary of its own is asked about once more, with that. The
// simulator knows the organisation's service control policies, and neither resource control policies nor grants of KMS nor
// policies of buckets, which it takes for users alone.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func (a *Accounts) Simulator() func(context.Context, drift.Probe) ([]drift.Simulated, error) {
	readings := make(map[string]*reading)
	return func(ctx context.Context, p drift.Probe) ([]drift.Simulated, error) {
		number := accountOf(p.RoleARN)
		r := readings[number]
		if r == nil {
			var err error
			if r, err = a.reading(a.open[number], &drift.Actual{}); err != nil { // Read has opened it
				return nil, err
			}
			readings[number] = r
		}
		said, err := r.simulate(ctx, p, p.Session)
		if err != nil || !p.Bounded || p.Session == "" {
			return said, err
		}
		bounded, err := r.simulate(ctx, p, "")
		if err != nil {
			return nil, err
		}
		return both(said, bounded), nil
	}
}

// Simulations is how often the simulator is asked for some probes.
func Simulations(probes []drift.Probe) (calls int) {
	for _, p := range probes {
		calls++
		if p.Bounded && p.Session != "" {
			calls++
		}
	}
	return calls
}

// both is what is allowed by two answers to one question.
func both(a, b []drift.Simulated) []drift.Simulated {
	for i := range a {
		j := slices.IndexFunc(b, func(other drift.Simulated) bool {
			return other.Action == a[i].Action && other.Resource == a[i].Resource
		})
		if j >= 0 && a[i].Allowed && !b[j].Allowed {
			a[i] = b[j]
		}
	}
	return a
}

// simulate asks one probe, with a policy in the place of the role's boundary; "" leaves that.
func (r *reading) simulate(ctx context.Context, p drift.Probe, boundary string) ([]drift.Simulated, error) {
	in := &awsiam.SimulatePrincipalPolicyInput{PolicySourceArn: &p.RoleARN, ActionNames: p.Actions, ResourceArns: p.Resources}
	if boundary != "" {
		in.PermissionsBoundaryPolicyInputList = []string{boundary}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Context)) {
		kind := types.ContextKeyTypeEnumString
		if key == "aws:SecureTransport" {
			kind = types.ContextKeyTypeEnumBoolean
		}
		in.ContextEntries = append(in.ContextEntries, types.ContextEntry{
			ContextKeyName: aws.String(key), ContextKeyType: kind, ContextKeyValues: []string{p.Context[key]},
		})
	}
	results, err := pages(func(marker *string) ([]types.EvaluationResult, *string, error) {
		in.Marker = marker
		out, err := ask(ctx, r, "iam:SimulatePrincipalPolicy", func(ctx context.Context) (*awsiam.SimulatePrincipalPolicyOutput, error) {
			return r.iam.SimulatePrincipalPolicy(ctx, in)
		})
		if err != nil {
			return nil, nil, err
		}
		marker, err = next(out.IsTruncated, out.Marker)
		return out.EvaluationResults, marker, err
	})
	if err != nil {
		return nil, r.notSimulated(err)
	}
	if len(results) != len(p.Actions)*len(p.Resources) {
		return nil, r.notSimulated(&unreadError{"the answer does not have each action with each resource"})
	}
	said := make([]drift.Simulated, 0, len(results))
	for _, one := range results {
		organization := one.OrganizationsDecisionDetail
		said = append(said, drift.Simulated{
			Action: aws.ToString(one.EvalActionName), Resource: aws.ToString(one.EvalResourceName),
			Allowed: one.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed, Decision: ui.Clean(string(one.EvalDecision)),
			ByOrganization: organization == nil || organization.AllowedByOrganizations,
		})
	}
	return said, nil
}

// notSimulated is why there is no answer. That a role is gone since it was read is a refusal too.
func (r *reading) notSimulated(err error) error {
	if unread, ok := errors.AsType[*unreadError](gone(err)); ok {
		return &drift.RefusedError{
			Why: unread.why, Fix: ui.Advice("let " + r.account.by + " call iam:SimulatePrincipalPolicy, or leave --simulate out"),
		}
	}
	return err
}
