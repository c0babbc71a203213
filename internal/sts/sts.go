// Package sts trades an ID token for AWS credentials.
//
// In goes an ID token with the role, the compiled session policy and a session name that a person can read; out come
// credentials with their end. The call is AssumeRoleWithWebIdentity
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html): it is not signed, so no AWS
// credential is needed, and none is looked for: the SDK's default chain is never loaded. What AWS would refuse is
// checked here first. The token goes to STS of AWS, to loopback or to a host the person trusts (see Client.Endpoint), and
// nowhere else. The credentials can be traded on for a link that signs a browser in to the AWS console (SignInURL).
package sts

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// attempts bounds how often one call is sent: once, and twice more where AWS says that trying again helps.
const attempts = 3

// MaxLife is the longest that credentials of an assumed role can live. An expiry further away is a server's error and
// is cut to it.
const MaxLife = 12 * time.Hour

// Credentials of an assumed role.
type Credentials struct {
	AccessKeyID     string // not secret: it names the credential in CloudTrail
	SecretAccessKey secret.String
	SessionToken    secret.String // can exceed 4 KiB
	Expires         time.Time     // UTC
	AccountID       string        // twelve digits; empty where the role's ARN has none (S3-compatible servers)
}

// WebIdentity is one request for credentials.
type WebIdentity struct {
	Token       secret.String
	RoleARN     string
	Region      string        // of the STS endpoint
	SessionName string        // see SessionName
	Policy      string        // session policy as JSON; "" leaves the role's own permissions
	Duration    time.Duration // 0 leaves it to the provider: one hour at AWS

	// What the token presents, for the message when AWS refuses it.
	Issuer, Audience, Subject string
}

// Client calls STS. HTTP, Now and Wait are needed.
type Client struct {
	HTTP     *http.Client // from httpclient: no redirects, bounded bodies
	Endpoint string       // AWS_ENDPOINT_URL_STS, checked before a token is sent; "" for the regional endpoint of AWS
	// TrustedHosts may be that endpoint besides AWS and this machine.
	TrustedHosts []string
	Now          func() time.Time
	// Wait sleeps between attempts and returns early with the context's error.
	Wait func(ctx context.Context, d time.Duration) error
}

// AssumeRoleWithWebIdentity returns credentials for the role. Every refusal is a sentence with a remedy; for those that
// a newer ID token may mend, TokenRefused reports true. Throttling, a provider that AWS can't reach at the moment and
// server errors are tried again, three times in all.
func (c *Client) AssumeRoleWithWebIdentity(ctx context.Context, in WebIdentity) (*Credentials, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	endpoint, err := checkEndpoint("AWS_ENDPOINT_URL_STS", c.Endpoint, c.TrustedHosts, isSTS)
	if err != nil {
		return nil, err
	}
	params := &sts.AssumeRoleWithWebIdentityInput{
		RoleArn:          aws.String(in.RoleARN),
		RoleSessionName:  aws.String(in.SessionName),
		WebIdentityToken: aws.String(in.Token.Reveal()),
	}
	if in.Policy != "" {
		params.Policy = aws.String(in.Policy)
	}
	if in.Duration != 0 {
		params.DurationSeconds = aws.Int32(int32(in.Duration / time.Second)) //nolint:gosec // check bounds it to twelve hours
	}
	client := c.client(in.Region, endpoint)
	for attempt := 1; ; attempt++ {
		out, err := client.AssumeRoleWithWebIdentity(ctx, params)
		if err == nil {
			return c.credentials(in, out)
		}
		if attempt == attempts || !passing(err) {
			return nil, explain(in, err)
		}
		if err := c.Wait(ctx, backoff(attempt)); err != nil {
			return nil, explain(in, err)
		}
	}
}

func (c *Client) client(region, endpoint string) *sts.Client {
	options := sts.Options{
		Region:      region,
		HTTPClient:  c.HTTP,
		Credentials: aws.AnonymousCredentials{},
		Retryer:     aws.NopRetryer{},
	}
	if endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	return sts.New(options)
}

// backoff is 400 to 800 ms before the second attempt, twice that before the third: a hundred processes that were
// throttled together must not come back together.
func backoff(attempt int) time.Duration {
	base := 400 * time.Millisecond << (attempt - 1)
	return base + rand.N(base) //nolint:gosec // jitter, not a secret
}

func (c *Client) credentials(in WebIdentity, out *sts.AssumeRoleWithWebIdentityOutput) (*Credentials, error) {
	got := out.Credentials
	if got == nil || aws.ToString(got.AccessKeyId) == "" || aws.ToString(got.SecretAccessKey) == "" ||
		aws.ToString(got.SessionToken) == "" || got.Expiration == nil {
		return nil, incomplete(in)
	}
	now := c.Now()
	expires := got.Expiration.UTC()
	if !expires.After(now) {
		return nil, alreadyOver(in, expires, now)
	}
	if latest := now.Add(MaxLife); expires.After(latest) {
		expires = latest.UTC()
	}
	return &Credentials{
		AccessKeyID:     aws.ToString(got.AccessKeyId),
		SecretAccessKey: secret.New(aws.ToString(got.SecretAccessKey)),
		SessionToken:    secret.New(aws.ToString(got.SessionToken)),
		Expires:         expires,
		AccountID:       accountOf(in.RoleARN),
	}, nil
}
