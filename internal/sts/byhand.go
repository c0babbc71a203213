package sts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// byHand is a request of a call that the SDK's client does not know.
type byHand struct {
	about   question
	service string // as signatures name it
	of      string // who is to answer, for messages
	named   string // what names the address, for messages; "" for the service's own
	request *http.Request
	body    []byte // of the request, which has none yet
	// digestHeader says that the digest of the body goes along as a header, which S3 wants.
	digestHeader bool
}

// send signs a request with a role's credentials and returns what came back, whatever its status.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (c *Client) send(ctx context.Context, from *Credentials, in byHand) (*httpclient.Answer, error) {
	sum := sha256.Sum256(in.body)
	digest := hex.EncodeToString(sum[:])
	if in.digestHeader {
		in.request.Header.Set("X-Amz-Content-Sha256", digest)
	}
	if len(in.body) > 0 {
		in.request.Body, in.request.ContentLength = io.NopCloser(bytes.NewReader(in.body)), int64(len(in.body))
	}
	keys := aws.Credentials{
		AccessKeyID: from.AccessKeyID, SecretAccessKey: from.SecretAccessKey.Reveal(), SessionToken: from.SessionToken.Reveal(),
	}
	// By the machine's clock, as the SDK signs what goes to STS: AWS compares it with its own.
	err := v4.NewSigner().SignHTTP(ctx, keys, in.request, digest, in.service, in.about.region, time.Now(),
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		return nil, httpclient.Explain(in.about.doing(), err)
	}
	return httpclient.Do(c.HTTP, httpclient.Asked{Doing: in.about.doing(), Of: in.of, Named: in.named}, in.request)
}

// refusalOf is an error of the service's in the form that the SDK gives its own: what explains those explains this.
func refusalOf(a *httpclient.Answer, code, message string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: a.Status, Header: a.Header}},
		Err:      &smithy.GenericAPIError{Code: code, Message: a.Shown(message, 600)},
	}
}
