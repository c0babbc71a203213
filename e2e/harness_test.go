package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// The servers enforce everything by themselves: without the product, with requests written by hand. What the other
// tests see denied is denied by the cloud, not by a test double.
func TestServersEnforcePolicy(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	idToken := deviceLogin(t, s.dex, dex.Alice)

	broad, err := s.minio.Assume(t.Context(), idToken, "")
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := s.minio.Assume(t.Context(), idToken, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ml/churn/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-ml",
		 "Condition":{"StringLike":{"s3:prefix":"churn/*"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	get := func(bucket, key string) func(minio.Credentials) error {
		return func(c minio.Credentials) error {
			_, err := s.minio.GetObject(t.Context(), c, bucket, key)
			return err
		}
	}
	list := func(bucket, prefix string) func(minio.Credentials) error {
		return func(c minio.Credentials) error {
			keys, err := s.minio.List(t.Context(), c, bucket, prefix)
			if err == nil && len(keys) == 0 {
				return errors.New("nothing is listed")
			}
			return err
		}
	}
	for _, tt := range []struct {
		name   string
		act    func(minio.Credentials) error
		narrow string // the error under the session policy; without it everything is allowed
	}{
		{"get inside", get("acme-ml", "churn/train.csv"), ""},
		{"list inside", list("acme-ml", "churn/"), ""},
		{"get a neighbour", get("acme-ml", "churn-secret/train.csv"), "AccessDenied"},
		{"list a neighbour", list("acme-ml", "churn-secret/"), "AccessDenied"},
		{"list the bucket", list("acme-ml", ""), "AccessDenied"},
		{"get from another bucket", get("acme-features", "v2/features.csv"), "AccessDenied"},
		{"put", func(c minio.Credentials) error {
			return s.minio.PutObject(t.Context(), c, "acme-ml", "churn/new.csv", []byte("new"))
		}, "AccessDenied"},
	} {
		if err := tt.act(broad); err != nil {
			t.Errorf("%s, role without session policy: %v", tt.name, err)
		}
		if code := codeOf(tt.act(narrow)); code != tt.narrow {
			t.Errorf("%s, with session policy: %q, want %q", tt.name, code, tt.narrow)
		}
	}
	if _, err := s.minio.Assume(t.Context(), idToken+"x", ""); codeOf(err) == "" {
		t.Errorf("a token with a broken signature: %v", err)
	}
	if got := s.dex.Secrets(); !slices.Contains(got, idToken) {
		t.Error("the gate did not record the ID token")
	}

	// The AWS CLI takes its keys from a helper and the session policy holds for it, too.
	l := laptop.New(t, "")
	helper := l.Write(t, "helper", "#!/bin/sh\nexec cat \"$HOME/answer.json\"\n", 0o700)
	const contract = `{"Version":1,"AccessKeyId":%q,"SecretAccessKey":%q,"SessionToken":%q,"Expiration":%q}`
	l.Write(t, "answer.json", fmt.Sprintf(contract,
		narrow.AccessKeyID, narrow.SecretAccessKey, narrow.SessionToken, narrow.Expiration.Format(time.RFC3339)), 0o600)
	l.Write(t, laptop.AWSProfile, "[profile control]\nregion = us-east-1\ncredential_process = "+helper+"\n", 0o600)
	allowed(t, l.AWS(t, s.minio.URL, "control", "s3", "cp", "s3://acme-ml/churn/train.csv", "-"), "inside the dataset")
	denied(t, l.AWS(t, s.minio.URL, "control", "s3", "cp", "s3://acme-ml/churn-secret/train.csv", "-"))
	denied(t, l.AWS(t, s.minio.URL, "control", "s3", "ls", "s3://acme-features/v2/"))
}

// The private keyring is a real one: it starts empty, locks, and is another's than the person's.
func TestPrivateKeyring(t *testing.T) {
	t.Parallel()
	bus := secretservice.StartBus(t)
	home := t.TempDir()
	keyring := bus.Unlocked(t, home)
	if items := bus.Items(t); len(items) != 0 {
		t.Errorf("a new keyring holds %v", items)
	}
	keyring.Stop()
	bus.Locked(t, home)
}

// deviceLogin signs a person in by the device flow, each request written by hand, and returns the ID token.
func deviceLogin(t *testing.T, server *dex.Server, user dex.User) string {
	t.Helper()
	var device struct {
		DeviceCode      string `json:"device_code"`
		UserCode        string `json:"user_code"`
		VerificationURI string `json:"verification_uri"`
	}
	post(t, server.Issuer+"/device/code", url.Values{
		"client_id": {dex.ClientID}, "scope": {"openid email groups offline_access"},
	}, &device)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := dex.Approve(ctx, device.VerificationURI, device.UserCode, user); err != nil {
		t.Fatalf("approving: %v", err)
	}
	var tokens struct {
		IDToken string `json:"id_token"`
	}
	post(t, server.Issuer+"/token", url.Values{
		"client_id": {dex.ClientID}, "device_code": {device.DeviceCode},
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"},
	}, &tokens)
	return tokens.IDToken
}

func post(t *testing.T, address string, form url.Values, answer any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %s: %s", address, resp.Status, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		t.Fatal(err)
	}
}

// codeOf is the server's error code, "" for none, the whole text for any other error.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*minio.Error](err); ok {
		return e.Code
	}
	return err.Error()
}

func allowed(t *testing.T, r laptop.Result, output string) {
	t.Helper()
	if r.Code != 0 || !strings.Contains(r.Stdout, output) {
		t.Errorf("exit code %d, want 0 and %q:\n%s%s", r.Code, output, r.Stdout, r.Stderr)
	}
}

// denied asserts that the server said no, rather than that something else went wrong. HeadObject has no body: the CLI
// knows only its status.
func denied(t *testing.T, r laptop.Result) {
	t.Helper()
	if r.Code == 0 || !strings.Contains(r.Stderr, "AccessDenied") && !strings.Contains(r.Stderr, "(403)") {
		t.Errorf("exit code %d, want a refusal:\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}
