package center

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// grant is a sign-in here.
type grant struct {
	*signin.Grant
	client  *client
	session *session // once it is redeemed
}

// session is someone signed in at Identity Center.
type session struct {
	user     *signin.User
	client   *client
	ends     time.Time // nothing is renewed from then on
	dead     bool      // signed out, or a replaced refresh token was used again
	current  string    // refresh token
	previous string    // the one that current replaced
	rotated  time.Time
}

// token is an access token.
type token struct {
	of      *session
	expires time.Time
}

// startDeviceAuthorization begins a device flow (StartDeviceAuthorization).
func (c *Center) startDeviceAuthorization(r *http.Request) *harness.Reply {
	client, refused := c.clientOf(r, grantDevice)
	if refused != nil {
		return refused
	}
	// AWS takes the fragment that the portal's address has in a browser.
	if start, _, _ := strings.Cut(r.PostForm.Get("startUrl"), "#"); strings.TrimSuffix(start, "/") != c.StartURL() {
		return c.refuse(r, "InvalidRequestException", "there is no Identity Center at the startUrl")
	}
	g := c.desk.NewDevice(client.name, client.scopes)
	if err := c.desk.Begin(g); err != nil {
		return c.h.Failure(err)
	}
	code := c.h.HandOut(harness.Opaque(tokenSize))
	c.grants[code] = &grant{Grant: g, client: client}
	return harness.JSON(http.StatusOK, map[string]any{
		"deviceCode":              code,
		"userCode":                g.ID,
		"verificationUri":         c.desk.VerificationURL(""),
		"verificationUriComplete": c.desk.VerificationURL(g.ID),
		"expiresIn":               int64(c.h.Behaviour.DeviceCodeLifetime / time.Second),
		"interval":                int64(c.h.Behaviour.PollInterval / time.Second),
	})
}

// authorize is where a browser begins (RFC 6749 4.1.1 with RFC 7636). The page is in no reference of AWS's; its parameters,
// scopes among them, are those that the AWS CLI sends. Identity Center is no issuer and adds no iss on the way back.
func (c *Center) authorize(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	if name, twice := harness.Twice(query); twice {
		return c.desk.Refuse(r, "parameter "+name+" twice")
	}
	client := c.clients[query.Get("client_id")]
	switch {
	case client == nil || !c.h.Clock().Before(client.expires):
		return c.desk.Refuse(r, "unknown client")
	case !client.takesRedirect(query.Get("redirect_uri")):
		return c.desk.Refuse(r, "a redirect that the client did not register")
	}
	code := c.h.HandOut(harness.Opaque(tokenSize))
	back := &signin.Back{RedirectURI: query.Get("redirect_uri"), State: query.Get("state")}
	back.Send = func(g *signin.Grant) *harness.Reply {
		if g.Decision == signin.Approved {
			return back.To(url.Values{"code": {code}})
		}
		return back.To(url.Values{"error": {"access_denied"}, "error_description": {"the sign-in was denied"}})
	}
	challenge, refused := c.desk.CheckBrowser(r, back, (*signin.Back).To)
	if refused != nil {
		return refused
	}
	if query.Get("scopes") != scopeAccounts {
		c.h.Unexpectedf("GET %s: the scopes are not %s", r.URL.Path, scopeAccounts)
		return back.To(url.Values{"error": {"invalid_scope"}})
	}
	g := &grant{Grant: c.desk.NewBrowser(client.name, client.scopes, challenge, back), client: client}
	c.grants[code] = g
	return c.desk.Ask(r, g.Grant)
}

// createToken redeems a device code, an authorization code or a refresh token (CreateToken).
func (c *Center) createToken(r *http.Request) *harness.Reply {
	grantType := r.PostForm.Get("grantType")
	redeem := map[string]func(*http.Request, *client) *harness.Reply{
		grantDevice:  c.redeemDevice,
		grantCode:    c.redeemCode,
		grantRefresh: c.redeemRefresh,
	}[grantType]
	if redeem == nil {
		return c.refuse(r, "UnsupportedGrantTypeException", "unknown grant type")
	}
	client, refused := c.clientOf(r, grantType)
	if refused != nil {
		return refused
	}
	return redeem(r, client)
}

// redeemDevice answers a poll.
func (c *Center) redeemDevice(r *http.Request, by *client) *harness.Reply {
	g := c.grants[r.PostForm.Get("deviceCode")]
	switch {
	case g == nil || g.Back != nil || g.client != by:
		return c.refuse(r, "InvalidGrantException", "unknown device code")
	case g.Spent:
		return c.refuse(r, "InvalidGrantException", "device code redeemed twice")
	}
	switch g.Poll(c.h.Clock()) {
	case signin.Expired:
		return oidcError("ExpiredTokenException", "the device code has expired")
	case signin.TooEarly:
		c.h.Count(harness.SSOSlowDowns)
		return oidcError("SlowDownException", "")
	case signin.Denied:
		return oidcError("AccessDeniedException", "the sign-in was denied")
	case signin.Pending:
		return oidcError("AuthorizationPendingException", "")
	}
	return c.open(g)
}

// redeemCode exchanges an authorization code. A second use ends the session that the first one began.
func (c *Center) redeemCode(r *http.Request, by *client) *harness.Reply {
	g := c.grants[r.PostForm.Get("code")]
	refuse := func(why string) *harness.Reply { return c.refuse(r, "InvalidGrantException", why) }
	switch {
	case g == nil || g.Back == nil || g.Decision != signin.Approved || g.client != by:
		return refuse("unknown authorization code")
	case g.Spent:
		g.session.dead = true
		return refuse("authorization code redeemed twice")
	case !c.h.Clock().Before(g.Expires):
		return oidcError("InvalidGrantException", "the authorization code has expired")
	case r.PostForm.Get("redirectUri") != g.Back.RedirectURI:
		return refuse("another redirectUri than at the start")
	case !g.Challenge.Matches(r.PostForm.Get("codeVerifier")):
		return refuse("the code verifier does not match")
	}
	return c.open(g)
}

// open answers a sign-in that was approved.
func (c *Center) open(g *grant) *harness.Reply {
	g.Spent = true
	g.session = &session{user: g.User, client: g.client, ends: c.h.Clock().Add(sessionLifetime)}
	return c.tokens(g.session, true)
}

// tokens answers with an access token and, where the client's registration lets it have one, a refresh token.
func (c *Center) tokens(of *session, rotate bool) *harness.Reply {
	life := min(tokenLifetime, of.ends.Sub(c.h.Clock()))
	access := c.h.HandOut(harness.Opaque(tokenSize))
	c.access[access] = &token{of: of, expires: c.h.Clock().Add(life)}
	fields := map[string]any{
		"accessToken": access,
		"tokenType":   "Bearer",
		"expiresIn":   int64(life / time.Second),
		"idToken":     nil, // AWS has the field and never fills it
	}
	if slices.Contains(of.client.grantTypes, grantRefresh) && slices.Contains(of.client.scopes, scopeAccounts) {
		if rotate {
			of.previous, of.current, of.rotated = of.current, c.h.HandOut(harness.Opaque(tokenSize)), c.h.Clock()
			c.sessions[of.current] = of
		}
		fields["refreshToken"] = of.current
	}
	return harness.JSON(http.StatusOK, fields)
}

// redeemRefresh answers a refresh. Each replaces the token; one that was replaced ends the session when it comes again, but
// for the grace that the behaviour gives, within which the newer one is told again.
func (c *Center) redeemRefresh(r *http.Request, by *client) *harness.Reply {
	presented := r.PostForm.Get("refreshToken")
	if presented == "" {
		return c.refuse(r, "InvalidRequestException", "refreshToken is missing")
	}
	of := c.sessions[presented]
	now := c.h.Clock()
	switch {
	case of == nil || of.client != by:
		return c.refuse(r, "InvalidGrantException", "unknown refresh token")
	case of.dead || !now.Before(of.ends):
		return oidcError("InvalidGrantException", "the session has ended")
	case presented == of.current:
		return c.tokens(of, !c.h.Behaviour.KeepRefreshToken)
	case presented == of.previous && now.Sub(of.rotated) < c.h.Behaviour.RefreshGrace:
		return c.tokens(of, false)
	}
	c.h.Count(harness.SSOReuses)
	of.dead = true
	return oidcError("InvalidGrantException", "the refresh token was used already")
}
