package idp

import (
	"net/http"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// authorize begins the browser flow (RFC 6749 4.1.1) with PKCE (RFC 7636), which RFC 8252 8.1 demands of native apps.
func (p *Provider) authorize(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	if name, twice := harness.Twice(query); twice {
		return p.desk.Refuse(r, "parameter "+name+" twice")
	}
	// Until client and redirect are known to be good, nothing may be sent to the redirect.
	if kind.MetAt(p.h.Behaviour.Refusal, kind.AtClient) {
		return p.refusalPage(kind.UnknownClient)
	}
	if query.Get("client_id") != harness.ClientID {
		return p.desk.Refuse(r, "unknown client")
	}
	redirect, ok := signin.LoopbackRedirect(query.Get("redirect_uri"))
	if host := p.kind().RedirectHost; !ok || host != "" && redirect.Hostname() != host {
		p.h.Unexpectedf("GET %s: %s: %s", r.URL.Path, kind.ForeignRedirect, query.Get("redirect_uri"))
		return p.refusalPage(kind.ForeignRedirect)
	}
	code := p.h.HandOut(harness.Opaque(43))
	back := &signin.Back{RedirectURI: query.Get("redirect_uri"), State: query.Get("state"), Nonce: query.Get("nonce")}
	back.Send = func(g *signin.Grant) *harness.Reply { return p.returnToClient(g, code) }
	challenge, refused := p.desk.CheckBrowser(r, back, p.redirectBack)
	if refused != nil {
		return refused
	}
	scopes, refused := p.checkScopes(r, query.Get("scope"))
	if refused != nil {
		return p.redirectBack(back, url.Values{"error": {errInvalidScope}})
	}
	if want := p.h.Behaviour.Audience; want != "" && query.Get("audience") != want {
		const why = "audience is missing or unknown"
		p.h.Unexpectedf("GET %s: %s", r.URL.Path, why)
		return p.redirectBack(back, url.Values{"error": {errInvalidRequest}, "error_description": {why}})
	}
	g := &grant{Grant: p.desk.NewBrowser(harness.ClientID, scopes, challenge, back), authentication: p.authenticate(query)}
	p.grants[code] = g
	return p.desk.Ask(r, g.Grant)
}

// refusalPage tells what a provider shows instead of going back to the client.
func (p *Provider) refusalPage(what kind.Situation) *harness.Reply {
	_, text := p.inRedirect(what)
	return p.desk.Problem(http.StatusBadRequest, text)
}

// inRedirect is a refusal as the browser brings it to the client (RFC 6749 4.1.2.1, which has no invalid_grant).
func (p *Provider) inRedirect(what kind.Situation) (code, description string) {
	told := p.say(what).Fields
	code, _ = told["error"].(string)
	if description, _ = told["error_description"].(string); description == "" {
		description, _ = told["errorSummary"].(string) // of Okta's API
	}
	if code == "invalid_grant" || code == "authorization_declined" {
		code = "access_denied"
	}
	return code, description
}

// returnToClient sends the browser back with the person's decision (RFC 6749 4.1.2), or with what stands against it.
func (p *Provider) returnToClient(g *signin.Grant, code string) *harness.Reply {
	what := p.h.Behaviour.Refusal
	switch {
	case g.Decision == signin.Denied:
		what = kind.Denied
	case !kind.MetAt(what, kind.AtSignIn):
		return p.redirectBack(g.Back, url.Values{"code": {code}})
	}
	fault, description := p.inRedirect(what)
	return p.redirectBack(g.Back, url.Values{"error": {fault}, "error_description": {description}})
}

// redirectBack answers through the browser, with the issuer where the kind has RFC 9207.
func (p *Provider) redirectBack(back *signin.Back, answer url.Values) *harness.Reply {
	if p.kind().IssInAnswer {
		answer.Set("iss", p.issuers.Issuer())
	}
	return back.To(answer)
}

// redeemAuthorizationCode exchanges a code (RFC 6749 4.1.3, RFC 7636 4.5). A second use ends the session that the first one
// began.
func (p *Provider) redeemAuthorizationCode(r *http.Request) *harness.Reply {
	g := p.grants[r.PostForm.Get("code")]
	switch {
	case g == nil || g.Back == nil || g.Decision != signin.Approved:
		return p.sayUnexpected(r, kind.UnknownCode)
	case g.Spent:
		if g.redeemed != nil {
			g.redeemed.dead = true
		}
		return p.sayUnexpected(r, kind.UsedCode)
	case !p.h.Clock().Before(g.Expires):
		return p.say(kind.ExpiredCode)
	case r.PostForm.Get("redirect_uri") != g.Back.RedirectURI:
		return p.sayUnexpected(r, kind.OtherRedirect)
	}
	if refused := p.checkVerifier(r, g); refused != nil {
		return refused
	}
	if refused := p.refusedAt(kind.AtTokens); refused != nil {
		return refused
	}
	return p.firstTokens(g, g.Back.Nonce)
}
