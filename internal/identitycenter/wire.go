package identitycenter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// patience is for a portal that asks to be asked later: five attempts in all, after 300 to 600 ms, twice as long each
// further time, or what the service wants if that is longer. Programs wait for the answer: one that wants more is not waited
// for.
var patience = httpclient.Policy{
	Pauses: []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, 1200 * time.Millisecond, 2400 * time.Millisecond},
	Jitter: true, Longest: 5 * time.Second,
}

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

func (in call) doing() string { return "asking IAM Identity Center (" + in.operation + ")" }

// once sends a request once. The error is an *Error where the service refused, and that of httpclient where no answer of
// the service came.
func (c *Client) once(ctx context.Context, region string, in call) (*httpclient.Answer, error) {
	base, err := c.endpoint(in.service, region)
	if err != nil {
		return nil, err
	}
	address := base + in.path
	if in.query != nil {
		address += "?" + in.query.Encode()
	}
	var body io.Reader
	if in.body != nil {
		data, err := json.Marshal(in.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, in.method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if in.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !in.bearer.IsZero() {
		r.Header.Set("X-Amz-Sso_bearer_token", in.bearer.Reveal())
	}
	asked := httpclient.Asked{Doing: in.doing(), Of: "IAM Identity Center", Named: c.named(in.service)}
	a, err := httpclient.Do(c.HTTP, asked, r, append(in.secrets, in.bearer)...)
	if err != nil {
		return nil, err
	}
	if a.Status == http.StatusOK && (a.Object != nil || len(a.Body) == 0) {
		return a, nil
	}
	if refused := in.refusal(a, c.Now()); refused.Code != "" {
		return nil, refused
	}
	return nil, a.NoAnswer()
}

// paced sends a request that changes nothing, again where the service asks for patience or has a temporary fault.
func (c *Client) paced(ctx context.Context, region string, in call) (a *httpclient.Answer, err error) {
	err = httpclient.Retry(ctx, in.doing()+" again", patience, func(ctx context.Context) (err error) {
		a, err = c.once(ctx, region, in)
		if refused, ok := errors.AsType[*Error](err); ok && refused.Transient() {
			return httpclient.Temporary(err, refused.RetryAfter)
		}
		if after, passing := httpclient.Passing(err); passing {
			return httpclient.Temporary(err, after)
		}
		return err
	})
	return a, err
}
