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

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpcache"
)

// MaxLife is the longest that a workspace token is believed to live.
const MaxLife = credential.MaxLifeToken

// Client calls a workspace. HTTP and Now are needed.
type Client struct {
	HTTP *http.Client // from httpclient: no redirects, bounded bodies
	// TrustedHosts are names (host or host:port) that may receive tokens besides Databricks' domains and this machine.
	TrustedHosts []string
	Now          func() time.Time
	// Notes keep what hosts say of themselves for other processes; nil: each asks.
	Notes httpcache.Notes
}

// Token is a workspace's access token.
type Token = credential.Token
