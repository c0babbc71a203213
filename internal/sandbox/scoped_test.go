package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const (
	anything    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	withoutHops = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"sts:AssumeRole","Resource":"*"}]}`
)

// scopedAnswer is what GetScopedCredentials answers, as AWS's model of it has the elements.
type scopedAnswer struct {
	Credentials struct {
		AccessKeyID     string `xml:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
	} `xml:"GetScopedCredentialsResult>Credentials"`
	ID          string `xml:"GetScopedCredentialsResult>SessionInfo>ScopedSessionId"`
	ARN         string `xml:"GetScopedCredentialsResult>SessionInfo>Arn"`
	Size        int    `xml:"GetScopedCredentialsResult>SessionTokenSize"`
	Utilization int    `xml:"GetScopedCredentialsResult>SessionTokenUtilization"`
	Count       int    `xml:"GetScopedCredentialsResult>ScopedPoliciesCount"`
	Source      string `xml:"GetScopedCredentialsResult>SourceIdentity"`
	Code        string `xml:"Error>Code"`
	Message     string `xml:"Error>Message"`
}

func (a scopedAnswer) keys() *types.Credentials {
	return &types.Credentials{
		AccessKeyId: aws.String(a.Credentials.AccessKeyID), SecretAccessKey: aws.String(a.Credentials.SecretAccessKey),
		SessionToken: aws.String(a.Credentials.SessionToken),
	}
}

// scope asks for narrower credentials, with parameters as pairs. The SDK for Go does not know the call.
func scope(t *testing.T, s *Server, from *types.Credentials, region string, parameters ...string) (got scopedAnswer, status int) {
	t.Helper()
	form := url.Values{"Action": {"GetScopedCredentials"}, "Version": {stsVersion}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	r := request(t, http.MethodPost, s.STSURL()+"/", formType, form.Encode())
	sum := sha256.Sum256([]byte(form.Encode()))
	keys := aws.Credentials{AccessKeyID: *from.AccessKeyId, SecretAccessKey: *from.SecretAccessKey, SessionToken: *from.SessionToken}
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, hex.EncodeToString(sum[:]), "sts", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	a, err := do(t, r)
	if err == nil {
		err = xml.Unmarshal([]byte(a.body), &got)
	}
	if err != nil {
		t.Fatal(err, a.body)
	}
	return got, a.status
}

func TestASessionIsNarrowed(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	from := hop(t, s, "", map[string]any{"https://aws.amazon.com/source_identity": "alice"})
	got, status := scope(t, s, from, "eu-west-1", "Policy", anything, "DurationSeconds", "60", "ScopedSessionDescription", "ml-hop, run 7", "MinimumSessionTokenSize", "4096")
	if status != http.StatusOK || got.Credentials.AccessKeyID == *from.AccessKeyId || got.Count != 1 || got.Size != 4096 || got.Utilization != 100 ||
		len(got.Credentials.SessionToken) != 4096 || got.Source != "alice" || !got.Credentials.Expiration.Equal(c.Now().Add(time.Minute)) ||
		got.ARN != "arn:aws:sts::111122223333:assumed-role/ml-hop/alice" || !strings.HasSuffix(got.ID, ":alice") {
		t.Fatalf("%d: %+v", status, got)
	}
	calls := s.STSCalls()
	if last := calls[len(calls)-1]; last.Description != "ml-hop, run 7" || last.CallerKeyID != *from.AccessKeyId || last.AccessKeyID != got.Credentials.AccessKeyID ||
		last.ScopedPolicies != 1 || last.Policy != anything || last.Region != "eu-west-1" || last.Duration != time.Minute {
		t.Errorf("recorded %+v", last)
	}
	// It is the same session: what may be done is what all layers allow, and the role can be assumed by them.
	if _, err := sdk(s).AssumeRole(t.Context(), deepInput(), as(got.keys())); err != nil {
		t.Error(err)
	}
	without, _ := scope(t, s, got.keys(), "us-east-1", "Policy", withoutHops)
	again, _ := scope(t, s, without.keys(), "us-east-1", "Policy", anything)
	if again.Count != 3 || !again.Credentials.Expiration.Equal(c.Now().Add(time.Minute)) || again.ID != got.ID {
		t.Errorf("%+v", again)
	}
	for name, keys := range map[string]*types.Credentials{"narrowed": without.keys(), "narrowed again": again.keys()} {
		_, err := sdk(s).AssumeRole(t.Context(), deepInput(), as(keys))
		wantAPIError(t, name, err, "AccessDenied", http.StatusForbidden)
	}
	if out, err := sdk(s).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, as(again.keys())); err != nil || *out.Arn != got.ARN || *out.UserId != got.ID {
		t.Errorf("%+v, %v", out, err)
	}
	if fourth, status := scope(t, s, again.keys(), "us-east-1", "Policy", anything); status != http.StatusForbidden || fourth.Code != "AccessDenied" {
		t.Errorf("a fourth layer: %d %+v", status, fourth)
	}
	if shorter, status := scope(t, s, again.keys(), "us-east-1", "DurationSeconds", "1"); status != http.StatusOK || shorter.Count != 3 {
		t.Errorf("no policy is no layer: %d %+v", status, shorter)
	}
	c.advance(2 * time.Minute)
	if ended, status := scope(t, s, again.keys(), "us-east-1", "Policy", anything); status != http.StatusForbidden || ended.Code != "ExpiredToken" {
		t.Errorf("%d %+v", status, ended)
	}
}

func TestWhatIsNotNarrowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		region, policy string // of the caller
		behave         func(*Behaviour)
		parameters     []string
		code           string
		unexpected     bool
	}{
		"nothing asked for":    {code: "ValidationError", unexpected: true},
		"empty policy":         {parameters: []string{"Policy", ""}, code: "ValidationError", unexpected: true},
		"long policy":          {parameters: []string{"Policy", strings.Repeat("x", 2049)}, code: "ValidationError", unexpected: true},
		"no time":              {parameters: []string{"DurationSeconds", "0"}, code: "ValidationError", unexpected: true},
		"too long a time":      {parameters: []string{"DurationSeconds", "129601"}, code: "ValidationError", unexpected: true},
		"long description":     {parameters: []string{"Policy", anything, "ScopedSessionDescription", strings.Repeat("x", 257)}, code: "ValidationError", unexpected: true},
		"too large a token":    {parameters: []string{"Policy", anything, "MinimumSessionTokenSize", "4097"}, code: "ValidationError", unexpected: true},
		"beyond the session":   {parameters: []string{"DurationSeconds", "3601"}, code: "InsufficientSessionLifetime"},
		"no policy":            {parameters: []string{"Policy", `{"Version"`}, code: "MalformedPolicyDocument"},
		"no region":            {region: "aws-global", parameters: []string{"Policy", anything}, code: "InvalidAction"},
		"another partition":    {behave: func(b *Behaviour) { b.NoScopedCredentials = true }, parameters: []string{"Policy", anything}, code: "InvalidAction"},
		"the organisation":     {behave: func(b *Behaviour) { b.ScopedCredentialsDenied = true }, parameters: []string{"Policy", anything}, code: "AccessDenied"},
		"the session's policy": {policy: withoutScoping, parameters: []string{"Policy", anything}, code: "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{})
			if c.behave != nil {
				s.Set(c.behave)
			}
			if c.region == "" {
				c.region = "us-east-1"
			}
			got, status := scope(t, s, hop(t, s, c.policy, nil), c.region, c.parameters...)
			if status < 400 || got.Code != c.code || got.Message == "" || (len(s.Unexpected()) > 0) != c.unexpected {
				t.Errorf("%d %+v, unexpected %q", status, got, s.Unexpected())
			}
			calls := s.STSCalls()
			if last := calls[len(calls)-1]; last.Error != c.code || last.AccessKeyID != "" || last.ScopedPolicies != 0 {
				t.Errorf("recorded %+v", last)
			}
		})
	}
}

const withoutScoping = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`

// Three full policies have no room in one token.
func TestATokenHasSoManyBytes(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	full := strings.Replace(anything, "{", "{"+strings.Repeat(" ", 2048-len(anything)), 1)
	first, _ := scope(t, s, hop(t, s, "", nil), "us-east-1", "Policy", full)
	second, _ := scope(t, s, first.keys(), "us-east-1", "Policy", full)
	third, status := scope(t, s, second.keys(), "us-east-1", "Policy", full)
	if first.Size != 1040+1024 || second.Count != 2 || status != http.StatusBadRequest || third.Code != "PackedPolicyTooLarge" || !strings.Contains(third.Message, "4112 bytes") {
		t.Errorf("%+v, %+v, %d %+v", first, second, status, third)
	}
}
