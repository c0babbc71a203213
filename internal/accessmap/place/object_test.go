package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// bucketOf is S3 with one bucket: keys have what is answered.
func bucketOf(t *testing.T, objects map[string]http.HandlerFunc) *Tools {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed := r.Header.Get("Authorization")
		if !strings.Contains(signed, "Credential=ASIAEXAMPLE/") || !strings.Contains(signed, "/s3/aws4_request") || r.Header.Get("X-Amz-Security-Token") != "canary-of-a-token" {
			t.Errorf("%s: signed as %q", r.URL, signed)
		}
		answer := objects[strings.TrimPrefix(r.URL.Path, "/acme-ml/")]
		if answer == nil {
			answer = refusing(http.StatusNotFound, "NoSuchKey")
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	client := httpclient.New(httpclient.Options{})
	t.Cleanup(client.CloseIdleConnections)
	return &Tools{HTTP: client, S3: func() (S3, error) {
		return S3{
			Endpoint: server.URL, Now: time.Now,
			Keys: func(_ context.Context, profile string) (*credential.AWS, error) {
				switch profile {
				case "none":
					return nil, ui.Errorf("machine-without-credentials", ui.LoginNeeded, "nothing here")
				case "broken":
					return nil, ui.Errorf("aws-profile-failed", ui.Failed, "no such profile").With(ui.Command("aws sso login"))
				}
				return &credential.AWS{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: secret.New("canary-of-a-key"), SessionToken: secret.New("canary-of-a-token")}, nil
			},
		}, nil
	}}
}

func refusing(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no \x1b[31m%s</Message></Error>", code, r.Header.Get("X-Amz-Security-Token"))
	}
}

func TestAnObjectInS3(t *testing.T) {
	t.Parallel()
	tools := bucketOf(t, map[string]http.HandlerFunc{
		"map.yaml": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = io.WriteString(w, "version: 1\n")
		},
		"map.yaml.minisig": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "signed") },
		"a b/ü.yaml":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "version: 1\n") },
		// S3 names the bucket's region to who has signed for another.
		"west.yaml": func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Authorization"), "/us-west-2/s3/") {
				w.Header().Set("X-Amz-Bucket-Region", "us-west-2")
				refusing(http.StatusBadRequest, "AuthorizationHeaderMalformed")(w, r)
				return
			}
			_, _ = io.WriteString(w, "version: 1\n")
		},
		"east.yaml": func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
				w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
				refusing(http.StatusMovedPermanently, "PermanentRedirect")(w, r)
				return
			}
			_, _ = io.WriteString(w, "version: 1\n")
		},
	})
	content, err := read(t, tools, "s3://acme-ml/map.yaml", "")
	if err != nil || string(content.Data) != "version: 1\n" || content.Tag != `"1"` {
		t.Fatalf("%v", err)
	}
	if text, place, err := content.Signature(t.Context()); err != nil || string(text) != "signed" || place != "s3://acme-ml/map.yaml.minisig" {
		t.Errorf("%q, %s, %v", text, place, err)
	}
	if again, err := read(t, tools, "s3://acme-ml/map.yaml", `"1"`); err != nil || !again.Unchanged {
		t.Errorf("unchanged: %v", err)
	}
	for _, from := range []string{"s3://acme-ml/west.yaml", "s3://acme-ml/east.yaml", "s3://acme-ml/a b/ü.yaml?profile=sso"} {
		content, err := read(t, tools, from, "")
		if err != nil || string(content.Data) != "version: 1\n" {
			t.Errorf("%s: %v", from, err)
			continue
		}
		if _, _, err := content.Signature(t.Context()); !errors.Is(err, ErrNoSignature) {
			t.Errorf("%s: no signature: %v", from, err)
		}
	}
}

func TestTroubleOfS3IsToldApart(t *testing.T) {
	t.Parallel()
	tools := bucketOf(t, map[string]http.HandlerFunc{
		"denied": refusing(http.StatusForbidden, "AccessDenied"),
		"over":   refusing(http.StatusBadRequest, "ExpiredToken"),
		"bucket": refusing(http.StatusNotFound, "NoSuchBucket"),
		"region": refusing(http.StatusMovedPermanently, "PermanentRedirect"),
		"outage": refusing(http.StatusServiceUnavailable, "SlowDown"),
		"page":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!DOCTYPE html><html>") },
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("#\n", accessmap.MaxSize))
		},
		"hostile": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amz-Bucket-Region", "evil.test/")
			refusing(http.StatusBadRequest, "AuthorizationHeaderMalformed")(w, r)
		},
		"elsewhere": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.test/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
	})
	for from, want := range map[string]ui.ID{
		"denied": "map-s3-denied", "over": "map-s3-keys-over", "bucket": "map-s3-missing", "absent": "map-s3-missing", "region": "map-s3-region",
		"hostile": "map-s3-region", "huge": "", "x?profile=none": "map-s3-keys-none", "x?profile=broken": "aws-profile-failed", "outage": "", "elsewhere": "map-s3-region",
	} {
		content, err := read(t, tools, "s3://acme-ml/"+from, "")
		if err == nil {
			t.Errorf("%s: %q", from, content.Data)
			continue
		}
		said := err.Error() + ui.HintOf(err)
		if want != "" && ui.IDOf(err) != want || ui.HintOf(err) == "" || strings.Contains(said, "canary") || strings.Contains(err.Error(), "\x1b") || strings.Contains(ui.HintOf(err), "evil.test") {
			t.Errorf("%s: %s, %v, hint %q", from, ui.IDOf(err), err, ui.HintOf(err))
		}
	}
}
