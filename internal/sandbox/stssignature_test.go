package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// signedIdentity is a GetCallerIdentity request, signed now.
func signedIdentity(t *testing.T, s *Server, c *types.Credentials, service string, at time.Time) *http.Request {
	t.Helper()
	body := "Action=GetCallerIdentity&Version=" + stsVersion
	r := request(t, http.MethodPost, s.STSURL()+"/", formType, body)
	r.Header.Set("X-Amz-Extra", "  two  words ")
	sum := sha256.Sum256([]byte(body))
	known := aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
	if err := v4.NewSigner().SignHTTP(t.Context(), known, r, hex.EncodeToString(sum[:]), service, "eu-west-1", at); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSignatures(t *testing.T) {
	s, c := start(t)
	from := hop(t, s, "", nil)
	if a, err := do(t, signedIdentity(t, s, from, "sts", time.Now())); err != nil || a.status != http.StatusOK {
		t.Fatalf("%v, %s", err, a.body)
	}
	if last := s.STSCalls()[1]; last.Region != "eu-west-1" {
		t.Errorf("recorded %+v", last)
	}
	// Clocks that are off by minutes are no trouble, those off by more are the person's.
	s.Set(func(b *Behaviour) { b.Skew = 14 * time.Minute })
	if _, err := sdk(s).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, as(from)); err != nil {
		t.Error(err)
	}
	for skew, want := range map[time.Duration]string{16 * time.Minute: "Signature expired", -16 * time.Minute: "not yet current"} {
		s.Set(func(b *Behaviour) { b.Skew = skew })
		_, err := sdk(s).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, as(from))
		wantAPIError(t, want, err, "SignatureDoesNotMatch", http.StatusForbidden)
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", skew, err)
		}
	}
	s.Set(func(b *Behaviour) { b.Skew = 0 })
	c.advance(time.Hour)
	_, err := sdk(s).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, as(from))
	wantAPIError(t, "expired", err, "ExpiredToken", http.StatusForbidden)
}

func TestBadSignaturesAreUnexpected(t *testing.T) {
	type signed = *http.Request
	replace := func(name, old, other string) func(signed) {
		return func(r signed) { r.Header.Set(name, strings.Replace(r.Header.Get(name), old, other, 1)) }
	}
	for name, c := range map[string]struct {
		service string
		change  func(signed)
		code    string
		status  int
	}{
		"none":          {"", func(r signed) { r.Header.Del("Authorization") }, "MissingAuthenticationToken", 403},
		"another form":  {"", func(r signed) { r.Header.Set("Authorization", "Bearer x") }, "IncompleteSignature", 400},
		"parts missing": {"", replace("Authorization", "SignedHeaders=", "Headers="), "IncompleteSignature", 400},
		"no date":       {"", func(r signed) { r.Header.Del("X-Amz-Date") }, "IncompleteSignature", 400},
		"another date":  {"", func(r signed) { r.Header.Set("X-Amz-Date", "20010203T040506Z") }, "IncompleteSignature", 400},
		"unknown key":   {"", replace("Authorization", "Credential=ASIA", "Credential=AKIA"), "InvalidClientTokenId", 403},
		"no token":      {"", func(r signed) { r.Header.Del("X-Amz-Security-Token") }, "InvalidClientTokenId", 403},
		"another token": {"", func(r signed) { r.Header.Set("X-Amz-Security-Token", "x") }, "InvalidClientTokenId", 403},
		"signature":     {"", replace("Authorization", "Signature=", "Signature=0"), "SignatureDoesNotMatch", 403},
		"changed":       {"", func(r signed) { r.Header.Set("X-Amz-Extra", "three") }, "SignatureDoesNotMatch", 403},
		"added":         {"", func(r signed) { r.Header.Set("X-Amz-More", "x") }, "SignatureDoesNotMatch", 403},
		"host unsigned": {"", replace("Authorization", "host;", ""), "SignatureDoesNotMatch", 403},
		"region":        {"", replace("Authorization", "/eu-west-1/", "/us-east-1/"), "SignatureDoesNotMatch", 403},
		"service":       {"s3", func(signed) {}, "SignatureDoesNotMatch", 403},
		"body": {"", func(r signed) {
			r.Body = http.NoBody
			other := "Version=" + stsVersion + "&Action=GetCallerIdentity"
			again, _ := http.NewRequest(http.MethodPost, r.URL.String(), strings.NewReader(other))
			r.Body = again.Body
		}, "SignatureDoesNotMatch", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{})
			service := c.service
			if service == "" {
				service = "sts"
			}
			r := signedIdentity(t, s, hop(t, s, "", nil), service, time.Now())
			c.change(r)
			a, err := do(t, r)
			if err != nil || a.status != c.status || !strings.Contains(a.body, "<Code>"+c.code+"</Code>") {
				t.Errorf("%v, status %d: %s", err, a.status, a.body)
			}
			if u := s.Unexpected(); len(u) != 1 {
				t.Errorf("unexpected: %q", u)
			}
			if last := s.STSCalls()[1]; last.Error != c.code || last.Caller != "" {
				t.Errorf("recorded %+v", last)
			}
		})
	}
}
