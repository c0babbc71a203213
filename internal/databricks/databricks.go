// Package databricks trades an ID token for a token of a Databricks workspace, and writes it as Databricks' own clients
// read it.
//
// In goes an ID token with the address of a workspace or an account console; out comes a workspace token with its end.
// The trade is OAuth 2.0 Token Exchange (RFC 8693,
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-exchange): the person stays themselves where the
// account has a federation policy for users, or becomes a service principal that has one. Tokens go to Databricks' own
// domains, to this machine or to a host that the person trusts, and nowhere else. What Databricks would refuse without
// saying why is refused here first. Nothing is stored here, and there is no prompt.
package databricks

import (
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// MaxLife is the longest that a workspace token is believed to live. Databricks ends it with the ID token it was made
// from, so a later end is an error of some server and is cut to it.
const MaxLife = 24 * time.Hour

// Client calls a workspace. HTTP and Now are needed.
type Client struct {
	HTTP *http.Client // from httpclient: no redirects, bounded bodies
	// TrustedHosts are names (host or host:port) that may receive tokens besides Databricks' domains and this machine.
	TrustedHosts []string
	Now          func() time.Time
}

// Token is a workspace's access token, always of the type Bearer (RFC 6750).
type Token struct {
	Host        string // where it is good, as NormalizeHost writes it
	AccountID   string // of the account, where Host is its console or a unified host
	WorkspaceID string // of the workspace, where Host is a unified host that serves several
	AccessToken secret.String
	Expires     time.Time // UTC
}

// AtConsole reports whether the token is for an account console, which is no workspace.
func (t *Token) AtConsole() bool { return t.AccountID != "" && t.WorkspaceID == "" }
