package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// AWS IAM Identity Center is at the sandbox's origin too: its OpenID Connect service, where a client registers itself and
// people sign in on the same pages as at the provider, and its access portal, which says what they are assigned.
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html
const (
	startPath           = "/start"
	centerAuthorizePath = "/authorize"

	scopeAccounts = "sso:account:access"

	clientSecretSize = 600
	centerTokenSize  = 400

	registrationLifetime = 90 * 24 * time.Hour
	// Access tokens live as long as centerTokenLifetime, and are renewed as long as centerSessionLifetime.
	centerTokenLifetime   = time.Hour
	centerSessionLifetime = 8 * time.Hour
)

// StartURL is the access portal, by which an organisation's Identity Center is known.
func (s *Server) StartURL() string { return s.origin() + startPath }

// SSOOIDCURL is what AWS_ENDPOINT_URL_SSO_OIDC is set to.
func (s *Server) SSOOIDCURL() string { return s.origin() }

// SSOURL is what AWS_ENDPOINT_URL_SSO is set to.
func (s *Server) SSOURL() string { return s.origin() }

// center is what Identity Center knows.
type center struct {
	clients  map[string]*centerClient  // by id
	byCode   map[string]*grant         // by device code or authorization code
	access   map[string]*centerToken   // by access token
	sessions map[string]*centerSession // by every refresh token ever issued
}

func newCenter() center {
	return center{
		clients: map[string]*centerClient{}, byCode: map[string]*grant{},
		access: map[string]*centerToken{}, sessions: map[string]*centerSession{},
	}
}

// centerClient is a client that registered itself.
type centerClient struct {
	id, secret, name string
	grantTypes       []string
	redirects        []string
	scopes           []string
	expires          time.Time
}

// centerGrant is what a sign-in at Identity Center has beside others.
type centerGrant struct {
	client  *centerClient
	session *centerSession // once it is redeemed
}

// centerSession is somebody signed in at Identity Center.
type centerSession struct {
	user     *User
	client   *centerClient
	ends     time.Time // nothing is renewed from then on
	dead     bool      // signed out, or a replaced refresh token was used again
	current  string    // refresh token
	previous string    // the one that current replaced
	rotated  time.Time
}

// centerToken is an access token.
type centerToken struct {
	of      *centerSession
	expires time.Time
}

// registerClient registers a public client (RegisterClient).
func (s *Server) registerClient(r *http.Request) reply {
	form := r.PostForm
	refuse := func(code, why string) reply { return s.refuseCenter(r, code, why) }
	made := &centerClient{
		name: form.Get("clientName"), grantTypes: form["grantTypes"], redirects: form["redirectUris"], scopes: form["scopes"],
		expires: s.clock().Add(registrationLifetime),
	}
	if made.grantTypes == nil {
		made.grantTypes = []string{grantDevice, grantRefresh}
	}
	switch {
	case made.name == "":
		return refuse("InvalidRequestException", "clientName is missing")
	case form.Get("clientType") != "public":
		return refuse("InvalidClientMetadataException", "only public clients can register")
	case form.Has("issuerUrl") && form.Get("issuerUrl") != s.StartURL():
		return refuse("InvalidRequestException", "there is no Identity Center at the issuerUrl")
	case slices.ContainsFunc(made.scopes, func(scope string) bool { return scope != scopeAccounts }):
		return refuse("InvalidScopeException", "unknown scope")
	case slices.ContainsFunc(made.redirects, func(uri string) bool { _, ok := loopbackRedirect(uri); return !ok }):
		return refuse("InvalidRedirectUriException", "a redirect is not to this machine")
	case slices.Contains(made.grantTypes, grantCode) && (made.redirects == nil || !form.Has("issuerUrl")):
		return refuse("InvalidRequestException", "the grant authorization_code needs redirectUris and issuerUrl")
	}
	for _, grantType := range made.grantTypes {
		if !slices.Contains([]string{grantDevice, grantRefresh, grantCode}, grantType) {
			return refuse("UnsupportedGrantTypeException", "unknown grant type")
		}
	}
	made.id, made.secret = opaque(43), s.handOut(opaque(clientSecretSize))
	s.center.clients[made.id] = made
	return jsonReply(http.StatusOK, map[string]any{
		"clientId":              made.id,
		"clientSecret":          made.secret,
		"clientIdIssuedAt":      s.clock().Unix(),
		"clientSecretExpiresAt": made.expires.Unix(),
		// AWS leaves these empty: its clients know where to go.
		"authorizationEndpoint": nil,
		"tokenEndpoint":         nil,
	})
}

// centerClientOf authenticates a client and asks whether it registered for a grant. A registration that is over is no
// fault of an orderly client's.
func (s *Server) centerClientOf(r *http.Request, grantType string) (*centerClient, *reply) {
	refused := func(a reply) (*centerClient, *reply) { return nil, &a }
	known := s.center.clients[r.PostForm.Get("clientId")]
	switch {
	case known == nil:
		return refused(s.refuseCenter(r, "InvalidClientException", "unknown client"))
	case subtle.ConstantTimeCompare([]byte(r.PostForm.Get("clientSecret")), []byte(known.secret)) != 1:
		return refused(s.refuseCenter(r, "InvalidClientException", "missing or wrong client secret"))
	case !s.clock().Before(known.expires):
		return refused(centerOIDCError("InvalidClientException", "the client's registration has expired"))
	case !slices.Contains(known.grantTypes, grantType):
		return refused(s.refuseCenter(r, "UnauthorizedClientException", "the client did not register for this grant"))
	}
	return known, nil
}

// takesRedirect reports whether a redirect was registered. Its port does not count (RFC 8252 7.3).
func (c *centerClient) takesRedirect(uri string) bool {
	given, ok := loopbackRedirect(uri)
	return ok && slices.ContainsFunc(c.redirects, func(registered string) bool {
		known, err := url.Parse(registered)
		return err == nil && known.Hostname() == given.Hostname() && known.Path == given.Path
	})
}
