package tracecmd

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// objectTime bounds how long one object may take, as it is read no faster than it is traced.
	objectTime = 2 * time.Hour
	// maxObject bounds an object, and maxPage a page of a list, in bytes: CloudTrail's objects have a few megabytes.
	maxObject, maxPage = 64 << 30, 8 << 20
	// endpointVariable names another S3 than AWS's.
	endpointVariable = "AWS_ENDPOINT_URL_S3"
	// unsigned says that a body is not signed; there is none.
	unsigned = "UNSIGNED-PAYLOAD"
)

// isBucket reports whether a bucket may be called so: its name becomes one of a host.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func isBucket(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" &&
		strings.Trim(name, ".-") == name && !strings.Contains(name, "..")
}

// s3 reads buckets with what AWS gives this machine. It is two requests, signed by AWS's own signer: AWS's client of S3 would add five
// megabytes to the program.
type s3 struct {
	client   *http.Client
	endpoint string // "" for AWS's own
	region   string
	hosts    iam.Hosts
	keys     func(ctx context.Context) (*sts.Credentials, error)
	now      func() time.Time

	mu   sync.Mutex
	have *sts.Credentials
}

func openS3(env *cli.Env) (*s3, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	endpoint, err := httpclient.CheckEndpoint(endpointVariable, env.Getenv(endpointVariable), settings.TrustedHosts, iam.IsS3Host)
	if err != nil {
		return nil, err
	}
	region := "us-east-1"
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if named := env.Getenv(name); named != "" {
			region = named
		}
	}
	if !iam.IsRegion(region) {
		return nil, ui.Errorf("region-invalid", ui.Failed, "AWS_REGION or AWS_DEFAULT_REGION names %q, which is no region of AWS", ui.Clean(region)).
			With(ui.Advice("correct or unset it"))
	}
	client, machine, err := env.AWS()
	if err != nil {
		return nil, err
	}
	return &s3{
		client: httpclient.New(httpclient.Options{
			Timeout: objectTime, MaxBody: maxObject, CABundle: env.Getenv("AWS_CA_BUNDLE"), Getenv: env.Getenv,
			UserAgent: "dbxaccess/" + strings.TrimPrefix(env.Version.Number, "v"), Log: env.Log(),
		}),
		endpoint: strings.TrimSuffix(endpoint, "/"), region: region, hosts: client.Hosts, keys: machine.Credentials, now: env.Now,
	}, nil
}

// credentials are kept until shortly before their end.
func (s *s3) credentials(ctx context.Context) (*sts.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have == nil || s.have.Expires.Sub(s.now()) < 5*time.Minute {
		fresh, err := s.keys(ctx)
		if err != nil {
			return nil, err
		}
		s.have = fresh
	}
	return s.have, nil
}

// get asks for an object, or with query for a list of a bucket. The caller closes the body.
func (s *s3) get(ctx context.Context, bucket, key string, query url.Values, match string) (io.ReadCloser, error) {
	address := url.URL{Scheme: "https", Host: iam.S3Host(bucket, s.region, s.hosts), Path: "/" + key, RawPath: "/" + escaped(key), RawQuery: query.Encode()}
	if strings.Contains(bucket, ".") || s.endpoint != "" { // a certificate has no name for a bucket with dots
		address.Path, address.RawPath = "/"+bucket+address.Path, "/"+bucket+address.RawPath
		address.Host = strings.TrimPrefix(iam.S3Host("b", s.region, s.hosts), "b.")
	}
	if s.endpoint != "" {
		other, err := url.Parse(s.endpoint)
		if err != nil {
			return nil, err
		}
		address.Scheme, address.Host = other.Scheme, other.Host
	}
	keys, err := s.credentials(ctx)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Content-Sha256", unsigned)
	if match != "" {
		r.Header.Set("If-Match", match)
	}
	err = v4.NewSigner().SignHTTP(ctx, aws.Credentials{
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey.Reveal(), SessionToken: keys.SessionToken.Reveal(),
	}, r, unsigned, "s3", s.region, s.now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "identity") // as the object is; net/http would inflate what is marked as packed
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, httpclient.Explain("asking S3 for "+ui.Clean(bucket+"/"+key), err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var said struct{ Code, Message string }
	_ = xml.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&said) // without it, the status has to do
	return nil, ui.Errorf("trace-s3-refused", ui.Refused, "S3 does not give %s: %d %s", ui.Clean(bucket+"/"+key), resp.StatusCode,
		ui.Cut(ui.Clean(strings.TrimSpace(said.Code+" "+said.Message)), 300)).
		With(ui.Advice("it takes s3:ListBucket and s3:GetObject, and kms:Decrypt where the log is encrypted with a key", "AWS_REGION has to name the bucket's region"))
}

// escaped is a key as S3 signs it: all but letters, digits, - . _ ~ and slashes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func escaped(key string) string {
	var b strings.Builder
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// listing is a page of ListObjectsV2.
type listing struct {
	Contents []struct {
		Key, ETag string
		Size      int64
	}
	NextContinuationToken string
}

// list lists the files of a log in a bucket.
func (s *s3) list(ctx context.Context, log, address string) (files []trace.File, err error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	if !isBucket(bucket) {
		return nil, ui.Errorf("trace-address-invalid", ui.Usage, "%s is no place in S3", ui.Clean(address)).With(ui.Advice("write it as s3://BUCKET/PREFIX"))
	}
	for token := ""; len(files) <= mostFiles; { // filesOf says that there are more
		page, err := s.page(ctx, bucket, prefix, token)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			if !strings.HasPrefix(object.Key, prefix) || object.Key != prefix && !isLog(log, object.Key) {
				continue
			}
			files = append(files, trace.File{
				Name: "s3://" + bucket + "/" + object.Key, Log: log, Stamp: object.ETag,
				Open: func(ctx context.Context) (io.ReadCloser, error) {
					return s.get(ctx, bucket, object.Key, nil, object.ETag)
				},
			})
		}
		if page.NextContinuationToken == "" || page.NextContinuationToken == token {
			break
		}
		token = page.NextContinuationToken
	}
	return files, nil
}

// page is one of the list of what lies below a prefix, the first one for no token.
func (s *s3) page(ctx context.Context, bucket, prefix, token string) (*listing, error) {
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
	if token != "" {
		query.Set("continuation-token", token)
	}
	page := &listing{}
	body, err := s.get(ctx, bucket, "", query, "")
	if err == nil {
		err = xml.NewDecoder(io.LimitReader(body, maxPage)).Decode(page)
		err = errors.Join(err, body.Close())
	}
	if err != nil && ui.IDOf(err) == "" {
		err = ui.Errorf("trace-s3-unreadable", ui.Failed, "the list of s3://%s/%s can't be read: %w", ui.Clean(bucket), ui.Clean(prefix), err).
			With(ui.Advice("check " + endpointVariable + " and the proxy"))
	}
	return page, err
}
