package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// service is one of AWS's, as people call it.
type service string

const (
	s3Service      service = "S3"
	controlService service = "S3 Control"
	kmsService     service = "KMS"
	trailService   service = "CloudTrail"
	lakeService    service = "Lake Formation"
)

// services are those that are asked: the variable that moves one, and what is recognised as AWS's own host of it.
var services = map[service]struct {
	variable string
	host     func(host string) bool
}{
	s3Service:      {"AWS_ENDPOINT_URL_S3", iam.IsS3Host},
	controlService: {"AWS_ENDPOINT_URL_S3_CONTROL", iam.IsS3ControlHost},
	kmsService:     {"AWS_ENDPOINT_URL_KMS", func(host string) bool { return iam.IsServiceHost("kms", host) }},
	trailService:   {"AWS_ENDPOINT_URL_CLOUDTRAIL", func(host string) bool { return iam.IsServiceHost("cloudtrail", host) }},
	lakeService:    {"AWS_ENDPOINT_URL_LAKEFORMATION", func(host string) bool { return iam.IsServiceHost("lakeformation", host) }},
}

// maxPages bounds a list: AWS's quotas are far below what it holds.
const maxPages = 200

// patience is for calls where AWS says that trying again helps.
var patience = httpclient.Policy{
	Pauses: []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}, Jitter: true,
}

// caller is one account, at one service.
type caller struct {
	session live.Session
	service service
	region  string
}

func (c caller) asked() live.Service {
	return live.Service{Name: string(c.service), Account: c.session.Account, By: c.session.By, Less: "the datasets"}
}

func (c caller) doing() string { return c.asked().Doing() }

// sender sends the SDK's requests. Its own retries are off, as they would hide how long a call may take.
func (r *reader) sender(c caller) httpclient.SDK {
	asked := httpclient.Asked{Doing: c.doing(), Of: "AWS's " + string(c.service)}
	if r.endpoints[c.service] != "" {
		asked.Named = services[c.service].variable
	}
	return httpclient.SDK{Client: r.o.HTTP, Asked: asked, Answers: ofAWS}
}

// ofAWS recognises what the services answer with: they call each request by a name of theirs.
func ofAWS(a *httpclient.Answer) bool {
	return a.Header.Get("X-Amz-Request-Id") != "" || a.Header.Get("X-Amzn-Requestid") != ""
}

func (c caller) credentials() aws.CredentialsProviderFunc {
	return func(context.Context) (aws.Credentials, error) {
		own := c.session.Credentials
		return aws.Credentials{AccessKeyID: own.AccessKeyID, SecretAccessKey: own.SecretAccessKey.Reveal(), SessionToken: own.SessionToken.Reveal()}, nil
	}
}

func (r *reader) fips() aws.FIPSEndpointState {
	if r.o.Hosts.FIPS {
		return aws.FIPSEndpointStateEnabled
	}
	return aws.FIPSEndpointStateUnset
}

func (r *reader) dualStack() aws.DualStackEndpointState {
	if r.o.Hosts.DualStack {
		return aws.DualStackEndpointStateEnabled
	}
	return aws.DualStackEndpointStateUnset
}

// errMissing is AWS's word that something is not there.
var errMissing = errors.New("AWS has none")

// refusedError is what AWS does not let be read, or does not know.
type refusedError struct{ code, why string }

func (e *refusedError) Error() string { return e.why }

// errEndless is what a list is told as that goes on behind maxPages, or has a page twice: what else it has is not known.
var errEndless = &refusedError{"", fmt.Sprintf("the list does not end within %d pages", maxPages)}

// pages reads a list, page by page: read is given the token of a page, nil for the first, and returns that of the next, nothing behind the
// last. The error is read's, or errEndless.
func pages(read func(token *string) (next *string, err error)) error {
	var token *string
	for range maxPages {
		next, err := read(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		if aws.ToString(next) == aws.ToString(token) {
			break
		}
		token = next
	}
	return errEndless
}

// list reads a part that has pages. That it does not end is noted, as a refusal is.
func (r *reader) list(of, action string, read func(token *string) (next *string, err error)) error {
	err := pages(read)
	if errors.Is(err, errEndless) {
		r.refuse(of, action, errEndless)
		return nil
	}
	return err
}

// ask sends a call, and again where AWS says that this helps. The error is errMissing, a *refusedError, or one that ends the reading.
func ask[Out any](ctx context.Context, c caller, call func(ctx context.Context) (*Out, error)) (out *Out, err error) {
	err = httpclient.Retry(ctx, c.doing(), patience, func(ctx context.Context) (err error) {
		if out, err = call(ctx); err == nil {
			return nil
		}
		after, passing := httpclient.Passing(err)
		transient, explained := c.explain(err)
		if passing || transient {
			return httpclient.Temporary(explained, after)
		}
		return explained
	})
	return out, err
}

// missing are the codes of what is not there.
var missing = []string{
	"NoSuchBucket", "NotFound", "NotFoundException", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError",
	"ServerSideEncryptionConfigurationNotFoundError", "NoSuchAccessPointPolicy", "NoSuchAccessPoint", "EntityNotFoundException", "TrailNotFoundException",
}

// explain turns an error of a service into one of ask, and reports first whether the same request may succeed in a moment.
func (c caller) explain(err error) (transient bool, explained error) {
	transient, answer, explained := c.asked().Explain(err)
	switch {
	case explained != nil:
		return transient, explained
	case slices.Contains(missing, answer.Code):
		return false, errMissing
	}
	return false, &refusedError{answer.Code, strings.TrimSuffix(answer.Code+": "+answer.Said, ": ")}
}

// part reads one part of something: what is not there is none, and what is refused is noted. Then nothing was read, and read is
// false.
func part[Out any](ctx context.Context, r *reader, c caller, of, action string, call func(ctx context.Context) (*Out, error)) (out *Out, read bool, err error) {
	out, err = ask(ctx, c, call)
	switch refused, is := errors.AsType[*refusedError](err); {
	case err == nil:
		return out, true, nil
	case errors.Is(err, errMissing):
		return nil, true, nil
	case is:
		r.refuse(of, action, refused)
		return nil, false, nil
	}
	return nil, false, err
}
