package workspace

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// The client that Databricks' own tools sign in as, and what they and it may ask for.
const (
	cliClient    = "databricks-cli"
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	scopeOffline = "offline_access"

	firstPort, lastPort = "8020", "8040" // of its redirect address, all of four digits

	// tokenLifetime is how long Databricks lets a token live that came of a sign-in.
	// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m
	tokenLifetime = time.Hour
)

// family is a sign-in at the workspace or the account: the refresh tokens that replaced one another.
type family struct {
	user     *signin.User
	scopes   []string
	host     string // where it was made, with the port; at any other it is nobody's
	account  string // "": the workspace's own
	dead     bool
	current  string
	previous string
	rotated  time.Time
}

// grant is a sign-in by browser that was begun.
type grant struct {
	*signin.Grant
	host, account string
	family        *family // once it is redeemed
}

// signInRoutes are those of the authorization server of a workspace and of the account.
func (w *Workspace) signInRoutes() []harness.Route {
	var routes []harness.Route
	for _, at := range []string{"/oidc", "/oidc/accounts/{" + accountSegment + "}"} {
		routes = append(
			routes,
			harness.Route{Endpoint: harness.WorkspaceMetadata, Method: http.MethodGet, Path: at + "/.well-known/oauth-authorization-server", Answer: w.signInMetadata},
			harness.Route{Endpoint: harness.WorkspaceAuthorize, Method: http.MethodGet, Path: at + "/v1/authorize", Answer: w.authorize},
			harness.Route{Endpoint: harness.WorkspaceRevoke, Method: http.MethodPost, Path: at + "/v1/revoke", Answer: w.revoke},
		)
	}
	return routes
}

// issuerOf is the authorization server that a request is for.
func issuerOf(r *http.Request) string {
	if account := r.PathValue(accountSegment); account != "" {
		return "http://" + r.Host + "/oidc/accounts/" + account
	}
	return "http://" + r.Host + "/oidc"
}

// signInMetadata says where people sign in (RFC 8414).
func (w *Workspace) signInMetadata(r *http.Request) *harness.Reply {
	if account := r.PathValue(accountSegment); account != "" && account != Account {
		return harness.Text(http.StatusNotFound, "no such account")
	}
	at := issuerOf(r)
	return harness.JSON(http.StatusOK, map[string]any{
		"issuer":                                         at,
		"authorization_endpoint":                         at + "/v1/authorize",
		"token_endpoint":                                 at + "/v1/token",
		"revocation_endpoint":                            at + "/v1/revoke",
		"scopes_supported":                               []string{scopeAllAPIs, scopeOffline},
		"response_types_supported":                       []string{"code"},
		"code_challenge_methods_supported":               []string{"S256"},
		"grant_types_supported":                          []string{grantCode, grantRefresh},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"authorization_response_iss_parameter_supported": true,
	})
}

// authorize is where a browser begins (RFC 6749 4.1.1 with RFC 7636).
func (w *Workspace) authorize(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	if name, twice := harness.Twice(query); twice {
		return w.desk.Refuse(r, "parameter "+name+" twice")
	}
	redirect, ok := signin.LoopbackRedirect(query.Get("redirect_uri"))
	switch {
	case query.Get("client_id") != cliClient:
		return w.desk.Refuse(r, "unknown client")
	case !ok || redirect.Hostname() != "localhost" || redirect.Path != "" || redirect.Port() < firstPort || redirect.Port() > lastPort:
		return w.desk.Refuse(r, "a redirect that is not the client's: "+query.Get("redirect_uri"))
	}
	code := w.h.HandOut(harness.Opaque(43))
	back := &signin.Back{RedirectURI: query.Get("redirect_uri"), State: query.Get("state")}
	issuer := issuerOf(r)
	send := func(back *signin.Back, answer url.Values) *harness.Reply {
		answer.Set("iss", issuer)
		return back.To(answer)
	}
	back.Send = func(g *signin.Grant) *harness.Reply {
		if g.Decision == signin.Approved {
			return send(back, url.Values{"code": {code}})
		}
		return send(back, url.Values{"error": {"access_denied"}, "error_description": {"the sign-in was denied"}})
	}
	challenge, refused := w.desk.CheckBrowser(r, back, send)
	if refused != nil {
		return refused
	}
	scopes := strings.Fields(query.Get("scope"))
	apis := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == scopeOffline })
	if len(apis) == 0 {
		w.h.Unexpectedf("GET %s: no scope but offline_access", r.URL.Path)
		return send(back, url.Values{"error": {"invalid_scope"}})
	}
	if _, failed := w.scopes(strings.Join(apis, " ")); failed != nil {
		return send(back, url.Values{"error": {failed.code}, "error_description": {failed.description}})
	}
	g := &grant{Grant: w.desk.NewBrowser(cliClient, scopes, challenge, back), host: r.Host, account: r.PathValue(accountSegment)}
	w.grants[code] = g
	return w.desk.Ask(r, g.Grant)
}

// redeem is the token endpoint for a person's own sign-in; nil for a token exchange.
func (w *Workspace) redeem(r *http.Request) *harness.Reply {
	redeem := map[string]func(*http.Request) *harness.Reply{grantCode: w.redeemCode, grantRefresh: w.redeemRefresh}[r.PostForm.Get("grant_type")]
	if redeem == nil {
		return nil
	}
	if r.PostForm.Get("client_id") != cliClient || r.PostForm.Has("client_secret") || r.Header.Get("Authorization") != "" {
		return w.refuseSignIn(r, "invalid_client", "not the public client that people sign in with")
	}
	return redeem(r)
}

// refuseSignIn answers what no orderly client sends.
func (w *Workspace) refuseSignIn(r *http.Request, code, why string) *harness.Reply {
	w.h.Unexpectedf("POST %s: %s: %s", r.URL.Path, code, why)
	return harness.OAuthError(code, why)
}

// redeemCode trades a code for tokens (RFC 6749 4.1.3, RFC 7636 4.5). A second use ends what the first one gave.
func (w *Workspace) redeemCode(r *http.Request) *harness.Reply {
	g := w.grants[r.PostForm.Get("code")]
	switch {
	case g == nil || g.Decision != signin.Approved || g.host != r.Host || g.account != r.PathValue(accountSegment):
		return w.refuseSignIn(r, errInvalidGrant, "there is no such code")
	case g.Spent:
		if g.family != nil {
			g.family.dead = true
		}
		return w.refuseSignIn(r, errInvalidGrant, "the code was used already")
	case !w.h.Clock().Before(g.Expires):
		return harness.OAuthError(errInvalidGrant, "the code has expired")
	case r.PostForm.Get("redirect_uri") != g.Back.RedirectURI:
		return w.refuseSignIn(r, errInvalidGrant, "another redirect_uri than at the beginning")
	case !g.Challenge.Matches(r.PostForm.Get("code_verifier")):
		return w.refuseSignIn(r, errInvalidGrant, "the code_verifier does not match")
	}
	g.Spent = true
	g.family = &family{user: g.User, scopes: g.Scopes, host: g.host, account: g.account}
	if slices.Contains(g.Scopes, scopeOffline) {
		w.rotate(g.family)
	}
	return w.signInTokens(r, g.family)
}

func (w *Workspace) rotate(f *family) {
	f.previous, f.current, f.rotated = f.current, w.h.HandOut(harness.Opaque(64)), w.h.Clock()
	w.refresh[f.current] = f
}

// redeemRefresh answers a refresh (RFC 6749 6). A replaced token that comes back ends the sign-in.
func (w *Workspace) redeemRefresh(r *http.Request) *harness.Reply {
	presented := r.PostForm.Get("refresh_token")
	f := w.refresh[presented]
	if f == nil || f.dead || f.host != r.Host || f.account != r.PathValue(accountSegment) {
		return harness.OAuthError(errInvalidRequest, "Refresh token is invalid")
	}
	for _, scope := range strings.Fields(r.PostForm.Get("scope")) {
		if !slices.Contains(f.scopes, scope) {
			return w.refuseSignIn(r, "invalid_scope", "a scope that was not granted")
		}
	}
	switch grace := w.h.Behaviour.RefreshGrace; {
	case presented == f.current:
		if !w.h.Behaviour.KeepRefreshToken {
			w.rotate(f)
		}
	case presented != f.previous || w.h.Clock().Sub(f.rotated) >= grace:
		w.h.Count(harness.WorkspaceReuses)
		f.dead = true
		return harness.OAuthError(errInvalidRequest, "Refresh token is invalid")
	}
	return w.signInTokens(r, f)
}

// signInTokens answers a sign-in or a refresh. The access token is a JWT that says whose it is, as Databricks' are.
func (w *Workspace) signInTokens(r *http.Request, f *family) *harness.Reply {
	now, life := w.h.Clock(), tokenLifetime
	if l := w.h.Behaviour.WorkspaceTokenLifetime; l != 0 {
		life = l
	}
	made := token{host: r.Host, user: f.user, scopes: f.scopes, expires: now.Add(life)}
	scopes := strings.Join(f.scopes, " ")
	value, err := w.issuers.Provider.Sign(map[string]any{
		"iss": issuerOf(r), "sub": f.user.Email, "aud": ID, "client_id": cliClient, "scope": scopes,
		"iat": now.Unix(), "exp": made.expires.Unix(), "jti": harness.Opaque(20),
	}, "RS256")
	if err != nil {
		return w.h.Failure(err)
	}
	w.tokens[w.h.HandOut(value)] = made
	fields := map[string]any{
		"access_token": value, "token_type": "Bearer", "expires_in": int64(life / time.Second), "scope": scopes,
	}
	if f.current != "" && (r.PostForm.Get("grant_type") == grantCode || !w.h.Behaviour.KeepRefreshToken) {
		fields["refresh_token"] = f.current
	}
	return harness.JSON(http.StatusOK, fields)
}

// revoke ends the sign-in of a refresh token (RFC 7009).
func (w *Workspace) revoke(r *http.Request) *harness.Reply {
	if r.PostForm.Get("token") == "" || r.PostForm.Get("client_id") != cliClient {
		return w.refuseSignIn(r, errInvalidRequest, "token or client_id is missing")
	}
	if f := w.refresh[r.PostForm.Get("token")]; f != nil {
		f.dead = true
	}
	return &harness.Reply{Status: http.StatusOK, Header: http.Header{"Cache-Control": {"no-store"}}}
}
