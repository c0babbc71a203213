package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// tokens is the answer to a sign-in or a renewal.
type tokens struct {
	idToken      secret.String // zero: the provider sent none
	accessToken  secret.String // for the userinfo endpoint alone, and never stored
	refreshToken secret.String // zero: the provider sent none, an older one stays valid
	scope        string        // what was granted, to be sent again when renewing
	// lasts is for how long the refresh token is good if nobody uses it, up to ten years; 0: not told, or for ever.
	lasts time.Duration
	info  *idtoken.Claims // what the userinfo endpoint says; nil where it was not asked
}

// maxSession bounds what is believed of a refresh token's life.
const maxSession = 10 * 365 * 24 * time.Hour

// provider is who answers.
const provider = "an identity provider"

// answer is what an OAuth endpoint sent back.
type answer struct{ *httpclient.Answer }

// post sends a form to an endpoint of the provider, with the client's credentials. secrets are what else it holds in
// confidence. An answer that is not OAuth's is no error yet.
func (c *Client) post(
	ctx context.Context, p login.Provider, e *Endpoints, doing, endpoint string, form url.Values, secrets ...secret.String,
) (answer, error) {
	basic := !p.ClientSecret.IsZero() && !slices.Contains(e.AuthMethods, "client_secret_post")
	if !basic {
		form.Set("client_id", p.ClientID)
		if !p.ClientSecret.IsZero() {
			form.Set("client_secret", p.ClientSecret.Reveal())
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, httpclient.Explain(doing, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if basic {
		// RFC 6749 §2.3.1: both are form-encoded before they become user name and password.
		req.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret.Reveal()))
	}
	asked := httpclient.Asked{Doing: doing, Of: provider}
	if endpoint == p.DeviceEndpoint {
		asked.Named = "device_authorization_endpoint of the identity in the access map"
	}
	a, err := httpclient.Do(c.HTTP, asked, req, append(secrets, p.ClientSecret)...)
	if err != nil {
		return answer{}, err
	}
	e.NoteClock(a.Header, c.Now())
	return answer{a}, nil
}

// tokens returns the tokens of a good answer, or nil. asked is the scope that was asked for.
func (a answer) tokens(asked string) *tokens {
	if !a.OK() || a.Text("error") != "" {
		return nil
	}
	t := &tokens{
		idToken: secret.New(a.Text("id_token")), accessToken: secret.New(a.Text("access_token")), refreshToken: secret.New(a.Text("refresh_token")),
	}
	if t.idToken.IsZero() && t.accessToken.IsZero() {
		return nil
	}
	for _, name := range []string{
		"refresh_expires_in",       // Keycloak, with 0 for a session without end
		"refresh_token_expires_in", // AD FS, Google
	} {
		if t.lasts == 0 && !t.refreshToken.IsZero() {
			t.lasts = seconds(a.Object, name, 0, 0, maxSession)
		}
	}
	t.scope = granted(asked, ui.Clean(a.Text("scope")), t)
	return t
}

// granted is the scope to send again when renewing: what the provider says it granted (RFC 6749 §6 allows no more), and
// the two scopes whose tokens came, which Entra ID grants without naming them.
func granted(asked, told string, t *tokens) string {
	if told == "" {
		return asked
	}
	scopes := strings.Fields(told)
	for _, unnamed := range []struct {
		scope string
		came  bool
	}{
		{"openid", !t.idToken.IsZero()},
		{"offline_access", !t.refreshToken.IsZero()},
	} {
		if unnamed.came && slices.Contains(strings.Fields(asked), unnamed.scope) && !slices.Contains(scopes, unnamed.scope) {
			scopes = append(scopes, unnamed.scope)
		}
	}
	return strings.Join(scopes, " ")
}

// refusal returns the answer's OAuth error, or nil where it has none.
func (a answer) refusal() *oauth.Refusal {
	const longest = 4096
	code := a.Text("error")
	if code == "" {
		return nil
	}
	e := oauth.NewRefusal(a.Shown(code, longest), a.Shown(a.Text("error_description"), longest))
	var numbers []int
	if json.Unmarshal(a.Object["error_codes"], &numbers) == nil && len(numbers) > 0 {
		e.Numbers = numbers
	}
	return e
}

// temporary reports whether a refusal, or its status, says "later" rather than "no".
func (a answer) temporary(refused *oauth.Refusal) bool {
	return refused.Temporary(httpclient.Busy(a.Status))
}
