package live

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

const (
	// endpointVariable moves IAM.
	endpointVariable = "AWS_ENDPOINT_URL_IAM"
	// maxPages bounds a list: IAM's quotas are far below what it holds.
	maxPages = 100
	// burst is how many requests go out as fast as they are answered; then each waits for pace. IAM throttles an account
	// that is asked by many at once, and others may be at work there.
	burst = 200
	pace  = 100 * time.Millisecond
)

// patience is for calls where AWS says that trying again helps.
var patience = httpclient.Policy{
	Pauses: []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}, Jitter: true,
}

// reading is one account that is being read.
type reading struct {
	account  *account
	iam      *awsiam.Client
	wire     *wire
	asked    int
	into     *drift.Actual
	policies map[string]string // documents of managed policies, by ARN
	profiles map[string]bool   // ARNs of the instance profiles that were read
	progress func(doing string) (done func())
}

// wire keeps the last answer as it came: this version of the SDK drops what it does not know.
type wire struct {
	httpclient.SDK

	last []byte
}

// Do is that of http.Client.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	resp, err := w.SDK.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if w.last, err = io.ReadAll(resp.Body); err != nil { // it was read and bounded by SDK
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(w.last))
	return resp, nil
}

// reading makes the SDK's client for an account. Its own retries are off, as they would hide how long a call may take.
func (a *Accounts) reading(of *account, into *drift.Actual) (*reading, error) {
	endpoint, err := httpclient.CheckEndpoint(endpointVariable, a.o.Endpoint, a.o.TrustedHosts, iam.IsIAMHost)
	if err != nil {
		return nil, err
	}
	asked := httpclient.Asked{Doing: of.service().Doing(), Of: "AWS IAM"}
	if endpoint != "" {
		asked.Named = endpointVariable
	}
	w := &wire{SDK: httpclient.SDK{Client: a.o.HTTP, Asked: asked, Answers: sts.OfQueryProtocol}}
	options := awsiam.Options{
		Region:     iam.PartitionOfRole("arn:"+of.partition+":iam::"+of.number+":root", "").Home(),
		HTTPClient: w, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: of.credentials.AccessKeyID, SecretAccessKey: of.credentials.SecretAccessKey.Reveal(),
				SessionToken: of.credentials.SessionToken.Reveal(),
			}, nil
		}),
	}
	if endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	if a.o.Hosts.FIPS {
		options.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	if a.o.Hosts.DualStack {
		options.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}
	return &reading{
		account: of, iam: awsiam.New(options), wire: w, into: into, policies: map[string]string{}, profiles: map[string]bool{}, progress: a.o.Progress,
	}, nil
}

// errMissing is IAM's word that something is not there.
var errMissing = errors.New("IAM has none")

// unreadError is what IAM does not let be read.
type unreadError struct{ why string }

func (e *unreadError) Error() string { return e.why }

// ask sends a call, paced, and again where AWS says that this helps. The error is errMissing, an *unreadError, or one that ends
// the reading.
func ask[Out any](ctx context.Context, r *reading, operation string, call func(ctx context.Context) (*Out, error)) (out *Out, err error) {
	err = httpclient.Retry(ctx, r.account.service().Doing(), patience, func(ctx context.Context) (err error) {
		if r.asked++; r.asked > burst {
			if err := httpclient.Wait(ctx, pace); err != nil {
				return httpclient.Explain(r.account.service().Doing(), err)
			}
		}
		if out, err = call(ctx); err == nil {
			return nil
		}
		after, passing := httpclient.Passing(err)
		transient, explained := r.explain(operation, err)
		if passing || transient {
			return httpclient.Temporary(explained, after)
		}
		return explained
	})
	return out, err
}

// explain turns an error of IAM into one of ask, and reports first whether the same request may succeed in a moment.
func (r *reading) explain(operation string, err error) (transient bool, explained error) {
	transient, answer, explained := r.account.service().Explain(err)
	switch {
	case explained != nil:
		return transient, explained
	case strings.TrimSuffix(answer.Code, "Exception") == "NoSuchEntity":
		return false, errMissing
	}
	return false, &unreadError{answer.Code + ": " + operation + ": " + answer.Said}
}

// service is IAM as it is asked about the account.
func (a *account) service() Service { return Service{"IAM", a.number, a.by, "the roles"} }
