package minio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/dbxaccess/dbxaccess/e2e/internal/gate"
)

// Credentials sign a request. SessionToken is empty for the root user's.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

// Error is an error that the server answered with.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// List lists the keys under a prefix, Get reads an object, Put writes one: the three that tell what credentials may do.
// A refusal is an *Error with code AccessDenied; credentials that have ended give InvalidAccessKeyId.
func (s *Server) List(ctx context.Context, c Credentials, bucket, prefix string) ([]string, error) {
	body, err := s.call(ctx, c, http.MethodGet, "/"+bucket, url.Values{"list-type": {"2"}, "prefix": {prefix}}, nil)
	if err != nil {
		return nil, err
	}
	var listing struct {
		Contents []struct{ Key string }
	}
	if err := xml.Unmarshal(body, &listing); err != nil {
		return nil, fmt.Errorf("reading the listing: %w", err)
	}
	var keys []string
	for _, object := range listing.Contents {
		keys = append(keys, object.Key)
	}
	return keys, nil
}

// GetObject reads an object with the credentials; see List.
func (s *Server) GetObject(ctx context.Context, c Credentials, bucket, key string) ([]byte, error) {
	return s.call(ctx, c, http.MethodGet, "/"+bucket+"/"+key, nil, nil)
}

// PutObject writes an object with the credentials; see List.
func (s *Server) PutObject(ctx context.Context, c Credentials, bucket, key string, content []byte) error {
	_, err := s.call(ctx, c, http.MethodPut, "/"+bucket+"/"+key, nil, content)
	return err
}

// Reads returns the requests for an object that came in at S3URL, oldest first.
func (s *Server) Reads(bucket, key string) []gate.Visit {
	return s.gate.Visits("/" + bucket + "/" + key)
}

// Send sends a request of any kind with the credentials and returns the status of the answer.
func (s *Server) Send(ctx context.Context, c Credentials, method, path string, query url.Values, body []byte) (int, error) {
	request, err := s.signed(ctx, c, method, path, query, body)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}

// call sends a request and returns the body of the answer.
func (s *Server) call(
	ctx context.Context, c Credentials, method, path string, query url.Values, body []byte,
) ([]byte, error) {
	request, err := s.signed(ctx, c, method, path, query, body)
	if err != nil {
		return nil, err
	}
	return exchange(request)
}

// signed makes a request that is signed with Signature Version 4.
func (s *Server) signed(
	ctx context.Context, c Credentials, method, path string, query url.Values, body []byte,
) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.URL.RawQuery = query.Encode()
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", digest)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 has it
	keys := aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
	}
	if err := signer.SignHTTP(ctx, keys, request, digest, "s3", Region, time.Now()); err != nil {
		return nil, err
	}
	return request, nil
}

func exchange(request *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	// S3 answers with the error itself, STS with the error in an envelope.
	var answer struct {
		Error
		Wrapped Error `xml:"Error"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("answered %s: %.200s", resp.Status, body)
	}
	if answer.Wrapped.Code != "" {
		return nil, &answer.Wrapped
	}
	return nil, &answer.Error
}
