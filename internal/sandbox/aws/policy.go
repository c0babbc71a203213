package aws

import (
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// may reports whether the session policies, and those that the session was narrowed by, let it act. Without any, the role's own
// permissions hold, which the sandbox does not know and takes for enough. Managed policies are unknown too, and allow nothing here.
func (c Credentials) may(now time.Time, action, resource string) bool {
	request := evaluate.Request{Action: action, Resource: resource, Principal: c.arn(), Role: c.roleARN, Context: c.context(now)}
	denies := func(policy string) bool {
		p, err := evaluate.Parse(policy)
		return err != nil || p.Evaluate(request).Effect != evaluate.Allow
	}
	if (c.policy != "" || c.policyARNs != nil) && denies(c.policy) {
		return false
	}
	return !slices.ContainsFunc(c.scoped, denies)
}

// context is what conditions can be on, as far as a session has it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (c Credentials) context(now time.Time) map[string][]string {
	keys := map[string][]string{"aws:CurrentTime": {now.UTC().Format(time.RFC3339)}}
	for key, value := range c.tags {
		keys["aws:PrincipalTag/"+key] = []string{value}
	}
	for key, value := range c.origin {
		keys["aws:OriginIdentity/"+key] = []string{value}
	}
	return keys
}
