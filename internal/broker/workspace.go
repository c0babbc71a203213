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
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// workspaceToken is a workspace's token.
type workspaceToken struct {
	mapPath    string
	view       func() (*access.View, error)
	databricks *databricks.Client
	sessions   login.Source
}

func (b *Broker) workspace() workspaceToken {
	return workspaceToken{b.parts.MapPath, b.view, b.parts.Databricks, b.parts.Sessions}
}

func (workspaceToken) activity() audit.Activity { return audit.Exchange }

// scope: a token is not narrowed by datasets.
func (workspaceToken) scope(Request) []string { return nil }

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
	parts := []string{
		k.mapPath, r.Identity, workspace.Host, workspace.AccountID, workspace.WorkspaceID, role.ServicePrincipal, strings.Join(workspace.Scopes, " "),
	}
	if r.Agent != "" {
		parts = append(parts, r.Agent)
	}
	return credential.WorkspacePrefix + credential.Digest(parts...), nil
}

// narrowed is the workspace of a role as an agent may use it.
func narrowed(m *accessmap.Map, r Request, workspace accessmap.Workplace) (accessmap.Workplace, error) {
	scopes, _, err := m.AgentScopes(r.Agent, r.Role, workspace.Name)
	workspace.Scopes = scopes
	return workspace, err
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
	}
	return workspace, nil
}

// NotAWorkspaceOf is the error of a workspace that is not one of a role's.
func NotAWorkspaceOf(role, workspace string, workspaces []string) error {
	return ui.Errorf("workspace-not-of-role", ui.Usage, "the role %s does not work in the workspace %q", role, ui.Clean(workspace)).
		With(ui.Advice("its workspaces are: " + strings.Join(workspaces, ", ")))
}

func (k workspaceToken) order(ctx context.Context, e entitlement) (*order, error) {
	workspace, err := workspaceOf(e.m, e.role, e.request.Workspace)
	if err != nil {
		return nil, err
	}
	if e.request.Agent != "" {
		if workspace, err = narrowed(e.m, e.request, workspace); err != nil {
			return nil, err
		}
	}
	switch by := workspace.Login; {
	case by == accessmap.LoginBrowser && e.request.Agent != "":
		return nil, agentNotNarrowable(e, ui.Errorf("", ui.Refused, "people sign in at the workspace %s itself (`login: browser`), whose tokens are for all that they may do there", workspace.Name).
			With(ui.Advice("ask "+access.Contact(e.m)+" for token federation (`login: federation`)")))
	case by.Serves(e.signIn.Identity.Method()):
	case by == accessmap.LoginBrowser:
		return nil, ui.Errorf("workspace-for-people", ui.Failed, "people sign in at the workspace %s in the browser (`login: browser`), which a workload can't",
			workspace.Name).With(ui.Advice("ask " + access.Contact(e.m) + " for token federation (`login: federation`)"))
	default:
		return nil, ui.Errorf("no-id-token", ui.Failed, "IAM Identity Center issues no ID token, so there is none to trade for a token of %s", workspace.Host).
			With(ui.Advice("sign in with an identity of an OpenID Connect provider for the workspace; ask "+access.Contact(e.m),
				"or have people sign in at the workspace itself, by `login: browser` in the access map"))
	}
	e.request.Run = "" // the token is shared by all runs
	o := &order{entitlement: e, binding: bindingOf(e.signIn)}
	o.binding.Host, o.binding.AccountID, o.binding.WorkspaceID = workspace.Host, workspace.AccountID, workspace.WorkspaceID
	o.binding.Agent, o.binding.ServicePrincipal, o.binding.TokenScopes = e.request.Agent, e.role.ServicePrincipal, strings.Join(workspace.Scopes, " ")
	if workspace.Login == accessmap.LoginBrowser {
		o.beside, err = k.signedInBeside(ctx, e.signIn.AtWorkspace(workspace))
		if err != nil {
			return nil, err
		}
		o.binding.SignIn = o.beside.session.ID
	}
	return o, nil
}

// tokenLife: a workspace's token ends with the ID token it was made from. Where the workspace has a sign-in of its own, the
// identity's has to live, so that anyone who lost it, or the role, gets no further token.
func (workspaceToken) tokenLife(o *order, life time.Duration) time.Duration {
	if o.beside != nil {
		return 0
	}
	return tokenLife(o.request, life)
}

// tokenLife is what has to be left of a token's life to serve a request.
func tokenLife(r Request, life time.Duration) time.Duration {
	return min(r.Enough(life, min(credential.TokenLeft, life/2)), life)
}

func (workspaceToken) tokenRefused(err error) bool { return databricks.TokenRefused(err) }

func (k workspaceToken) ask(ctx context.Context, o *order) (*item, error) {
	if o.beside != nil {
		return k.askBeside(ctx, o)
	}
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
