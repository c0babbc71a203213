// Package center is the double of AWS IAM Identity Center: its OpenID Connect service, where a client registers itself and
// people sign in, and its access portal, which says what they are assigned and gives credentials for it.
//
// In come a client's requests, and what people decide at the desk; out go tokens, lists a page at a time, and credentials that
// the account knows again. What someone is not assigned must never be given.
//
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html
package center

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

const (
	grantTypeURN = "urn:ietf:params:oauth:grant-type:"
	grantDevice  = grantTypeURN + "device_code"
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"

	scopeAccounts = "sso:account:access"

	clientSecretSize = 600
	tokenSize        = 400

	registrationLifetime = 90 * 24 * time.Hour
	tokenLifetime        = time.Hour     // of access tokens
	sessionLifetime      = 8 * time.Hour // as long as they are renewed
)

// Center is a sandbox's Identity Center.
type Center struct {
	h        *harness.Harness
	desk     *signin.Desk
	account  *aws.Account
	clients  map[string]*client  // by id
	grants   map[string]*grant   // by device code or authorization code
	access   map[string]*token   // by access token
	sessions map[string]*session // by every refresh token ever issued
}

// New is an Identity Center whose people sign in at the desk, and whose permission sets are roles of the account.
func New(h *harness.Harness, desk *signin.Desk, account *aws.Account) *Center {
	return &Center{
		h: h, desk: desk, account: account,
		clients: map[string]*client{}, grants: map[string]*grant{}, access: map[string]*token{}, sessions: map[string]*session{},
	}
}

// StartURL is the access portal, by which an organisation's Identity Center is known.
func (c *Center) StartURL() string { return c.h.Origin() + "/start" }

// SSOOIDCURL is what AWS_ENDPOINT_URL_SSO_OIDC is set to.
func (c *Center) SSOOIDCURL() string { return c.h.Origin() }

// SSOURL is what AWS_ENDPOINT_URL_SSO is set to.
func (c *Center) SSOURL() string { return c.h.Origin() }

// Routes are those of both services.
func (c *Center) Routes() []harness.Route {
	byGrant := func(r *http.Request) string { return strings.TrimPrefix(r.PostForm.Get("grantType"), grantTypeURN) }
	oidc := func(endpoint harness.Endpoint, path string, answer func(*http.Request) *harness.Reply) harness.Route {
		return harness.Route{
			Endpoint: endpoint, Method: http.MethodPost, Path: path, Answer: answer, Detail: byGrant, Error: oidcError, Body: readJSON,
		}
	}
	portal := func(endpoint harness.Endpoint, method, path string, answer func(*http.Request, *session) *harness.Reply) harness.Route {
		return harness.Route{
			Endpoint: endpoint, Method: method, Path: path, Answer: c.signedIn(answer), Error: portalError, Body: refuseBody,
		}
	}
	return []harness.Route{
		oidc(harness.SSORegister, "/client/register", c.registerClient),
		oidc(harness.SSODevice, "/device_authorization", c.startDeviceAuthorization),
		oidc(harness.SSOToken, "/token", c.createToken),
		{Endpoint: harness.SSOAuthorize, Method: http.MethodGet, Path: "/authorize", Answer: c.authorize},
		portal(harness.SSOAccounts, http.MethodGet, "/assignment/accounts", c.listAccounts),
		portal(harness.SSORoles, http.MethodGet, "/assignment/roles", c.listAccountRoles),
		portal(harness.SSOCredentials, http.MethodGet, "/federation/credentials", c.getRoleCredentials),
		portal(harness.SSOLogout, http.MethodPost, "/logout", c.logout),
	}
}

// client is one that registered itself.
type client struct {
	id, secret, name string
	grantTypes       []string
	redirects        []string
	scopes           []string
	expires          time.Time
}

// registerClient registers a public client (RegisterClient).
func (c *Center) registerClient(r *http.Request) *harness.Reply {
	form := r.PostForm
	made := &client{
		name: form.Get("clientName"), grantTypes: form["grantTypes"], redirects: form["redirectUris"], scopes: form["scopes"],
		expires: c.h.Clock().Add(registrationLifetime),
	}
	if made.grantTypes == nil {
		made.grantTypes = []string{grantDevice, grantRefresh}
	}
	other := func(list []string, known ...string) bool {
		return slices.ContainsFunc(list, func(text string) bool { return !slices.Contains(known, text) })
	}
	switch {
	case made.name == "":
		return c.refuse(r, "InvalidRequestException", "clientName is missing")
	case form.Get("clientType") != "public":
		return c.refuse(r, "InvalidClientMetadataException", "only public clients can register")
	case form.Has("issuerUrl") && form.Get("issuerUrl") != c.StartURL():
		return c.refuse(r, "InvalidRequestException", "there is no Identity Center at the issuerUrl")
	case other(made.scopes, scopeAccounts):
		return c.refuse(r, "InvalidScopeException", "unknown scope")
	case slices.ContainsFunc(made.redirects, func(uri string) bool { _, ok := signin.LoopbackRedirect(uri); return !ok }):
		return c.refuse(r, "InvalidRedirectUriException", "a redirect is not to this machine")
	case slices.Contains(made.grantTypes, grantCode) && (made.redirects == nil || !form.Has("issuerUrl")):
		return c.refuse(r, "InvalidRequestException", "the grant authorization_code needs redirectUris and issuerUrl")
	case other(made.grantTypes, grantDevice, grantRefresh, grantCode):
		return c.refuse(r, "UnsupportedGrantTypeException", "unknown grant type")
	}
	made.id, made.secret = harness.Opaque(43), c.h.HandOut(harness.Opaque(clientSecretSize))
	c.clients[made.id] = made
	return harness.JSON(http.StatusOK, map[string]any{
		"clientId":              made.id,
		"clientSecret":          made.secret,
		"clientIdIssuedAt":      c.h.Clock().Unix(),
		"clientSecretExpiresAt": made.expires.Unix(),
		// AWS leaves these empty: its clients know where to go.
		"authorizationEndpoint": nil,
		"tokenEndpoint":         nil,
	})
}

// clientOf authenticates a client and asks whether it registered for a grant. A registration that is over is no fault of an
// orderly client's.
func (c *Center) clientOf(r *http.Request, grantType string) (*client, *harness.Reply) {
	known := c.clients[r.PostForm.Get("clientId")]
	switch {
	case known == nil:
		return nil, c.refuse(r, "InvalidClientException", "unknown client")
	case subtle.ConstantTimeCompare([]byte(r.PostForm.Get("clientSecret")), []byte(known.secret)) != 1:
		return nil, c.refuse(r, "InvalidClientException", "missing or wrong client secret")
	case !c.h.Clock().Before(known.expires):
		return nil, oidcError("InvalidClientException", "the client's registration has expired")
	case !slices.Contains(known.grantTypes, grantType):
		return nil, c.refuse(r, "UnauthorizedClientException", "the client did not register for this grant")
	}
	return known, nil
}

// takesRedirect reports whether a redirect was registered. Its port does not count (RFC 8252 7.3).
func (c *client) takesRedirect(uri string) bool {
	given, ok := signin.LoopbackRedirect(uri)
	return ok && slices.ContainsFunc(c.redirects, func(registered string) bool {
		known, err := url.Parse(registered)
		return err == nil && known.Hostname() == given.Hostname() && known.Path == given.Path
	})
}
