package aws

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// What AWS's signatures are made of.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
const (
	signatureAlgorithm = "AWS4-HMAC-SHA256"
	signatureTime      = "20060102T150405Z"
	signatureService   = "sts"
	dateHeader         = "X-Amz-Date"
	tokenHeader        = "X-Amz-Security-Token" //nolint:gosec // a name

	// signatureGrace is how far a signature's time may be off.
	signatureGrace = 15 * time.Minute
)

// signature is an Authorization header, taken apart.
type signature struct {
	accessKeyID, date, region, service string
	headers                            []string // that are signed, in lower case
	value                              string
}

// authenticate finds the session that a request is signed with. What no orderly client sends is recorded: no signature, a
// broken or wrong one, credentials that the sandbox did not issue.
func (a *Account) authenticate(r *http.Request, call *Call, service string) (Credentials, *fault) {
	refuse := func(code, why string) (Credentials, *fault) {
		a.h.Unexpectedf("%s %s: %s: %s: %s", r.Method, r.URL.Path, call.Action, code, why)
		return Credentials{}, &fault{code, why}
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return refuse("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	given, ok := parseSignature(header)
	if !ok {
		return refuse("IncompleteSignature", "Authorization header is not in the form of AWS4-HMAC-SHA256")
	}
	known, ok := a.issued[given.accessKeyID]
	if !ok || r.Header.Get(tokenHeader) != known.SessionToken {
		return refuse("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	signed, err := time.Parse(signatureTime, r.Header.Get(dateHeader))
	if err != nil || !strings.HasPrefix(r.Header.Get(dateHeader), given.date+"T") {
		return refuse("IncompleteSignature", "Date must be in X-Amz-Date, and be that of the credential's scope")
	}
	if given.service != service {
		return refuse("SignatureDoesNotMatch", "Credential should be scoped to correct service: '"+service+"'.")
	}
	if why := given.unsigned(r); why != "" {
		return refuse("SignatureDoesNotMatch", why)
	}
	same, err := given.matches(r, known.SecretAccessKey, signed)
	if err != nil || !same {
		return refuse("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you "+
			"provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	// The SDKs sign by the machine's clock, which no test moves: only the skew that was asked for counts.
	now := time.Now().UTC().Add(a.h.Behaviour.Skew)
	off := func(format string, bound time.Time) (Credentials, *fault) {
		return Credentials{}, &fault{"SignatureDoesNotMatch", fmt.Sprintf(format,
			signed.Format(signatureTime), bound.Format(signatureTime), now.Format(signatureTime))}
	}
	switch {
	case now.Sub(signed) > signatureGrace:
		return off("Signature expired: %s is now earlier than %s (%s - 15 min.)", now.Add(-signatureGrace))
	case signed.Sub(now) > signatureGrace:
		return off("Signature not yet current: %s is still later than %s (%s + 15 min.)", now.Add(signatureGrace))
	case !a.h.Clock().Before(known.Expires):
		return Credentials{}, &fault{"ExpiredToken", "The security token included in the request is expired"}
	}
	call.Caller, call.Region = known.arn(), given.region
	return known, nil
}

// parseSignature reads AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=A;B, Signature=HEX.
func parseSignature(header string) (signature, bool) {
	rest, ok := strings.CutPrefix(header, signatureAlgorithm+" ")
	if !ok {
		return signature{}, false
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return signature{}, false
	}
	return signature{
		accessKeyID: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(fields["SignedHeaders"], ";"), value: fields["Signature"],
	}, true
}

// unsigned tells which header should have been signed and was not; "" where none. The host and all that begin with x-amz-
// must be.
func (g signature) unsigned(r *http.Request) string {
	if !slices.Contains(g.headers, "host") {
		return "'Host' must be a 'SignedHeader' in the AWS Authorization."
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && !slices.Contains(g.headers, name) {
			return fmt.Sprintf("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return ""
}

// matches signs the request once more, with nothing but the headers that were signed, and compares.
func (g signature) matches(r *http.Request, secretKey string, at time.Time) (bool, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false, err
	}
	again := r.Clone(r.Context())
	again.Header = http.Header{}
	again.ContentLength = 0
	for _, name := range g.headers {
		switch name {
		case "host": // is not among the headers
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	sum := sha256.Sum256(body)
	// The session token is signed as a header, where it is.
	known := aws.Credentials{AccessKeyID: g.accessKeyID, SecretAccessKey: secretKey}
	err = v4.NewSigner().SignHTTP(r.Context(), known, again, hex.EncodeToString(sum[:]), g.service, g.region, at)
	if err != nil {
		return false, err
	}
	want, ok := parseSignature(again.Header.Get("Authorization"))
	return ok && subtle.ConstantTimeCompare([]byte(want.value), []byte(g.value)) == 1, nil
}
