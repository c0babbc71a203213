package sts

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Clamped cuts a duration to iam.MaxChained, since AWS refuses to be asked for more of a role that is reached through
// another, and reports whether that took anything away. 0, which leaves the duration to AWS, stays 0.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
func Clamped(d time.Duration) (time.Duration, bool) {
	return min(d, iam.MaxChained), d > iam.MaxChained
}

// AssumeRole asks for credentials of a role that trusts another.
type AssumeRole struct {
	From           *Credentials // of the role before, which sign the request
	RoleARN        string
	Region         string            // of the STS endpoint
	SessionName    string            // see SessionName
	Policy         string            // session policy as JSON; "" leaves the role's own permissions
	Managed        []string          // ARNs of managed policies beside it: what either allows is allowed
	Duration       time.Duration     // see Clamped, which is applied; 0 leaves it to AWS: one hour
	ExternalID     string            // what the trust policy asks for; may be empty
	SourceIdentity string            // see SessionName; may be empty, and can't be changed once a session has one
	Tags           map[string]string // session tags
	TransitiveTags []string          // keys of Tags that the sessions of further roles keep

	// FromRole is the role before, for the message when AWS refuses it: an ARN, the name of an Identity Center
	// permission set, or "" for the role that AWS gave the machine.
	FromRole string
}

// AssumeRole returns credentials for the role
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). Every refusal is a sentence with a remedy.
// Throttling and server errors are tried again, three times in all.
func (c *Client) AssumeRole(ctx context.Context, in AssumeRole) (*Credentials, error) {
	in.Duration, _ = Clamped(in.Duration)
	if err := in.check(); err != nil {
		return nil, err
	}
	about := askingSTS("role "+in.RoleARN, in.Region)
	about.own = in.explain
	client, err := c.client(about, in.From)
	if err != nil {
		return nil, err
	}
	params := &sts.AssumeRoleInput{
		RoleArn: aws.String(in.RoleARN), RoleSessionName: aws.String(in.SessionName),
		Policy: optional(in.Policy), DurationSeconds: seconds(in.Duration),
		ExternalId: optional(in.ExternalID), SourceIdentity: optional(in.SourceIdentity),
		TransitiveTagKeys: in.TransitiveTags, PolicyArns: managed(in.Managed),
	}
	for _, key := range slices.Sorted(maps.Keys(in.Tags)) {
		params.Tags = append(params.Tags, types.Tag{Key: aws.String(key), Value: aws.String(in.Tags[key])})
	}
	out, err := ask(ctx, about, func(ctx context.Context) (*sts.AssumeRoleOutput, error) { return client.AssumeRole(ctx, params) })
	if err != nil {
		return nil, err
	}
	return issued(about, ofSTS(out.Credentials, in.RoleARN, out.SessionTokenUtilization, out.PackedPolicySize, out.SourceIdentity, out.ResultMetadata), c.Now()) //nolint:staticcheck // older servers say this one alone
}
