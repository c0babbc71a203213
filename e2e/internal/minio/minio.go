// Package minio runs MinIO for a test: an STS that checks ID tokens, and an S3 that enforces role and session policies.
package minio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/gate"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// Region that requests are signed for.
const Region = "us-east-1"

const rolePolicy = "ml"

// Server is a running MinIO.
type Server struct {
	URL     string // S3 and STS
	STSURL  string // STS, where calls are counted
	S3URL   string // S3, where reads are counted
	RoleARN string // the role that ID tokens of the provider's client may take: everything in the buckets it was given

	root Credentials
	gate *gate.Gate
}

// Start starts MinIO and waits until it answers. It trusts ID tokens of the provider, which must be running, for the
// client. The one role may do everything in the buckets, which are made, and nothing elsewhere.
func Start(t testing.TB, binary, discovery, clientID string, buckets ...string) *Server {
	t.Helper()
	address := process.FreeAddress(t)
	s := &Server{
		URL:  "http://" + address,
		root: Credentials{AccessKeyID: "root-of-the-test", SecretAccessKey: "no-secret-worth-keeping"},
		gate: gate.Open(t, address),
	}
	s.STSURL, s.S3URL = s.gate.URL, s.gate.URL
	p := process.Start(t, process.Program{
		Name: "minio",
		Path: binary,
		Args: []string{"server", t.TempDir(), "--address", address, "--console-address", process.FreeAddress(t)},
		Env: []string{
			"PATH=" + os.Getenv("PATH"),
			"HOME=" + t.TempDir(),
			"MINIO_ROOT_USER=" + s.root.AccessKeyID,
			"MINIO_ROOT_PASSWORD=" + s.root.SecretAccessKey,
			"MINIO_BROWSER=off",
			"MINIO_UPDATE=off",
			"MINIO_IDENTITY_OPENID_CONFIG_URL_IDP=" + discovery,
			"MINIO_IDENTITY_OPENID_CLIENT_ID_IDP=" + clientID,
			"MINIO_IDENTITY_OPENID_ROLE_POLICY_IDP=" + rolePolicy,
		},
	})
	p.Await(t, time.Minute, func() bool {
		s.RoleARN = regexp.MustCompile(`arn:minio:iam:\S*:role/[\w-]+`).FindString(p.Log.String())
		return s.RoleARN != "" && s.healthy()
	})
	s.prepare(t, buckets)
	return s
}

func (s *Server) healthy() bool {
	resp, err := http.Get(s.URL + "/minio/health/cluster") //nolint:noctx // our own server
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (s *Server) prepare(t testing.TB, buckets []string) {
	t.Helper()
	var resources []string
	for _, bucket := range buckets {
		s.must(t, http.MethodPut, "/"+bucket, nil, nil)
		resources = append(resources, "arn:aws:s3:::"+bucket, "arn:aws:s3:::"+bucket+"/*")
	}
	policy, err := json.Marshal(map[string]any{
		"Version":   "2012-10-17",
		"Statement": []any{map[string]any{"Effect": "Allow", "Action": []string{"s3:*"}, "Resource": resources}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.must(t, http.MethodPut, "/minio/admin/v3/add-canned-policy", url.Values{"name": {rolePolicy}}, policy)
}

// Put stores an object, whatever the policies say.
func (s *Server) Put(t testing.TB, bucket, key, content string) {
	t.Helper()
	s.must(t, http.MethodPut, "/"+bucket+"/"+key, nil, []byte(content))
}

func (s *Server) must(t testing.TB, method, path string, query url.Values, body []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s.call(ctx, s.root, method, path, query, body); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}
