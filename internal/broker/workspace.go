package broker

import (
	"context"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// workspaceToken is a workspace's token.
type workspaceToken struct {
	mapPath    string
	view       func() (*access.View, error)
	databricks *databricks.Client
}

func (b *Broker) workspace() workspaceToken {
	return workspaceToken{b.parts.MapPath, b.view, b.parts.Databricks}
}

func (workspaceToken) activity() audit.Activity { return audit.Exchange }

// key is that of host, principal and scopes, whatever the role: eight clients of three profiles cost one exchange.
func (k workspaceToken) key(r Request) (string, error) {
	view, err := k.view()
	if err != nil {
		return "", err
	}
	role, err := view.Map.Effective(r.Role)
	if err != nil {
		return "", err
	}
	workspace, err := workspaceOf(view.Map, role, r.Workspace)
	if err != nil {
		return "", err
	}
	return credential.WorkspacePrefix + credential.Digest(k.mapPath, r.Identity, workspace.Host, workspace.AccountID, workspace.WorkspaceID,
		role.ServicePrincipal, strings.Join(workspace.Scopes, " ")), nil
}

// workspaceOf is the workspace of a role that a request means, by its name; "" is the first.
func workspaceOf(m *accessmap.Map, role *accessmap.Effective, name string) (workspace accessmap.Workplace, err error) {
	workspace, ok := role.In(name)
	switch {
	case len(role.Workplaces) == 0:
		return workspace, ui.Errorf("role-without-workspace", ui.Failed, "the role %s has no Databricks workspace", role.Role).
			With(ui.Advice("the access map gives a role a workspace with `workspace: NAME`; ask " + access.Contact(m)))
	case !ok:
		return workspace, NotAWorkspaceOf(role.Role, name, role.Workspaces())
	case workspace.Login != accessmap.LoginFederation:
		return workspace, ui.Errorf("workspace-not-federated", ui.Failed,
			"the workspace %s is to be signed in to in the browser (`login: %s` in the access map), which this version does not do",
			workspace.Name, workspace.Login).With(ui.Advice("ask " + access.Contact(m) + " for token federation (`login: federation`)"))
	}
	return workspace, nil
}

// NotAWorkspaceOf is the error of a workspace that is not one of a role's.
func NotAWorkspaceOf(role, workspace string, workspaces []string) error {
	return ui.Errorf("workspace-not-of-role", ui.Usage, "the role %s does not work in the workspace %q", role, ui.Clean(workspace)).
		With(ui.Advice("its workspaces are: " + strings.Join(workspaces, ", ")))
}

func (workspaceToken) order(e entitlement) (*order, error) {
	workspace, err := workspaceOf(e.m, e.role, e.request.Workspace)
	if err != nil {
		return nil, err
	}
	if e.session().IDToken.IsZero() {
		return nil, ui.Errorf("no-id-token", ui.Failed, "IAM Identity Center issues no ID token, so there is none to trade for a token of %s", workspace.Host).
			With(ui.Advice("sign in with an identity of an OpenID Connect provider for the workspace; ask " + access.Contact(e.m)))
	}
	e.request.Run = "" // the token is shared by all runs
	o := &order{entitlement: e, binding: bindingOf(e.signIn)}
	o.binding.Host, o.binding.AccountID, o.binding.WorkspaceID = workspace.Host, workspace.AccountID, workspace.WorkspaceID
	o.binding.ServicePrincipal, o.binding.TokenScopes = e.role.ServicePrincipal, strings.Join(workspace.Scopes, " ")
	return o, nil
}

// tokenLife: a workspace's token ends with the ID token it was made from.
func (workspaceToken) tokenLife(r Request, life time.Duration) time.Duration {
	return min(r.Enough(life, min(credential.TokenLeft, life/2)), life)
}

func (workspaceToken) tokenRefused(err error) bool { return databricks.TokenRefused(err) }

func (k workspaceToken) ask(ctx context.Context, o *order) (*item, error) {
	token, err := k.databricks.Exchange(ctx, databricks.Exchange{
		Host: o.binding.Host, AccountID: o.binding.AccountID, WorkspaceID: o.binding.WorkspaceID,
		ClientID: o.binding.ServicePrincipal, Scopes: strings.Fields(o.binding.TokenScopes), Token: o.session().IDToken,
		Issuer: o.signIn.Provider.Issuer, Audience: o.signIn.Provider.ClientID, Subject: o.session().Subject,
	})
	if err != nil {
		return nil, err
	}
	return &item{Token: token, Expires: token.Expires}, nil
}
