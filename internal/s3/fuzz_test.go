package s3

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Whatever a bucket and a key are called: a request goes to S3 in that region or to the named endpoint, with the bucket's name where S3
// looks for it, and the key comes out there as it went in.
func FuzzAddress(f *testing.F) {
	f.Add("acme-ml", "churn/part 1.parquet", "us-east-1", "a", false)
	f.Add("acme.ml", "../../other/x?y#z", "eu-west-1", "", true)
	f.Add("a-b", "%2e%2e/é\x00\xff", "us-gov-west-1", "\r\nHost: x", false)
	f.Add("xn--a", "//", "cn-north-1", "/", true)
	keys := &credential.AWS{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t")}
	f.Fuzz(func(t *testing.T, bucket, key, region, prefix string, other bool) {
		if !IsBucket(bucket) || !iam.IsRegion(region) {
			return
		}
		w := Where{Region: region}
		host := iam.S3Host(bucket, region, w.Hosts)
		if strings.Contains(bucket, ".") {
			host, _ = strings.CutPrefix(host, bucket+".")
		}
		if other {
			w.Endpoint, host = "https://storage.example:9000", "storage.example:9000"
		}
		address, err := w.Address(bucket, key, url.Values{"prefix": {prefix}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.Get(t.Context(), address, http.Header{}, keys, time.Unix(1_790_000_000, 0))
		if err != nil {
			t.Fatal(err)
		}
		if r.URL.Host != host || r.Host != "" && r.Host != host || r.URL.Scheme != "https" || r.URL.User != nil {
			t.Fatalf("it goes to %s, not to %s", r.URL, host)
		}
		line := r.URL.RequestURI()
		if strings.ContainsFunc(line, func(c rune) bool { return c <= ' ' || c > '~' }) {
			t.Fatalf("the request line is %q", line)
		}
		path, query, _ := strings.Cut(line, "?")
		want := "/" + key
		if other || strings.Contains(bucket, ".") {
			want = "/" + bucket + want
		}
		if got, err := url.PathUnescape(path); err != nil || got != want {
			t.Fatalf("%q is asked for, not %q: %v", got, want, err)
		}
		if values, err := url.ParseQuery(query); err != nil || values.Get("prefix") != prefix || len(values) != 1 {
			t.Fatalf("%q: %v", query, err)
		}
	})
}
