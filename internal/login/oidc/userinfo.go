package oidc

import (
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// userInfoTimeout bounds the question, which a renewal asks behind those for tokens and keys.
const userInfoTimeout = 5 * time.Second

// identify verifies what a sign-in brought, and asks for the groups where they are at the userinfo endpoint.
func (c *Client) identify(ctx context.Context, p login.Provider, e *Endpoints, got *tokens, nonce string) (idtoken.Claims, error) {
	claims, err := c.verify(ctx, p, e, got.idToken, nonce)
	if err == nil && p.UserInfo {
		got.info, err = c.userInfo(ctx, p, e, got.accessToken, claims.Text("sub"))
	}
	return claims, err
}

// userInfo asks the userinfo endpoint (OpenID Connect Core 1.0 §5.3), which is as trustworthy as the connection to the issuer's
// own metadata. What it says of another subject than that of the verified ID token must not be used (§5.3.2). Refused: asking
// again is of no use; Failed: no answer for now.
func (c *Client) userInfo(ctx context.Context, p login.Provider, e *Endpoints, accessToken secret.String, subject string) (*idtoken.Claims, error) {
	const doing = "asking for the groups (userinfo)"
	ctx, cancel := context.WithTimeout(ctx, userInfoTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.UserInfo, nil)
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+accessToken.Reveal())
	got, err := httpclient.Do(c.HTTP, httpclient.Asked{Doing: doing, Of: provider}, req, accessToken)
	if err != nil {
		return nil, err
	}
	a := answer{got}
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch {
	case (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden) && !a.IsPage(): // RFC 6750 §3.1
		return nil, ui.Errorf("userinfo-refused", ui.Refused, "%s: %s answered %d %s: %s", doing, p.Host(), a.Status, http.StatusText(a.Status),
			a.Shown(a.Header.Get("WWW-Authenticate")+" "+a.Text("error_description"), 300)).
			With(ui.ForAdmin("let the application's access tokens be used at the userinfo endpoint; the sign-in needs the scope openid"))
	case a.OK() && kind == "application/jwt":
		return nil, ui.Errorf("userinfo-signed", ui.Refused, "%s: %s answered with a signed or encrypted JWT", doing, p.Host()).
			With(ui.ForAdmin("have the provider answer the application with JSON (userinfo_signed_response_alg: none)"))
	case !a.OK() || a.Object == nil:
		return nil, a.NoAnswer()
	case a.Text("sub") != subject:
		return nil, ui.Errorf("userinfo-of-another", ui.Refused, "%s: %s answered about %q, who is not the one who signed in", doing, p.Host(),
			ui.Cut(a.Text("sub"), 100)).With(oauth.InBetween)
	}
	return &idtoken.Claims{Object: a.Object}, nil
}
