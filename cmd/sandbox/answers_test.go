package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// startSandbox starts a sandbox and returns a token of alice, who may have everything.
func startSandbox(t *testing.T) (s *sandbox.Server, idToken string) {
	t.Helper()
	s, err := sandbox.Start(context.WithoutCancel(t.Context()), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	idToken, err = s.Issuers.Provider.Sign(map[string]any{
		"iss": s.Issuer(), "sub": "00u1alice7Kq", "aud": s.ClientID(), "iat": time.Now().Unix(), "exp": time.Now().Unix() + 3600,
	}, "RS256")
	if err != nil {
		t.Fatal(err)
	}
	return s, idToken
}

// wantRefused checks that an answer is taken as it is, and not with any of the replacements.
func wantRefused(t *testing.T, check func([]byte, *sandbox.Server) error, s *sandbox.Server, good string, changes map[string]string) {
	t.Helper()
	if err := check([]byte(good), s); err != nil {
		t.Error(err)
	}
	for old, replacement := range changes {
		changed := strings.Replace(good, old, replacement, 1)
		if changed == good {
			t.Errorf("%q is not in the answer", old)
		}
		if err := check([]byte(changed), s); err == nil {
			t.Errorf("%q for %q was taken", replacement, old)
		}
	}
}

func TestCredentialsAreChecked(t *testing.T) {
	s, idToken := startSandbox(t)
	client := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: aws.String(s.STSURL())})
	var keys []string
	for _, role := range []string{"ml-trainer", "ml-reader"} {
		out, err := client.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn:         aws.String("arn:aws:iam::" + sandbox.Account + ":role/" + role),
			RoleSessionName: aws.String("alice"), WebIdentityToken: aws.String(idToken),
		})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, aws.ToString(out.Credentials.AccessKeyId))
	}
	good := `{"Version":1,"AccessKeyId":"` + keys[0] + `","SecretAccessKey":"x","SessionToken":"y","Expiration":"2030-01-01T00:00:00Z"}`
	wantRefused(t, credentialsOf("ml-trainer"), s, good, map[string]string{
		`"Version":1`: `"Version":2`, keys[0]: keys[1], `"x"`: `""`, `"y"`: `""`, "2030-01-01T00:00:00Z": "tomorrow", "{": "",
	})
}

func TestWorkspaceTokensAreChecked(t *testing.T) {
	s, idToken := startSandbox(t)
	resp, err := http.PostForm(s.WorkspaceHost()+"/oidc/v1/token", url.Values{
		"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token": {idToken}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "scope": {"all-apis"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	secrets := s.Secrets()
	token := secrets[len(secrets)-1]
	good := `{"access_token":"` + token + `","token_type":"Bearer","expiry":"2030-01-01T00:00:00.301731-05:00"}`
	wantRefused(t, checkToken, s, good, map[string]string{
		token: "x", "Bearer": "MAC", ".301731-05:00": "Z", ".301731": "", "{": "",
	})
}
