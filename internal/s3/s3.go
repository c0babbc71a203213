// Package s3 writes requests to Amazon S3 and signs them with AWS's own signer.
//
// In go a bucket, a key and credentials; out comes where a request goes, and the request signed. AWS's client of S3 would add
// five megabytes to a program for the two or three requests that are made here. It sends nothing itself, and must never make
// of a bucket's name another host than S3's.
package s3

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

const (
	// EndpointVariable names another S3 than AWS's.
	EndpointVariable = "AWS_ENDPOINT_URL_S3"
	// Unsigned says that a body is not signed; a GET has none.
	Unsigned = "UNSIGNED-PAYLOAD"
)

// IsBucket reports whether a bucket may be called so: its name becomes one of a host.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func IsBucket(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" &&
		strings.Trim(name, ".-") == name && !strings.Contains(name, "..")
}

// Where is the S3 that is asked.
type Where struct {
	Endpoint string // checked, see httpclient.CheckEndpoint; "" for AWS's own
	Region   string
	Hosts    iam.Hosts
}

// Address is that of an object, or with a query for one of the bucket's lists.
func (w Where) Address(bucket, key string, query url.Values) (*url.URL, error) {
	address := url.URL{Scheme: "https", Host: iam.S3Host(bucket, w.Region, w.Hosts), Path: "/" + key, RawPath: "/" + escaped(key), RawQuery: query.Encode()}
	if strings.Contains(bucket, ".") || w.Endpoint != "" { // a certificate has no name for a bucket with dots
		address.Path, address.RawPath = "/"+bucket+address.Path, "/"+bucket+address.RawPath
		address.Host = strings.TrimPrefix(iam.S3Host("b", w.Region, w.Hosts), "b.")
	}
	if w.Endpoint != "" {
		other, err := url.Parse(w.Endpoint)
		if err != nil {
			return nil, err
		}
		address.Scheme, address.Host = other.Scheme, other.Host
	}
	return &address, nil
}

// Get is a signed request for what lies at an address.
func (w Where) Get(ctx context.Context, address *url.URL, header http.Header, keys *credential.AWS, now time.Time) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	if header != nil {
		r.Header = header.Clone()
	}
	if err := Sign(ctx, r, keys, Unsigned, w.Region, now); err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "identity") // as the object is; net/http would inflate what is marked as packed
	return r, nil
}

// Sign signs a request; digest is the SHA-256 of its body in hex, or Unsigned.
func Sign(ctx context.Context, r *http.Request, keys *credential.AWS, digest, region string, now time.Time) error {
	r.Header.Set("X-Amz-Content-Sha256", digest)
	return v4.NewSigner().SignHTTP(ctx, aws.Credentials{
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey.Reveal(), SessionToken: keys.SessionToken.Reveal(),
	}, r, digest, "s3", region, now, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
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
