package databricks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Exchange is one request for a workspace token.
type Exchange struct {
	Host        string   // see NormalizeHost
	AccountID   string   // of the Databricks account, where Host is its console or a unified host
	WorkspaceID string   // of the workspace, where Host is a unified host
	ClientID    string   // application ID of the service principal to become; "" for the person themselves
	Scopes      []string // what the token is to be for, see package scope; nil: everything
	Token       secret.String

	// What the token presents, for the message when Databricks refuses it.
	Issuer, Audience, Subject string

	signIn bool // only the endpoint is asked for, for a person's own sign-in
}

// patience is for a server that is only busy: it is asked once more, after what it asks for or half a second to a
// second.
// The longest Retry-After that is waited for is short: no Databricks SDK gives up on its helper by itself, so a clear error soon
// is worth more than a token late.
var patience = httpclient.Policy{Pauses: []time.Duration{500 * time.Millisecond}, Jitter: true, Exact: true, Longest: 5 * time.Second}

// tokenError marks a refusal that a newer ID token may fix.
type tokenError struct{ error }

// TokenRefused reports whether Databricks refused the ID token itself, so that refreshing it once and asking again is
// worth it. A missing federation policy may look the same: RFC 8693 section 2.2.2 gives both one code.
func TokenRefused(err error) bool {
	_, ok := errors.AsType[tokenError](err)
	return ok
}

// Exchange trades an ID token for a workspace token (RFC 8693 section 2). Before anything is sent, the host must be one
// that may receive tokens, and the token one that Databricks can take. A busy server (429, 503) is asked once more,
// after up to five seconds. Every refusal is a sentence with what was presented and a remedy; for those that a newer ID
// token may fix, TokenRefused reports true.
func (c *Client) Exchange(ctx context.Context, e Exchange) (*Token, error) {
	host, err := c.destination(e.Host)
	if err != nil {
		return nil, err
	}
	e.Host = host
	if err := checkIDToken(e.Token); err != nil {
		return nil, err
	}
	endpoint, kept, err := c.endpoint(ctx, e, false)
	if err != nil {
		return nil, err
	}
	token, err := c.trade(ctx, e, endpoint)
	if err != nil && kept && ctx.Err() == nil && !httpclient.Lost(err) {
		// What the host said of itself a while ago may be so no more.
		if present, _, again := c.endpoint(ctx, e, true); again == nil && present != endpoint {
			return c.trade(ctx, e, present)
		}
	}
	return token, err
}

// trade sends the request to an endpoint.
func (c *Client) trade(ctx context.Context, e Exchange, endpoint string) (token *Token, err error) {
	err = httpclient.Retry(ctx, e.doing(), patience, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(e.form()))
		if err != nil {
			return httpclient.Explain(e.doing(), err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		began := c.Now()
		a, err := c.ask(e.doing(), r, parts(e.Token)...)
		if err != nil {
			return err
		}
		if token, err = e.token(a, began); a.busy() {
			return httpclient.Temporary(err, a.retryAfter)
		}
		return err
	})
	return token, err
}

func (e Exchange) form() string {
	form := url.Values{
		"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token":      {e.Token.Reveal()},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		"scope":              {strings.Join(e.scopes(), " ")},
	}
	if e.ClientID != "" {
		form.Set("client_id", e.ClientID)
	}
	return form.Encode()
}

func (e Exchange) doing() string {
	if e.signIn {
		return "asking " + e.Host + " where people sign in"
	}
	return "exchanging the ID token at " + e.Host
}

func (e Exchange) scopes() []string {
	if e.Scopes == nil {
		return []string{scope.All}
	}
	return e.Scopes
}

// busy reports whether the same request may succeed in a moment.
func (a *answer) busy() bool {
	return a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable
}

// parts are what must not be shown of a token: a JWT's claims and signature are as telling as the whole.
func parts(token secret.String) []secret.String {
	all := []secret.String{token}
	for _, part := range strings.Split(token.Reveal(), ".")[1:] {
		all = append(all, secret.New(part))
	}
	return all
}
