package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	readerARN  = "arn:aws:iam::111122223333:role/ml-reader"
	trainerARN = "arn:aws:iam::111122223333:role/ml-trainer"
)

// sdk is AWS's own client, so that the XML is read by whom it is meant for, over the product's transport.
func sdk(s *Server) *sts.Client {
	return sts.New(sts.Options{
		Region:           "us-east-1",
		BaseEndpoint:     aws.String(s.STSURL()),
		HTTPClient:       httpclient.New(httpclient.Options{}),
		RetryMaxAttempts: 1,
	})
}

// mint signs a token with the provider's current key: claims, or a nil for none, are laid over those of an orderly token.
func mint(t *testing.T, s *Server, claims map[string]any) string {
	t.Helper()
	now := s.Clock().Unix()
	all := map[string]any{"iss": s.Issuer(), "sub": "00u1alice7Kq", "aud": s.ClientID(), "iat": now, "exp": now + 3600}
	harness.Overlay(all, claims)
	token, err := s.Issuers.Provider.Sign(all, "RS256")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func assumeInput(token string) *sts.AssumeRoleWithWebIdentityInput {
	return &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(trainerARN), RoleSessionName: aws.String("alice"), WebIdentityToken: aws.String(token),
	}
}

func TestARoleIsAssumed(t *testing.T) {
	s, c := start(t)
	input := assumeInput(mint(t, s, map[string]any{"https://aws.amazon.com/source_identity": "alice"}))
	input.Policy = aws.String(`{"Version":"2012-10-17","Statement":[]}`)
	input.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}}
	input.DurationSeconds = aws.Int32(900)
	out, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	key := aws.ToString(out.Credentials.AccessKeyId)
	if len(key) != 20 || !strings.HasPrefix(key, "ASIA") || len(aws.ToString(out.Credentials.SecretAccessKey)) != 40 ||
		len(aws.ToString(out.Credentials.SessionToken)) < 1000 {
		t.Errorf("credentials %+v", out.Credentials)
	}
	if want := c.Now().Add(15 * time.Minute); !out.Credentials.Expiration.Equal(want) {
		t.Errorf("expiration %s, want %s", out.Credentials.Expiration, want)
	}
	if arn := aws.ToString(out.AssumedRoleUser.Arn); arn != "arn:aws:sts::111122223333:assumed-role/ml-trainer/alice" {
		t.Errorf("ARN %s", arn)
	}
	if aws.ToInt32(out.SessionTokenSize) != 1040 || aws.ToInt32(out.SessionTokenUtilization) != 26 || aws.ToString(out.SourceIdentity) != "alice" ||
		aws.ToString(out.Provider) != s.Issuer() || aws.ToString(out.SubjectFromWebIdentityToken) != "00u1alice7Kq" {
		t.Errorf("answer %+v", out)
	}
	//nolint:staticcheck // Deprecated by AWS in favour of SessionTokenUtilization, and still sent.
	if packed := aws.ToInt32(out.PackedPolicySize); packed != 4 {
		t.Errorf("packed policy of %d percent", packed)
	}
	calls := s.STSCalls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	got := calls[0]
	if got.RoleARN != trainerARN || got.SessionName != "alice" || got.Policy != *input.Policy || got.Duration != 15*time.Minute ||
		got.Subject != "00u1alice7Kq" || got.Audience != s.ClientID() || got.AccessKeyID != key || got.Error != "" ||
		len(got.PolicyARNs) != 1 || !got.Time.Equal(c.Now()) {
		t.Errorf("recorded %+v", got)
	}
}

func TestCredentialsLive(t *testing.T) {
	s, c := start(t)
	input := assumeInput(mint(t, s, nil))
	for set, want := range map[time.Duration]time.Duration{0: time.Hour, 3 * time.Second: 3 * time.Second} {
		s.Set(func(b *Behaviour) { b.CredentialLifetime = set })
		out, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), input)
		if err != nil {
			t.Fatal(err)
		}
		if life := out.Credentials.Expiration.Sub(c.Now()); life != want {
			t.Errorf("%s: they live %s, want %s", set, life, want)
		}
	}
}

// wantAPIError checks an error's code and status as the SDK reads them.
func wantAPIError(t *testing.T, name string, err error, code string, status int) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Errorf("%s: got %v, want %s", name, err, code)
		return
	}
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if api.ErrorCode() != code || !ok || response.HTTPStatusCode() != status {
		t.Errorf("%s: got %v, want %s with status %d", name, err, code, status)
	}
}

func TestSTSRefusesAsAWSDoes(t *testing.T) {
	type input = sts.AssumeRoleWithWebIdentityInput
	managed := func(n int, arn string) []types.PolicyDescriptorType {
		var arns []types.PolicyDescriptorType
		for range n {
			arns = append(arns, types.PolicyDescriptorType{Arn: aws.String(arn)})
		}
		return arns
	}
	for name, c := range map[string]struct {
		claims     map[string]any
		change     func(*input)
		code       string
		status     int
		unexpected int
	}{
		"expired":     {claims: map[string]any{"exp": 1000}, code: "ExpiredTokenException", status: 400},
		"issuer":      {claims: map[string]any{"iss": "https://other"}, code: "InvalidIdentityToken", status: 400},
		"audience":    {claims: map[string]any{"aud": "other"}, code: "InvalidIdentityToken", status: 400},
		"audiences":   {claims: map[string]any{"aud": []string{"a", "b"}}, code: "InvalidIdentityToken", status: 400},
		"odd aud":     {claims: map[string]any{"aud": 5}, code: "InvalidIdentityToken", status: 400},
		"no subject":  {claims: map[string]any{"sub": nil}, code: "InvalidIdentityToken", status: 400},
		"no audience": {claims: map[string]any{"aud": nil}, code: "InvalidIdentityToken", status: 400},
		"no expiry":   {claims: map[string]any{"exp": nil}, code: "InvalidIdentityToken", status: 400},
		"no iat":      {claims: map[string]any{"iat": nil}, code: "InvalidIdentityToken", status: 400},
		"bob":         {claims: map[string]any{"sub": "00u2bob5Tz"}, code: "AccessDenied", status: 403},
		"not a token": {
			change: func(i *input) { i.WebIdentityToken = aws.String("opaque") }, code: "InvalidIdentityToken", status: 400,
		},
		"garbled": {
			change: func(i *input) { i.WebIdentityToken = aws.String("a.!.c") }, code: "InvalidIdentityToken", status: 400,
		},
		"signature": {
			change: func(i *input) {
				*i.WebIdentityToken = (*i.WebIdentityToken)[:strings.LastIndexByte(*i.WebIdentityToken, '.')] + ".AAAA"
			},
			code: "InvalidIdentityToken", status: 400,
		},
		"unknown role": {
			change: func(i *input) { i.RoleArn = aws.String(readerARN + "s") }, code: "AccessDenied", status: 403,
		},
		"longer than the role allows": {
			change: func(i *input) { i.DurationSeconds = aws.Int32(3601) }, code: "ValidationError", status: 400,
		},
		"policy is not JSON": {
			change: func(i *input) { i.Policy = aws.String("{") }, code: "MalformedPolicyDocument", status: 400,
		},
		"policy without statements": {
			change: func(i *input) { i.Policy = aws.String("{}") }, code: "MalformedPolicyDocument", status: 400,
		},
		"packed policy": {
			claims: map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"a": strings.Repeat("x", 256)}}},
			change: func(i *input) { i.Policy = aws.String(`{"Statement":[` + strings.Repeat(" ", 1900) + `]}`) },
			code:   "PackedPolicyTooLarge", status: 400,
		},
		// What a client must check for itself is recorded as well.
		"policy too long": {
			change: func(i *input) { i.Policy = aws.String(strings.Repeat("x", 2049)) },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"session name": {
			change: func(i *input) { i.RoleSessionName = aws.String("Ünïcode Name") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"short session name": {
			change: func(i *input) { i.RoleSessionName = aws.String("a") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"short duration": {
			change: func(i *input) { i.DurationSeconds = aws.Int32(899) },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"long duration": {
			change: func(i *input) { i.DurationSeconds = aws.Int32(43201) },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"long token": {
			change: func(i *input) { i.WebIdentityToken = aws.String(strings.Repeat("x", 20001)) },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"short role": {
			change: func(i *input) { i.RoleArn = aws.String("arn:aws:iam::1") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"role of a user": {
			change: func(i *input) { i.RoleArn = aws.String("arn:aws:iam::111122223333:user/alice") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"eleven policies": {
			change: func(i *input) { i.PolicyArns = managed(11, "arn:aws:iam::aws:policy/ReadOnlyAccess") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"policy ARN": {
			change: func(i *input) { i.PolicyArns = managed(1, "arn:aws:s3:::bucket/not-a-policy") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"provider id": {
			change: func(i *input) { i.ProviderId = aws.String("www.amazon.com") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{})
			in := assumeInput(mint(t, s, c.claims))
			if c.change != nil {
				c.change(in)
			}
			_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), in)
			wantAPIError(t, name, err, c.code, c.status)
			if calls := s.STSCalls(); len(calls) != 1 || calls[0].Error != c.code || calls[0].AccessKeyID != "" {
				t.Errorf("recorded %+v", calls)
			}
			if u := s.Unexpected(); len(u) != c.unexpected {
				t.Errorf("unexpected: %q", u)
			}
		})
	}
}

func TestTrustNamesAudiences(t *testing.T) {
	s := startWith(t, Options{Trust: []Trust{
		{RoleARN: trainerARN, Audiences: []string{"sts.amazonaws.com"}, Subjects: []string{"00u1alice7Kq"}},
	}})
	if _, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(),
		assumeInput(mint(t, s, map[string]any{"aud": []string{"x", "sts.amazonaws.com"}}))); err != nil {
		t.Error(err)
	}
	_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), assumeInput(mint(t, s, nil)))
	wantAPIError(t, "the client's audience", err, "AccessDenied", http.StatusForbidden)
}

func TestOtherActionsAreUnexpected(t *testing.T) {
	s := startWith(t, Options{})
	client := sdk(s)
	signed := func(o *sts.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "x", SessionToken: "x"}, nil
		})
	}
	_, err := client.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{}, signed)
	wantAPIError(t, "GetSessionToken", err, "InvalidAction", http.StatusBadRequest)
	if a := post(t, s.STSURL(), "Action", actionWebIdentity, "Version", "1"); !strings.Contains(a.body, "NoSuchVersion") {
		t.Errorf("version: %s", a.body)
	}
	if a := post(t, s.STSURL(), "Action", actionWebIdentity, "Version", stsVersion, "DurationSeconds", "x", "RoleArn", trainerARN,
		"RoleSessionName", "alice", "WebIdentityToken", "a.b.c"); !strings.Contains(a.body, "MalformedInput") {
		t.Errorf("duration: %s", a.body)
	}
	r := request(t, http.MethodPost, s.STSURL(), formType, "Action="+actionWebIdentity+"&Version="+stsVersion)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 …")
	if _, err := do(t, r); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(s.Unexpected(), "\n")
	for _, want := range []string{`"GetSessionToken"`, `version "1"`, "MalformedInput", "signed with other credentials"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}
