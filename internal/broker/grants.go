package broker

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// grantCredentials are AWS credentials that S3 Access Grants vend to a role.
type grantCredentials struct{ awsCredentials }

func (grantCredentials) activity() audit.Activity { return audit.Vend }

// order is the role's own, as far as the way to it goes. What the role may do in S3 comes of the grant and no longer of a
// session policy, so the map's datasets are held against the place here: a grant that reaches further than the map must
// not be used through it. The binding has the digest of the role's policy all the same: another one is looked at again.
func (k grantCredentials) order(ctx context.Context, e entitlement) (*order, error) {
	scope := e.request.Scope
	if e.request.Agent != "" {
		var err error
		if scope, err = k.forAgent(e); err != nil {
			return nil, err
		}
	}
	o, err := k.awsCredentials.order(ctx, e)
	if err != nil {
		return nil, err
	}
	target, err := sts.GrantTarget(e.request.From.Name)
	if err != nil {
		return nil, err
	}
	if covered, err := e.m.Covers(e.request.Role, scope, target, e.request.From.Write); err != nil || !covered {
		return nil, cmp.Or(err, notCovered(e, target))
	}
	if o.otherwise != nil { // the grant is one of the role's
		o = o.otherwise
	}
	o.binding.Agent, o.binding.Vended, o.binding.Duration = e.request.Agent, e.request.From.String(), e.duration()
	in := k.dataAccess(o, target)
	o.layer = ""
	o.policy, o.managed = iam.DataAccessPolicy(in.Region, in.AccountID).JSON(), nil
	return o, in.Check()
}

// forAgent are the datasets that an agent may read by a grant, which vends for 15 minutes at least.
func (grantCredentials) forAgent(e entitlement) ([]string, error) {
	effective, _, err := e.m.AgentEffective(e.request.Agent, e.request.Role, e.request.Scope)
	switch {
	case err != nil:
		return nil, err
	case e.terms.MaxLife < iam.MinDuration:
		return nil, agentTooLong(e, "a grant of S3 vends for 15 minutes at least", e.terms.MaxLife)
	case len(effective.Read) == 0:
		_, err := e.m.AgentPolicies(e.request.Agent, e.request.Role, e.request.Scope, e.terms.Until)
		return nil, cmp.Or(err, agentNotNarrowable(e, ui.Errorf("", ui.Refused, "it may read none of the role's datasets")))
	}
	return effective.Read, agentReads(e)
}

func notCovered(e entitlement, target string) error {
	verbs, why := "reading", ""
	if e.request.From.Write {
		verbs, why = "reading, writing and deleting", "; a grant to write is one to delete too"
	}
	return ui.Errorf("grant-beyond-map", ui.Refused, "the access map gives the role %s no dataset that holds all of %s for %s%s",
		e.request.Role, target, verbs, why).
		With(ui.Advice("name a place inside one of its datasets; dbxaccess map policy "+e.request.Role+" shows them",
			"or ask "+access.Contact(e.m)+" for a role without datasets, which AWS's grants alone bound"))
}

// ask takes the role with a session policy that lets it ask for the grant and do nothing else. These credentials are used
// once and not kept.
func (k grantCredentials) ask(ctx context.Context, o *order) (*item, error) {
	role := *o.role
	role.Duration = hopLife
	asking := *o
	asking.role, asking.binding.Duration = &role, hopLife
	it, err := k.awsCredentials.ask(ctx, &asking)
	if err != nil {
		return nil, err
	}
	if err := k.recordStep(ctx, o, &step{Credentials: it.Credentials, of: o.binding.RoleARN}); err != nil {
		return nil, err
	}
	target, err := sts.GrantTarget(o.request.From.Name)
	if err != nil {
		return nil, err
	}
	in := k.dataAccess(o, target)
	in.From = it.Credentials
	vended, err := k.sts.DataAccess(ctx, in)
	if err != nil {
		return nil, err
	}
	return &item{Credentials: vended, Expires: vended.Expires}, nil
}

// dataAccess is what S3 Access Grants are asked for, in the account and region of the role.
func (k grantCredentials) dataAccess(o *order, target string) sts.DataAccess {
	last := o.hops[len(o.hops)-1]
	role, _ := arn.Parse(last.RoleARN)
	return sts.DataAccess{
		RoleARN: last.RoleARN, AccountID: cmp.Or(role.AccountID, last.AccountID), Region: last.Region,
		Target: target, Write: o.request.From.Write, Duration: o.lasting(k.now()), AuditContext: o.sessionName(),
	}
}
