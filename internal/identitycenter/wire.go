package identitycenter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

const (
	// attempts bounds how often a request of the portal is sent that the service asks to send later.
	attempts = 5
	// maxPause bounds one wait between two of them, whatever Retry-After says: programs wait for the answer.
	maxPause = 10 * time.Second
)

// call is one request.
type call struct {
	operation string
	service   service
	path      string
	body      map[string]any // of a POST request to OIDC; nil for none
	query     url.Values
	bearer    secret.String // of the portal
	method    string
	secrets   []secret.String // taken out of texts that echo them
}

// once sends a request once. sent tells whether the service may have seen it. The error is an *Error where an answer came, and
// a sentence of httpclient.Explain where none did.
func (c *Client) once(ctx context.Context, region string, in call) (o httpclient.Object, sent bool, err error) {
	base, err := c.endpoint(in.service, region)
	if err != nil {
		return nil, false, err
	}
	address := base + in.path
	if in.query != nil {
		address += "?" + in.query.Encode()
	}
	var body io.Reader
	if in.body != nil {
		data, err := json.Marshal(in.body)
		if err != nil {
			return nil, false, err
		}
		body = bytes.NewReader(data)
	}
	var wrote atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	r, err := http.NewRequestWithContext(traced, in.method, address, body)
	if err != nil {
		return nil, false, err
	}
	r.Header.Set("Accept", "application/json")
	if in.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !in.bearer.IsZero() {
		r.Header.Set("X-Amz-Sso_bearer_token", in.bearer.Reveal())
	}
	doing := "asking IAM Identity Center (" + in.operation + ")"
	resp, err := c.HTTP.Do(r)
	if err != nil {
		return nil, wrote.Load() && !httpclient.Hopeless(err), httpclient.Explain(doing, err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, true, httpclient.Explain(doing, err)
	}
	o, isObject := httpclient.ParseObject(data)
	if resp.StatusCode == http.StatusOK && (isObject || len(data) == 0) {
		return o, true, nil
	}
	return nil, true, c.refusal(in, resp, o)
}

// paced sends a request that changes nothing, again where the service asks for patience or has a passing fault.
func (c *Client) paced(ctx context.Context, region string, in call) (httpclient.Object, error) {
	for attempt := 1; ; attempt++ {
		o, _, err := c.once(ctx, region, in)
		refused, ok := errors.AsType[*Error](err)
		if !ok || attempt == attempts || !refused.Passing() {
			return o, err
		}
		if err := c.Wait(ctx, pause(attempt, refused.RetryAfter)); err != nil {
			return nil, httpclient.Explain("asking IAM Identity Center ("+in.operation+") again", err)
		}
	}
}

// pause is 300 to 600 ms before the second attempt and doubles from there, unless the service wants more: many processes
// that were told to wait together must not come back together.
func pause(attempt int, retryAfter time.Duration) time.Duration {
	base := 300 * time.Millisecond << (attempt - 1)
	jitter := rand.N(base) //nolint:gosec // jitter, not a secret
	return min(max(base, retryAfter)+jitter, maxPause)
}

// scrub takes what was sent in confidence out of a text.
func (in call) scrub(text string) string {
	for _, s := range append(in.secrets, in.bearer) {
		if len(s.Reveal()) >= 8 { // a shorter one would tear holes into ordinary words
			text = strings.ReplaceAll(text, s.Reveal(), "[redacted]")
		}
	}
	return text
}
