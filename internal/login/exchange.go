package login

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Tokens is the answer to a sign-in or a renewal.
type Tokens struct {
	IDToken      secret.String // zero: the provider sent none
	AccessToken  secret.String
	RefreshToken secret.String // zero: the provider sent none, an older one stays valid
	Scope        string        // what was granted, to be sent again when renewing

	// RefreshExpiresIn is for how long the refresh token is good if nobody uses it, up to ten years; 0: not told, or for
	// ever.
	RefreshExpiresIn time.Duration
}

// maxSession bounds what is believed of a refresh token's life.
const maxSession = 10 * 365 * 24 * time.Hour

// answer is what an OAuth endpoint sent back.
type answer struct {
	httpclient.Object // nil unless the body is a JSON object
	host              string
	status            int
	contentType       string
	retryAfter        time.Duration
	scrub             *strings.Replacer // takes the secrets we sent out of texts that echo them
}

// post sends a form to an endpoint of the provider, with the client's credentials. The error is the transport's own, for
// httpclient.Explain; an answer that is not OAuth's is no error yet.
func (c *Client) post(ctx context.Context, p Provider, e *Endpoints, endpoint string, form url.Values) (*answer, error) {
	basic := !p.ClientSecret.IsZero() && !slices.Contains(e.AuthMethods, "client_secret_post")
	if !basic {
		form.Set("client_id", p.ClientID)
		if !p.ClientSecret.IsZero() {
			form.Set("client_secret", p.ClientSecret.Reveal())
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if basic {
		// RFC 6749 §2.3.1: both are form-encoded before they become user name and password.
		req.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret.Reveal()))
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	e.noteClock(resp.Header, c.now())
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{
		host:        req.URL.Host,
		status:      resp.StatusCode,
		contentType: ui.Clean(resp.Header.Get("Content-Type")),
		retryAfter:  httpclient.RetryAfter(resp.Header, c.now()),
		scrub:       scrubber(p, form),
	}
	// The content type is not asked: some providers send JSON as text, and HTML is no JSON whatever it is called.
	a.Object, _ = httpclient.ParseObject(body)
	return a, nil
}

// tokens returns the tokens of a good answer, or nil. asked is the scope that was asked for.
func (a *answer) tokens(asked string) *Tokens {
	if !a.ok() || a.Text("error") != "" {
		return nil
	}
	t := &Tokens{
		IDToken:      secret.New(a.Text("id_token")),
		AccessToken:  secret.New(a.Text("access_token")),
		RefreshToken: secret.New(a.Text("refresh_token")),
	}
	if t.IDToken.IsZero() && t.AccessToken.IsZero() {
		return nil
	}
	for _, name := range []string{
		"refresh_expires_in",       // Keycloak, with 0 for a session without end
		"refresh_token_expires_in", // AD FS, Google
	} {
		if t.RefreshExpiresIn == 0 && !t.RefreshToken.IsZero() {
			t.RefreshExpiresIn = seconds(a.Object, name, 0, 0, maxSession)
		}
	}
	t.Scope = granted(asked, ui.Clean(a.Text("scope")), t)
	return t
}

// granted is the scope to send again when renewing: what the provider says it granted (RFC 6749 §6 allows no more), and
// the two scopes whose tokens came, which Entra ID grants without naming them.
func granted(asked, told string, t *Tokens) string {
	if told == "" {
		return asked
	}
	scopes := strings.Fields(told)
	for _, unnamed := range []struct {
		scope string
		came  bool
	}{
		{"openid", !t.IDToken.IsZero()},
		{"offline_access", !t.RefreshToken.IsZero()},
	} {
		if unnamed.came && slices.Contains(strings.Fields(asked), unnamed.scope) && !slices.Contains(scopes, unnamed.scope) {
			scopes = append(scopes, unnamed.scope)
		}
	}
	return strings.Join(scopes, " ")
}

// ok reports success. Other statuses decide nothing by themselves.
func (a *answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// tooMany reports whether the provider wants to be left alone for a while.
func (a *answer) tooMany() bool { return a.status == http.StatusTooManyRequests }

// unusableError is an answer that the OAuth protocol does not know: a gateway's error page, an empty body.
type unusableError struct {
	host        string
	status      int
	contentType string
}

func (e *unusableError) Error() string {
	kind := e.contentType
	if kind == "" {
		kind = "no content type"
	}
	return fmt.Sprintf("%s answered %d %s (%s), which is no answer of an identity provider",
		e.host, e.status, http.StatusText(e.status), kind)
}

func (a *answer) unusable() error {
	return &unusableError{host: a.host, status: a.status, contentType: a.contentType}
}

// scrubber replaces the secrets of a request: some servers repeat the token they refuse in their error's description.
func scrubber(p Provider, form url.Values) *strings.Replacer {
	var pairs []string
	for _, value := range []string{
		p.ClientSecret.Reveal(), form.Get("device_code"), form.Get("refresh_token"), form.Get("token"),
		form.Get("code"), form.Get("code_verifier"),
	} {
		if len(value) >= 8 { // a shorter one would tear holes into ordinary words
			pairs = append(pairs, value, "[redacted]")
		}
	}
	return strings.NewReplacer(pairs...)
}
