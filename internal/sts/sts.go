// Package sts trades what proves an identity for AWS credentials.
//
// In goes an ID token, the access token of IAM Identity Center, or credentials of another role, with the role, the
// compiled session policy and a session name that a person can read; out come credentials with their end. The calls are
// AssumeRoleWithWebIdentity (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html),
// which is not signed, AssumeRole, signed with the credentials of the role before, and Identity Center's
// GetRoleCredentials. No credentials are looked for: the SDK's default chain is never loaded, and those that AWS gives
// a machine are ambient's. What AWS would refuse is checked here first. Tokens and credentials go to STS of AWS, to
// loopback or to a host the person trusts (see Client.Endpoint), and nowhere else. Credentials can be traded on for a
// token that other services take (WebIdentityToken), for credentials of one prefix (DataAccess), for the same session with less
// that it may do (ScopedCredentials), and for the AWS console in package console.
package sts

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// patience is for calls where AWS says that trying again helps: three attempts, after 400 to 800 ms and twice that.
var patience = httpclient.Policy{Pauses: []time.Duration{400 * time.Millisecond, 800 * time.Millisecond}, Jitter: true}

// Credentials of a role.
type Credentials = credential.AWS

// Client calls STS. HTTP and Now are needed, IdentityCenter for RoleCredentials.
type Client struct {
	HTTP     *http.Client // from httpclient: no redirects, bounded bodies
	Endpoint string       // AWS_ENDPOINT_URL_STS, checked before a token is sent; "" for the regional endpoint of AWS
	// S3ControlEndpoint is the same for S3 Access Grants: AWS_ENDPOINT_URL_S3_CONTROL.
	S3ControlEndpoint string
	// TrustedHosts may be these endpoints besides AWS and this machine.
	TrustedHosts   []string
	Hosts          iam.Hosts // which of AWS's own
	IdentityCenter *identitycenter.Client
	Now            func() time.Time
}

// client makes the SDK's client for one call. Without from it does not sign. Its own retries are off, as they would
// hide how long a call may take. secrets are in what is sent.
func (c *Client) client(about question, from *Credentials, secrets ...secret.String) (*sts.Client, error) {
	endpoint, err := httpclient.CheckEndpoint(stsVariable, c.Endpoint, c.TrustedHosts, isSTS)
	if err != nil {
		return nil, err
	}
	options := sts.Options{
		Region: about.region,
		HTTPClient: httpclient.SDK{
			Client: c.HTTP, Secrets: secrets, Answers: OfQueryProtocol,
			Asked: httpclient.Asked{Doing: about.doing(), Of: "AWS STS", Named: c.named(about)},
		},
		Credentials: aws.AnonymousCredentials{},
		Retryer:     aws.NopRetryer{},
	}
	if from != nil {
		options.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: from.AccessKeyID, SecretAccessKey: from.SecretAccessKey.Reveal(), SessionToken: from.SessionToken.Reveal(),
			}, nil
		})
	}
	if endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	if c.Hosts.FIPS {
		options.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	if c.Hosts.DualStack {
		options.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}
	return sts.New(options), nil
}

// named is what names the service's address.
func (c *Client) named(about question) string {
	if c.Endpoint != "" {
		return about.moved
	}
	return "the region " + about.region
}

// OfQueryProtocol recognises what STS, and whatever speaks its protocol, answers with: XML whose outermost element is that
// of an action or an error (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html). The SDK would read a web
// page as a refusal without a reason.
func OfQueryProtocol(a *httpclient.Answer) bool {
	for document := xml.NewDecoder(bytes.NewReader(a.Body)); ; {
		token, err := document.Token()
		if err != nil {
			return false
		}
		if outermost, ok := token.(xml.StartElement); ok {
			return strings.HasSuffix(outermost.Name.Local, "Response")
		}
	}
}

// ask sends a call, again where AWS says that this helps, and explains what is wrong in the end.
func ask[Out any](ctx context.Context, about question, call func(ctx context.Context) (*Out, error)) (out *Out, err error) {
	err = httpclient.Retry(ctx, about.doing(), patience, func(ctx context.Context) (err error) {
		if out, err = call(ctx); err == nil {
			return nil
		}
		after, passing := httpclient.Passing(err)
		if passing || transient(err) {
			return httpclient.Temporary(about.explain(err), after)
		}
		return about.explain(err)
	})
	return out, err
}

// seconds is a duration as the API takes it; nil leaves it to AWS, whose default is an hour.
func seconds(d time.Duration) *int32 {
	if d == 0 {
		return nil
	}
	return aws.Int32(int32(d / time.Second)) //nolint:gosec // checks bound it to twelve hours
}

// optional is a text as the API takes it: nil leaves the parameter out.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}

// managed are the ARNs of policies as the API takes them.
func managed(arns []string) []types.PolicyDescriptorType {
	var list []types.PolicyDescriptorType
	for _, one := range arns {
		list = append(list, types.PolicyDescriptorType{Arn: aws.String(one)})
	}
	return list
}
