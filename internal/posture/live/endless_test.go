package live

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/posture"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// A list that does not end is not known whole, and is never taken for one without findings.
func TestListsThatDoNotEndAreNotKnown(t *testing.T) {
	t.Parallel()
	for _, repeats := range []bool{true, false} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := asked.Add(1)
			if repeats {
				n = 1
			}
			w.Header().Set("X-Amz-Request-Id", "1")
			switch {
			case strings.Contains(r.URL.Path, "accesspoint"):
				_, _ = fmt.Fprintf(w, "<ListAccessPointsResult><NextToken>%d</NextToken></ListAccessPointsResult>", n)
			case r.Method == http.MethodPost:
				_, _ = fmt.Fprintf(w, `{"ResourceInfoList": [], "NextToken": "%d"}`, n)
			case r.URL.Query().Has("location"):
				_, _ = io.WriteString(w, "<LocationConstraint>eu-central-1</LocationConstraint>")
			default:
				_, _ = fmt.Fprintf(w, "<ListAllMyBucketsResult><Buckets></Buckets><ContinuationToken>%d</ContinuationToken></ListAllMyBucketsResult>", n)
			}
		}))
		t.Cleanup(server.Close)
		r := &reader{
			o: Options{HTTP: httpclient.New(httpclient.Options{})}, seen: &posture.Seen{}, regions: map[string]bool{}, blocks: map[string]bool{},
			endpoints: map[service]string{s3Service: server.URL, controlService: server.URL, lakeService: server.URL},
		}
		session := live.Session{Account: "111122223333", Partition: "aws", By: "profile audit", Credentials: &sts.Credentials{
			AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t"),
		}}
		if err := r.points(t.Context(), session, &posture.Bucket{Name: "acme-ml", Account: "111122223333", Region: "eu-central-1"}); err != nil {
			t.Error(err)
		}
		if err := r.lakes(t.Context(), session, "eu-central-1"); err != nil {
			t.Error(err)
		}
		var got []string
		for _, u := range r.seen.Unread {
			got = append(got, u.Action)
		}
		if strings.Join(got, " ") != "s3:ListAccessPoints lakeformation:ListResources" {
			t.Errorf("pages repeat: %t; not known: %q", repeats, got)
		}
		if region, err := r.owns(t.Context(), session, "acme-ml"); region != "eu-central-1" || err != nil {
			t.Errorf("pages repeat: %t; the bucket is in %q, %v", repeats, region, err)
		}
	}
}
