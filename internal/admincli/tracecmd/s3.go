package tracecmd

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/s3"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// objectTime bounds how long one object may take, as it is read no faster than it is traced.
	objectTime = 2 * time.Hour
	// maxObject bounds an object, and maxPage a page of a list, in bytes: CloudTrail's objects have a few megabytes.
	maxObject, maxPage = 64 << 30, 8 << 20
)

// bucketReader reads buckets with what AWS gives this machine.
type bucketReader struct {
	client *http.Client
	where  s3.Where
	keys   func(ctx context.Context) (*sts.Credentials, error)
	now    func() time.Time

	mu   sync.Mutex
	have *sts.Credentials
}

func openS3(env *cli.Env) (*bucketReader, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	endpoint, err := httpclient.CheckEndpoint(s3.EndpointVariable, env.Getenv(s3.EndpointVariable), settings.TrustedHosts, iam.IsS3Host)
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
	return &bucketReader{
		client: httpclient.New(httpclient.Options{
			Timeout: objectTime, MaxBody: maxObject, CABundle: env.Getenv("AWS_CA_BUNDLE"), Getenv: env.Getenv,
			UserAgent: "dbxaccess/" + strings.TrimPrefix(env.Version.Number, "v"), Log: env.Log(),
		}),
		where: s3.Where{Endpoint: strings.TrimSuffix(endpoint, "/"), Region: region, Hosts: client.Hosts}, keys: machine.Credentials, now: env.Now,
	}, nil
}

// credentials are kept until shortly before their end.
func (s *bucketReader) credentials(ctx context.Context) (*sts.Credentials, error) {
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
func (s *bucketReader) get(ctx context.Context, bucket, key string, query url.Values, match string) (io.ReadCloser, error) {
	address, err := s.where.Address(bucket, key, query)
	if err != nil {
		return nil, err
	}
	keys, err := s.credentials(ctx)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	if match != "" {
		header.Set("If-Match", match)
	}
	r, err := s.where.Get(ctx, address, header, keys, s.now())
	if err != nil {
		return nil, err
	}
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

// listing is a page of ListObjectsV2.
type listing struct {
	Contents []struct {
		Key, ETag string
		Size      int64
	}
	NextContinuationToken string
}

// list lists the files of a log in a bucket.
func (s *bucketReader) list(ctx context.Context, log, address string) (files []trace.File, err error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	if !s3.IsBucket(bucket) {
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
func (s *bucketReader) page(ctx context.Context, bucket, prefix, token string) (*listing, error) {
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
			With(ui.Advice("check " + s3.EndpointVariable + " and the proxy"))
	}
	return page, err
}
