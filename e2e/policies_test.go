package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
)

// policiesMap has a role for each thing that a map can say of a dataset, with neighbours that begin alike.
const policiesMap = `version: 1
identities:
  acme:
    issuer: %[1]s
    client_id: %[2]s
    groups: { ml-scientists: [reader, writer, deleter, pair, whole, places, twice, hand] }
datasets:
  churn: { location: s3://acme-ml/churn/ }
  features: { location: s3://acme-features/v2/ }
  lake: { location: s3://acme-features }
  tree: { locations: [s3://acme-ml/tree/, s3://acme-features/tree/], deny: [s3://acme-ml/tree/pii/], root: exact }
  pii: { location: s3://acme-ml/tree/pii/ }
roles:
  reader: { aws: { role_arn: %[3]q, region: us-east-1 }, read: [churn] }
  writer: { aws: { role_arn: %[3]q, region: us-east-1 }, write: [churn] }
  deleter: { aws: { role_arn: %[3]q, region: us-east-1 }, read: [churn], delete: [churn] }
  pair: { aws: { role_arn: %[3]q, region: us-east-1 }, read: [churn, features], write: [features] }
  whole: { aws: { role_arn: %[3]q, region: us-east-1 }, read: [lake] }
  places: { aws: { role_arn: %[3]q, region: us-east-1 }, readwrite: [tree], delete: [tree] }
  twice: { aws: { role_arn: %[3]q, region: us-east-1 }, read: [tree, pii] }
  hand:
    aws: { role_arn: %[3]q, region: us-east-1 }
    statements: [ { actions: [s3:GetObject], resources: ["arn:aws:s3:::acme-ml/hand/*"] } ]
`

// What the product compiles is enforced by a real S3: allowed inside of each dataset, denied outside. The requests are in a
// short form: "get BUCKET/KEY", head, put, delete, abort and parts likewise; "list BUCKET" without a prefix, "list
// BUCKET PREFIX" with one. Whatever is denied here is allowed to the same role without a session policy.
func TestPoliciesAtMinIO(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	l := laptop.New(t, binary)
	file := l.Write(t, "map.yaml", fmt.Sprintf(policiesMap, s.dex.Issuer, dex.ClientID, s.minio.RoleARN), 0o600)
	idToken := deviceLogin(t, s.dex, dex.Alice)
	broad, err := s.minio.Assume(t.Context(), idToken, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		role            string
		allowed, denied []string
	}{
		{"reader",
			[]string{"get acme-ml/churn/x", "head acme-ml/churn/x", "get acme-ml/churn/a/b", "get acme-ml/churn/", "list acme-ml churn/", "list acme-ml churn/a"},
			[]string{"get acme-ml/churn", "head acme-ml/churn", "get acme-ml/churn-secret/x", "get acme-ml/x", "get acme-features/v2/x", "list acme-ml",
				"list acme-ml churn", "list acme-ml churn-secret/", "list acme-ml c", "list acme-features", "list acme-features churn/",
				"put acme-ml/churn/x", "delete acme-ml/churn/x", "abort acme-ml/churn/x", "parts acme-ml/churn/x"}},
		{"writer",
			[]string{"put acme-ml/churn/x", "put acme-ml/churn/new/y", "abort acme-ml/churn/x", "parts acme-ml/churn/x"},
			[]string{"get acme-ml/churn/x", "list acme-ml churn/", "delete acme-ml/churn/x", "put acme-ml/churn", "put acme-ml/churn-secret/x",
				"put acme-features/v2/x"}},
		{"deleter",
			[]string{"get acme-ml/churn/x", "delete acme-ml/churn/gone"},
			[]string{"put acme-ml/churn/x", "delete acme-ml/churn-secret/x", "delete acme-ml/churn"}},
		{"pair",
			[]string{"get acme-ml/churn/x", "get acme-features/v2/x", "list acme-ml churn/", "list acme-features v2/", "put acme-features/v2/y"},
			// What holds for a prefix of one bucket does not for the same prefix of another.
			[]string{"get acme-ml/v2/x", "get acme-features/churn/x", "list acme-ml v2/", "list acme-features churn/", "put acme-ml/churn/y",
				"get acme-features/v1/x", "list acme-features"}},
		{"whole",
			[]string{"get acme-features/x", "get acme-features/v2/x", "list acme-features", "list acme-features v1/", "list acme-features v"},
			[]string{"get acme-ml/churn/x", "list acme-ml", "put acme-features/x"}},
		{"places",
			[]string{"get acme-ml/tree/x", "put acme-ml/tree/new", "delete acme-ml/tree/new", "list acme-ml tree/", "get acme-features/tree/x",
				"list acme-features tree/a", "put acme-features/tree/new",
				// Denied in one place, not in the other.
				"get acme-features/tree/pii/x",
				// The root, exactly.
				"get acme-ml/tree", "head acme-ml/tree", "list acme-ml tree", "list acme-features tree"},
			[]string{"get acme-ml/tree/pii/x", "head acme-ml/tree/pii/x", "put acme-ml/tree/pii/x", "delete acme-ml/tree/pii/x", "abort acme-ml/tree/pii/x",
				"get acme-ml/tree/pii/", "list acme-ml tree/pii/", "list acme-ml tree/pii/a", "put acme-ml/tree", "delete acme-ml/tree",
				"get acme-ml/tree-secret/x", "list acme-ml tree-", "list acme-ml tre", "list acme-ml", "get acme-ml/treex"}},
		// Another dataset over what is denied gives nothing back.
		{"twice", []string{"get acme-ml/tree/x"}, []string{"get acme-ml/tree/pii/x", "list acme-ml tree/pii/", "put acme-ml/tree/x"}},
		{"hand", []string{"get acme-ml/hand/x"}, []string{"get acme-ml/hands/x", "put acme-ml/hand/x", "list acme-ml hand/"}},
	} {
		t.Run(c.role, func(t *testing.T) {
			policy := succeeded(t, l.Run(t, "map", "policy", c.role, "--map", file)).Stdout
			narrow, err := s.minio.Assume(t.Context(), idToken, strings.TrimSpace(policy))
			if err != nil {
				t.Fatalf("%v: %s", err, policy)
			}
			for _, short := range c.allowed {
				if s.forbids(t, narrow, short) {
					t.Errorf("%s is denied by %s", short, policy)
				}
			}
			for _, short := range c.denied {
				if !s.forbids(t, narrow, short) {
					t.Errorf("%s is allowed by %s", short, policy)
				}
				if s.forbids(t, broad, short) {
					t.Errorf("%s is denied without a session policy", short)
				}
			}
		})
	}
}

// forbids sends a request in the short form of TestPoliciesAtMinIO. The server decides on what it may answer before it
// looks whether there is such an object or upload: anything but a 403 is a yes.
func (s *stack) forbids(t *testing.T, c minio.Credentials, short string) bool {
	t.Helper()
	verb, rest, _ := strings.Cut(short, " ")
	method, path, query, body := http.MethodGet, "/"+rest, url.Values{}, ""
	switch verb {
	case "get":
	case "head":
		method = http.MethodHead
	case "put":
		method, body = http.MethodPut, "written by a test\n"
	case "delete":
		method = http.MethodDelete
	case "abort", "parts":
		query.Set("uploadId", "bm8gc3VjaCB1cGxvYWQ=")
		if verb == "abort" {
			method = http.MethodDelete
		}
	case "list":
		bucket, prefix, with := strings.Cut(rest, " ")
		path = "/" + bucket
		query.Set("list-type", "2")
		if with {
			query.Set("prefix", prefix)
		}
	default:
		t.Fatalf("%q is no request", short)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status, err := s.minio.Send(ctx, c, method, path, query, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", short, err)
	}
	return status == http.StatusForbidden
}
