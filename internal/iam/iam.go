// Package iam is what AWS's rules say about identities and policies, as far as the program needs it: which partition a
// region or a role is in, what the AssumeRole calls take, and how policies are written.
//
// In go names, regions and ARNs; out come partitions, statements, and policies as JSON. ARNs themselves are read with
// github.com/aws/aws-sdk-go-v2/aws/arn. Everything here is computed: the package reads no file, asks no network and
// knows no access map. It must never guess in favour of the partition aws where AWS's data names another: hosts that
// credentials are sent to follow from it.
package iam

import "time"

// Limits of the AssumeRole calls: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html,
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
const (
	MaxSessionPolicy = 2048 // characters
	MaxSessionToken  = 4096 // bytes, policy and tags included
	// MaxManagedPolicies bounds those beside the session policy.
	MaxManagedPolicies = 10

	MinDuration = 15 * time.Minute
	MaxDuration = 12 * time.Hour
	MaxChained  = time.Hour // of a role that is assumed with the credentials of another

	// Of credentials that STS narrows: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetScopedCredentials.html
	MaxScopedPolicies    = 3 // of a session, one a call, each with its own MaxSessionPolicy
	MaxScopedDescription = 256
	MaxScoped            = 36 * time.Hour

	MinExternalID = 2 // characters
	MaxExternalID = 1224

	MaxTags     = 50  // of a session, inherited ones included
	MaxTagKey   = 128 // characters
	MaxTagValue = 256
)

// SessionPolicySize is how many of MaxSessionPolicy characters a session policy takes, "" for none, with the ARNs of
// managed policies beside it, which AWS counts together.
func SessionPolicySize(policy string, managed []string) int {
	size := len(policy)
	for _, arn := range managed {
		size += len(arn)
	}
	return size
}
