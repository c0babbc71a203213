package workspacelogin

import (
	"context"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxName bounds a user name, in characters; RFC 5321 allows addresses 254.
const maxName = 320

// identify finds out whose a token is, and refuses any but that of the person who is signed in.
func (c *Client) identify(ctx context.Context, p login.Provider, session *login.Session, token *databricks.Token) error {
	name, number, err := c.bearer(ctx, p, token)
	if err != nil {
		return err
	}
	if isAnother(p.Workspace.Names, name) {
		return ui.Errorf("workspace-other-person", ui.Refused, "%s knows you as %s, and you are signed in as %s: the sign-in there is not used",
			p.Host(), name, ui.Clean(p.Workspace.Names[0])).
			With(ui.Advice("sign out of Databricks in the browser, and sign in there as the same person"), p.SignInFix(),
				ui.Advice("if you are both, your user name at Databricks has to be an address that your identity provider tells of you"))
	}
	session.Subject, session.Username, session.Key = name, name, number
	if strings.Contains(name, "@") {
		session.Email = name
	}
	return nil
}

// bearer is the user name that a token stands for, and Databricks' number for it, as the workspace says. The console of an
// account has no answer to that, but its tokens are JWTs whose subject is the user name. Such a token came from its own
// issuer over TLS, which is as good as a signature (OpenID Connect Core 1.0 §3.1.3.7, 6).
func (c *Client) bearer(ctx context.Context, p login.Provider, token *databricks.Token) (name, number string, err error) {
	if !token.AtConsole() {
		me, err := c.Databricks.Me(ctx, token)
		if err != nil {
			return "", "", err
		}
		name, number = me.UserName, me.ID
	} else if claims, ok := idtoken.Parse(token.AccessToken); ok {
		name = ui.Cut(claims.Text("sub"), maxName)
	}
	if name == "" {
		return "", "", ui.Errorf("workspace-person-unknown", ui.Failed, "%s does not say who signed in, so the sign-in there is not used", p.Host()).
			With(ui.Advice("check the host of the workspace in the access map, and the proxy if there is one"))
	}
	return name, number, nil
}

// isAnother reports whether a user name at Databricks is none of a person's: where addresses are known of the person it is to
// be one of them. Names without a domain say nothing of another one's.
func isAnother(names []string, user string) bool {
	address := func(s string) bool { return strings.Contains(s, "@") }
	return address(user) && slices.ContainsFunc(names, address) &&
		!slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, user) })
}
