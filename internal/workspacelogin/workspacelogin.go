// Package workspacelogin signs people in at a Databricks workspace or account that takes no ID token, in the browser of this
// machine.
//
// In comes a person who is signed in with an identity of the access map, and the workspace, as a login.Provider; out comes a
// session with an access token of the workspace, kept and renewed by login.Stored as every session is. The workspace itself
// says who it is of. A session of anyone but the person who is signed in must never come out, nor may a token be sent
// anywhere but to the host that package databricks has judged.
package workspacelogin

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The ports that the client databricks-cli may come back to, at the name localhost and without a path:
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m
const firstPort, lastPort = 8020, 8040

// Client signs in at workspaces. It implements login.Protocol.
type Client struct {
	Databricks *databricks.Client
	Now        func() time.Time // wall clock
	Log        *slog.Logger

	// Peer reports whether the far end of a connection over loopback is this person's own program: see oidc.Client.
	Peer func(remote, local string) bool
}

// at is where a provider signs in.
func at(p login.Provider) databricks.Address {
	return databricks.Address{Host: p.Workspace.Host, AccountID: p.Workspace.AccountID, WorkspaceID: p.Workspace.WorkspaceID}
}

// SignIn implements login.Protocol: an authorization code (RFC 6749 §4.1) bound by PKCE (RFC 7636) comes back to a loopback
// address and is traded for tokens. There is no ID token: the workspace is asked who its bearer is. The browser is answered
// after that, so that its page tells the truth.
func (c *Client) SignIn(ctx context.Context, p login.Provider, screen login.Screen) (*login.Session, error) {
	e, err := c.Databricks.SignInEndpoints(ctx, at(p))
	if err != nil {
		return nil, err
	}
	a := authorization{state: rand.Text(), verifier: secret.New(oauth2.GenerateVerifier())}
	r, err := c.listen(ctx, p, a.state, firstPort, lastPort)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	a.redirect = r.Redirect
	address, err := a.address(p, e)
	if err != nil {
		return nil, err
	}
	done := screen.Page(address, false)
	back, err := r.Wait(ctx, login.PageWait)
	done()
	if err != nil {
		return nil, oauth.NobodyCame(p, err, p.SignInFix())
	}
	session, err := c.conclude(ctx, p, e, a, back.Query)
	back.Answer(err == nil)
	return session, err
}

// listen takes the first of the ports that is free: other programs sign in with the same ones.
func (c *Client) listen(ctx context.Context, p login.Provider, state string, first, last int) (r *loopback.Reception, err error) {
	for port := first; port <= last; port++ {
		if r, err = loopback.Open(ctx, loopback.Address{Host: "localhost", Port: port}, state, c.Peer); err == nil {
			return r, nil
		}
		if ctx.Err() != nil {
			return nil, oauth.Interrupted(ctx.Err())
		}
	}
	return nil, ui.Errorf("redirect-ports-taken", ui.Failed, "listening for the browser on one of the ports %d to %d, which a sign-in at Databricks takes: %w",
		first, last, err).With(ui.Advice("stop a program that has one of them, such as another sign-in that waits"), p.SignInFix())
}

// authorization is one sign-in. Its secrets are random, of 128 bits or more.
type authorization struct {
	state    string        // comes back with the browser
	verifier secret.String // of PKCE: goes to the token endpoint only
	redirect string
}

// address is the authorization request (RFC 6749 §4.1.1), written so that no shell reads anything into it.
func (a authorization) address(p login.Provider, e *databricks.SignInEndpoints) (string, error) {
	u, err := httpclient.CheckURL(e.Authorization)
	if err != nil {
		return "", ui.Errorf("endpoint-invalid", ui.Failed, "authorization_endpoint of %s: %w", p.Host(), err)
	}
	form := u.Query() // an endpoint's own is kept (RFC 6749 §3.1)
	for name, value := range map[string]string{
		"response_type": "code", "client_id": p.ClientID, "redirect_uri": a.redirect, "state": a.state,
		"scope": strings.Join(slices.Concat([]string{"offline_access"}, p.Workspace.Scopes), " "),
	} {
		form.Set(name, value)
	}
	oauth.SetChallenge(form, a.verifier.Reveal())
	u.RawQuery = form.Encode()
	return oauth.Serialise(u), nil
}

// conclude makes a session of what the browser came back with.
func (c *Client) conclude(
	ctx context.Context, p login.Provider, e *databricks.SignInEndpoints, a authorization, back url.Values,
) (*login.Session, error) {
	const doing = "trading the code of the sign-in for tokens"
	from := p
	from.Issuer = e.Issuer // as the authorization server spells it
	code, err := oauth.Code(from, e.NamesIssuer, back)
	if err != nil {
		return nil, err
	}
	grant, err := c.Databricks.Redeem(ctx, at(p), e, code, a.verifier, a.redirect)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case httpclient.Lost(err):
		return nil, ui.Errorf("sign-in-code-lost", ui.Failed, "%w; a code works once, so it was not sent again", err).With(p.SignInFix())
	case err != nil:
		return nil, fault(p, doing, err)
	}
	session := login.NewSession(p, c.Now())
	if err := c.identify(ctx, p, session, grant.Token); err != nil {
		c.abandon(ctx, p, e, grant)
		return nil, err
	}
	session.RefreshToken, session.Scope = grant.RefreshToken, grant.Scope
	session.AccessToken, session.IDTokenExpires, session.Refreshed = grant.Token.AccessToken, grant.Token.Expires, session.SignedIn
	return session, nil
}

// abandon ends a sign-in that is of no use, as far as it can.
func (c *Client) abandon(ctx context.Context, p login.Provider, e *databricks.SignInEndpoints, grant *databricks.Grant) {
	if e.Revocation == "" || grant.RefreshToken.IsZero() {
		return
	}
	if err := c.Databricks.Revoke(context.WithoutCancel(ctx), at(p), e, grant.RefreshToken); err != nil {
		c.Log.Warn("the sign-in was not ended at the workspace", "provider", p.Host(), "error", err)
	}
}

// over are the refusals that only a new sign-in fixes; Databricks calls a refresh token that it does not take invalid_request.
var over = []string{"invalid_grant", "invalid_request"}

// fault makes what a person reads of a refusal. Other errors are sentences already.
func fault(p login.Provider, doing string, err error) error {
	refused, ok := errors.AsType[*databricks.SignInError](err)
	switch {
	case !ok:
		return err
	case refused.Busy:
		return httpclient.Later(ui.Errorf("provider-busy", ui.Failed, "%s: %w", doing, refused).With(oauth.TryAgain), refused.RetryAfter)
	case slices.Contains(over, refused.Code):
		return ui.Errorf("session-over", ui.LoginNeeded, "the session at %s is over: %w", p.Host(), refused).With(p.SignInFix())
	}
	return ui.Errorf("workspace-sign-in-refused", ui.Refused, "%s: %s refused: %w", doing, p.Host(), refused).
		With(ui.Advice("an account admin must let people sign in with the OAuth application databricks-cli (App connections in the account console)"))
}
