package iam

import "time"

// EverythingUntil is the session policy of a role that is given until a time and that nothing else narrows: a session policy
// intersects with what the role may do, so that this one takes away nothing but what comes after.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
func EverythingUntil(end time.Time) Document {
	return Policy(Statement{
		Effect: "Allow", Action: Words{"*"}, Resource: Words{"*"},
		Condition: Conditions{"DateLessThan": {"aws:CurrentTime": {end.UTC().Format(time.RFC3339)}}},
	})
}
