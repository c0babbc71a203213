package broker

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// originSubject is the condition key by which a session says who signed in, where IAM's identity provider has a context provider:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
const originSubject = "aws:OriginIdentity/Subject"

// Origin is what AWS did under two opposite conditions, since no call shows a session's keys: it may narrow the session once more
// only where that says who signed in, and only where it does not. Whoever judges conditions does one and refuses the other.
type Origin struct {
	WherePresent, WhereAbsent bool
	Err                       error // that is no refusal; nil where both were answered
}

// origin asks both.
func (s scopingTry) origin(ctx context.Context) *Origin {
	var o Origin
	if o.WherePresent, o.Err = s.mayWhere(ctx, "false"); o.Err == nil {
		o.WhereAbsent, o.Err = s.mayWhere(ctx, "true")
	}
	return &o
}

// mayWhere reports whether AWS narrows a session once more that may be only where the key is as Null says.
func (s scopingTry) mayWhere(ctx context.Context, null string) (bool, error) {
	layer, err := s.narrow(ctx, s.item.Credentials, iam.Policy(
		iam.Statement{Effect: "Allow", Action: iam.Words{callerIdentity}, Resource: iam.Words{"*"}},
		iam.Statement{
			Effect: "Allow", Action: iam.Words{getScopedCredentials}, Resource: iam.Words{"*"},
			Condition: iam.Conditions{"Null": {originSubject: {null}}},
		},
	).JSON())
	if err != nil {
		return false, err
	}
	_, err = s.narrow(ctx, &layer.Credentials, allowing(callerIdentity))
	if sts.NotScoped(err) && ui.CodeOf(err) == ui.Refused {
		return false, nil
	}
	return err == nil, err
}
