// Package workspace speaks to a role's Databricks workspace through Databricks' own SDK.
//
// In comes a workspace token that the broker issued; out comes a client that uses it, and neither the variables nor the
// config file by which the SDK finds other hosts and credentials. It must never send the token anywhere but to the host
// that it was issued for, nor print what repeats it.
package workspace

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/config/credentials"
	"github.com/databricks/databricks-sdk-go/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Client asks one workspace as the bearer of one token.
type Client struct {
	sdk   *client.DatabricksClient
	host  string
	scrub *strings.Replacer // takes the token out of what a server says
}

// retryWait bounds, in seconds, how long the SDK repeats a request that a busy workspace turned down, and one attempt.
const retryWait = 20

// New returns a client for the token's workspace. h is made by httpclient.New: bounded bodies, no redirects, the
// person's proxy and certificates. An account console is an error, since what is asked here is asked of workspaces.
func New(h *http.Client, token *databricks.Token) (*Client, error) {
	c := &Client{host: token.Host, scrub: secret.Redactor(token.AccessToken)}
	if token.AtConsole() {
		return nil, ui.Errorf("workspace-is-account", ui.Failed, "%s: an account console has no answer to that", c.doing()).
			With(ui.Advice("ask with a role that works in a workspace"))
	}
	sdk, err := client.New(&config.Config{
		Host: token.Host, WorkspaceID: token.WorkspaceID, Credentials: bearer{token.AccessToken}, HTTPTransport: plainAgent{h.Transport},
		RetryTimeoutSeconds: retryWait, HTTPTimeoutSeconds: retryWait,
		Loaders: []config.Loader{nothing{}},
		// The map says what the host is; the SDK would ask it before the first request.
		HostMetadataResolver: func(_ context.Context, host string) (*config.HostMetadata, error) {
			return &config.HostMetadata{OIDCEndpoint: host + "/oidc"}, nil // without one it warns on stderr
		},
	})
	if err != nil {
		return nil, ui.Errorf("workspace-client", ui.Failed, "%s: %s", c.doing(), ui.Clean(err.Error()))
	}
	c.sdk = sdk
	return c, nil
}

// Me asks the workspace who the bearer of the token is (https://docs.databricks.com/api/workspace/currentuser/me).
// Texts are cleaned and bounded, lists sorted and without duplicates.
func (c *Client) Me(ctx context.Context) (*databricks.Principal, error) {
	user, err := iam.NewCurrentUser(c.sdk).Me(ctx, iam.MeRequest{})
	if err != nil {
		return nil, c.explain(err)
	}
	if user.Id == "" && user.UserName == "" {
		return nil, databricks.Refused(c.doing(), http.StatusOK, "")
	}
	// Optional in SCIM (RFC 7643 section 4.1.1), and who gets an answer is active: only a false that was sent counts.
	active := user.Active || !slices.Contains(user.ForceSendFields, "Active")
	p := &databricks.Principal{
		ID: user.Id, UserName: user.UserName, DisplayName: user.DisplayName, Active: active,
		Groups:       texts(user.Groups, func(v iam.ComplexValue) string { return v.Display }),
		Entitlements: texts(user.Entitlements, func(v iam.ComplexValue) string { return v.Value }),
		Roles:        texts(user.Roles, func(v iam.ComplexValue) string { return v.Value }),
	}
	p.Clean()
	return p, nil
}

func texts(values []iam.ComplexValue, of func(iam.ComplexValue) string) []string {
	var all []string
	for _, v := range values {
		all = append(all, of(v))
	}
	return all
}

// doing is what errors begin with.
func (c *Client) doing() string { return "asking " + ui.Clean(c.host) + " who we are" }

// explain turns the SDK's error into ours.
func (c *Client) explain(err error) error {
	refused, ok := errors.AsType[*apierr.APIError](err)
	if !ok {
		return httpclient.Explain(c.doing(), err)
	}
	said := refused.Message
	if refused.ErrorCode != "" && refused.ErrorCode != "<nil>" { // the SDK's word for none
		said = refused.ErrorCode + ": " + said
	}
	return databricks.Refused(c.doing(), refused.StatusCode, c.scrub.Replace(said))
}

// plainAgent has each request say who sends it as every other request of ours: the SDK adds what it finds in the
// environment, and the workspace's audit log knows us by it.
type plainAgent struct{ http.RoundTripper }

func (a plainAgent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("User-Agent") // httpclient's transport sets ours
	return a.RoundTripper.RoundTrip(r)
}

// bearer sets our token on each request.
type bearer struct{ token secret.String }

func (bearer) Name() string { return "dbxaccess" }

func (b bearer) Configure(context.Context, *config.Config) (credentials.CredentialsProvider, error) {
	return credentials.CredentialsProviderFn(func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+b.token.Reveal())
		return nil
	}), nil
}

// nothing is all that may be read beside the token.
type nothing struct{}

func (nothing) Name() string                   { return "nothing" }
func (nothing) Configure(*config.Config) error { return nil }
