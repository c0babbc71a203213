// Package workspace speaks to a role's Databricks workspace through Databricks' own SDK.
//
// In comes a workspace token that the broker issued, and what renews it; out comes a client that uses it, and neither the
// variables nor the config file by which the SDK finds other hosts and credentials. It must never send the token anywhere but
// to the host that it was issued for, nor print what repeats it.
package workspace

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Client asks one workspace as the bearer of one token after the other.
type Client struct {
	sdk    *client.DatabricksClient
	host   string
	bearer *bearer
}

// Options of a client. The zero value is one for a question or two.
type Options struct {
	// Renew gives the token that is to be used from now on, of the same workspace: the one in use where it will do. nil: none is
	// renewed.
	Renew func(context.Context) (*databricks.Token, error)
	// Account: the token may be for an account console, whose API is asked then, and no workspace's.
	Account bool
	// Patience is for how long the SDK repeats a request that a busy workspace turned down, and how long one attempt may be
	// without a sign of life, in whole seconds; 0: 20 s.
	Patience time.Duration
	// Rate is how many requests a second there may be at most; 0: 15, which is what Databricks' own programs keep to.
	Rate int
}

const defaultPatience = 20 * time.Second

// New returns a client for the token's workspace. h is made by httpclient.New: bounded bodies, no redirects, the
// person's proxy and certificates. An account console is an error where the options don't allow it: most of what is asked is asked of workspaces.
func New(h *http.Client, token *databricks.Token, o Options) (*Client, error) {
	c := &Client{host: token.Host, bearer: newBearer(token, o.Renew)}
	if token.AtConsole() && !o.Account {
		return nil, ui.Errorf("workspace-is-account", ui.Failed, "%s: an account console has no answer to that", c.Doing("who we are")).
			With(ui.Advice("ask with a role that works in a workspace"))
	}
	patience := int(cmp.Or(o.Patience, defaultPatience) / time.Second)
	sdk, err := client.New(&config.Config{
		Host: token.Host, AccountID: token.AccountID, WorkspaceID: token.WorkspaceID, Credentials: c.bearer, HTTPTransport: &paced{base: plainAgent{h.Transport}},
		RetryTimeoutSeconds: patience, HTTPTimeoutSeconds: min(patience, 60), RateLimitPerSecond: o.Rate,
		Loaders: []config.Loader{nothing{}},
		// The map says what the host is; the SDK would ask it before the first request.
		HostMetadataResolver: func(_ context.Context, host string) (*config.HostMetadata, error) {
			return &config.HostMetadata{OIDCEndpoint: host + "/oidc"}, nil // without one it warns on stderr
		},
	})
	if err != nil {
		return nil, ui.Errorf("workspace-host-invalid", ui.Failed, "%s: %s", c.Doing("who we are"), ui.Clean(err.Error()))
	}
	c.sdk = sdk
	return c, nil
}

// SDK is what the services of Databricks' SDK are made of. Their errors are for Explain.
func (c *Client) SDK() *client.DatabricksClient { return c.sdk }

// Host is the workspace's address.
func (c *Client) Host() string { return c.host }

// Me asks the workspace who the bearer of the token is (https://docs.databricks.com/api/workspace/currentuser/me).
// Texts are cleaned and bounded, lists sorted and without duplicates.
func (c *Client) Me(ctx context.Context) (*databricks.Principal, error) {
	user, err := iam.NewCurrentUser(c.sdk).Me(ctx, iam.MeRequest{})
	if err != nil {
		return nil, c.Explain(c.Doing("who we are"), err)
	}
	if user.Id == "" && user.UserName == "" {
		return nil, databricks.Refused(c.Doing("who we are"), http.StatusOK, "")
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

// Ask sends a request to one of the workspace's APIs, path, with in as JSON, nil for none, and reads the answer into out, nil for no
// interest. doing is what errors begin with, before the host. What a text of the answer is, is the caller's to judge.
func (c *Client) Ask(ctx context.Context, doing, method, path string, in, out any) error {
	headers := map[string]string{"Accept": "application/json"}
	if in != nil {
		headers["Content-Type"] = "application/json"
	}
	if id := c.sdk.Config.WorkspaceID; id != "" {
		headers["X-Databricks-Workspace-Id"] = id
	}
	err := c.sdk.Do(ctx, method, path, headers, nil, in, out)
	if err == nil {
		return nil
	}
	doing += " at " + ui.Clean(c.host)
	refused, ok := errors.AsType[*apierr.APIError](err)
	if ok && refused.StatusCode == http.StatusNotFound && refused.ErrorCode != "" {
		return ui.Errorf("workspace-has-none", ui.Failed, "%s: it has no such thing: %s", doing, ui.Cut(ui.Clean(c.bearer.scrub(refused.Message)), 600)).
			With(ui.Advice("check the ID, and that it is of this workspace"))
	}
	return c.Explain(doing, err)
}

func texts(values []iam.ComplexValue, of func(iam.ComplexValue) string) []string {
	var all []string
	for _, v := range values {
		all = append(all, of(v))
	}
	return all
}

// Doing is what an error begins with that is about asking for something.
func (c *Client) Doing(what string) string { return "asking " + ui.Clean(c.host) + " " + what }

// Explain turns an error of the SDK into ours: what was refused, and what the network did. doing says what was asked. Errors of
// the token's renewal stay as they are.
func (c *Client) Explain(doing string, err error) error {
	if renewal, ok := errors.AsType[*renewalError](err); ok {
		return renewal.error
	}
	refused, ok := errors.AsType[*apierr.APIError](err)
	if !ok {
		return httpclient.Explain(doing, err)
	}
	said := refused.Message
	if refused.ErrorCode != "" && refused.ErrorCode != "<nil>" { // the SDK's word for none
		said = refused.ErrorCode + ": " + said
	}
	return databricks.Refused(doing, refused.StatusCode, c.bearer.scrub(said))
}

// plainAgent has each request say who sends it as every other request of ours: the SDK adds what it finds in the
// environment, and the workspace's audit log knows us by it.
type plainAgent struct{ http.RoundTripper }

func (a plainAgent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("User-Agent") // httpclient's transport sets ours
	return a.RoundTripper.RoundTrip(r)
}

// nothing is all that may be read beside the token.
type nothing struct{}

func (nothing) Name() string                   { return "nothing" }
func (nothing) Configure(*config.Config) error { return nil }
