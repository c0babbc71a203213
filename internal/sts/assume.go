package sts

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// MaxChained is the longest that credentials live that were made with a role's credentials; AWS refuses to be asked for
// more. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const MaxChained = time.Hour

// Clamped cuts a duration to what AWS gives a role that is reached through another, and reports whether that took
// anything away. 0, which leaves the duration to AWS, stays 0.
func Clamped(d time.Duration) (time.Duration, bool) {
	return min(d, MaxChained), d > MaxChained
}

// AssumeRole asks for credentials of a role that trusts another.
type AssumeRole struct {
	From           *Credentials // of the role before, which sign the request
	RoleARN        string
	Region         string            // of the STS endpoint
	SessionName    string            // see SessionName
	Policy         string            // session policy as JSON; "" leaves the role's own permissions
	Duration       time.Duration     // see Clamped, which is applied; 0 leaves it to AWS: one hour
	ExternalID     string            // what the trust policy asks for; may be empty
	SourceIdentity string            // see SessionName; may be empty, and can't be changed once a session has one
	Tags           map[string]string // session tags
	TransitiveTags []string          // keys of Tags that the sessions of further roles keep

	// FromRole is the role before, for the message when AWS refuses it: an ARN, the name of an Identity Center permission
	// set, or "" for whatever role AWS gave the machine.
	FromRole string
}

// AssumeRole returns credentials for the role (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
// Every refusal is a sentence with a remedy. Throttling and server errors are tried again, three times in all.
func (c *Client) AssumeRole(ctx context.Context, in AssumeRole) (*Credentials, error) {
	in.Duration, _ = Clamped(in.Duration)
	if err := in.check(); err != nil {
		return nil, err
	}
	client, err := c.client(in.Region, in.From)
	if err != nil {
		return nil, err
	}
	params := &sts.AssumeRoleInput{
		RoleArn: aws.String(in.RoleARN), RoleSessionName: aws.String(in.SessionName),
		Policy: given(in.Policy), DurationSeconds: seconds(in.Duration),
		ExternalId: given(in.ExternalID), SourceIdentity: given(in.SourceIdentity),
		TransitiveTagKeys: in.TransitiveTags,
	}
	for _, key := range slices.Sorted(maps.Keys(in.Tags)) {
		params.Tags = append(params.Tags, types.Tag{Key: aws.String(key), Value: aws.String(in.Tags[key])})
	}
	about := askingSTS("role "+in.RoleARN, in.Region)
	about.own = in.explain
	out, err := ask(ctx, c, about, func() (*sts.AssumeRoleOutput, error) { return client.AssumeRole(ctx, params) })
	if err != nil {
		return nil, err
	}
	return issued(about, ofSTS(out.Credentials, accountOf(in.RoleARN)), c.Now())
}

// statement is one of an IAM policy.
type statement struct {
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  string                       `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

// actions are what a principal must be allowed on a role to assume it.
func actions(tags, sourceIdentity bool) []string {
	allowed := []string{"sts:AssumeRole"}
	if tags {
		allowed = append(allowed, "sts:TagSession")
	}
	if sourceIdentity {
		allowed = append(allowed, "sts:SetSourceIdentity")
	}
	return allowed
}

// HopPolicy is the session policy for credentials that are only the way to the next role: they can assume that one and do
// nothing else. Tags and a source identity are always allowed: AWS asks for the permission also where the session has
// inherited them, and those in an ID token's claims are nothing that we know of.
func HopPolicy(targetARN string) string {
	return marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{Effect: "Allow", Action: actions(true, true), Resource: targetARN}}})
}

// marshal writes JSON without gaps. Nothing that is given to it can fail to be written.
func marshal(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
