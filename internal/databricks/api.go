package databricks

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// apiRequest is one request to a workspace's own API.
type apiRequest struct {
	doing  string // as a person is told of it
	method string
	path   string // escaped, below the host
	body   any    // becomes JSON; nil for none
}

// api sends a request with a token, to the workspace that the token is for, under the same rules as an ID token. An answer of
// any status is one. There is no workspace API at an account console. All that is not a person's or a table's own business is
// asked in package workspace, which links Databricks' SDK.
func (c *Client) api(ctx context.Context, t *Token, q apiRequest) (*answer, error) {
	host, err := c.destination(t.Host)
	if err != nil {
		return nil, err
	}
	if t.AccessToken.IsZero() {
		return nil, ui.Errorf("workspace-token-missing", ui.LoginNeeded, "%s: there is no workspace token", q.doing).
			With(ui.Command("dbxaccess login"))
	}
	if t.AtConsole() {
		return nil, ui.Errorf("workspace-is-account", ui.Failed, "%s: an account console has no answer to that", q.doing).
			With(ui.Advice("ask with a role that works in a workspace"))
	}
	var body []byte
	if q.body != nil {
		if body, err = json.Marshal(q.body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, q.method, host+q.path, bytes.NewReader(body))
	if err != nil {
		return nil, httpclient.Explain(q.doing, err)
	}
	r.Header.Set("Authorization", "Bearer "+t.AccessToken.Reveal())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if t.WorkspaceID != "" { // as the SDKs say which workspace of a unified host they mean
		r.Header.Set("X-Databricks-Workspace-Id", t.WorkspaceID)
	}
	return c.ask(q.doing, r, parts(t.AccessToken)...)
}
