package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// kind is a kind of credential that an ID token is traded for: what differs between AWS and Databricks on an otherwise
// equal line.
type kind interface {
	// key names the item of a request in the keyring.
	key(r Request) (string, error)
	// bind works out what the credential is to be made for.
	bind(e *entitlement, r Request) error
	// tokenLife is what an ID token must still live to be worth sending, of the life it had.
	tokenLife(life time.Duration) time.Duration
	// issue asks once, with the session's present ID token. Of the item it sets credential and expiry.
	issue(ctx context.Context, e *entitlement) (*item, error)
	// tokenRefused reports whether a fresh ID token may help.
	tokenRefused(err error) bool
}

// The beginnings of the keys of cached credentials.
const (
	rolePrefix      = "role/"
	workspacePrefix = "workspace/"
)

// assumed are AWS credentials of an assumed role.
type assumed struct{ b *Broker }

// key needs no map, so that the warm path does without. What the item was made for stands in its Binding; the hash keeps
// names out of key listings, and the map's path is part of the key because two maps may give one name different meanings.
func (k assumed) key(r Request) (string, error) {
	scope := slices.Compact(slices.Sorted(slices.Values(r.Scope)))
	return rolePrefix + digest(append([]string{k.b.MapPath, r.Identity, r.Role}, scope...)...), nil
}

func (assumed) bind(e *entitlement, r Request) error {
	policy, err := e.m.Policy(r.Role, r.Scope)
	if err != nil {
		return err
	}
	e.policy = policy
	if policy != "" {
		sum := sha256.Sum256([]byte(policy))
		e.binding.PolicyDigest = hex.EncodeToString(sum[:])
	}
	return e.chain()
}

// tokenLife: STS looks at the token once. A provider whose ID tokens live for a minute (some do) must not cost a refresh
// for every role.
func (assumed) tokenLife(life time.Duration) time.Duration { return min(time.Minute, life/4) }

func (k assumed) issue(ctx context.Context, e *entitlement) (*item, error) {
	credentials, err := k.b.assume(ctx, e)
	if err != nil {
		return nil, err
	}
	return &item{Credentials: credentials, Expires: credentials.Expires}, nil
}

func (assumed) tokenRefused(err error) bool { return sts.TokenRefused(err) }

// exchanged is a workspace's token.
type exchanged struct{ b *Broker }

// key is that of host and principal, whatever the role: eight clients of three profiles cost one exchange.
func (k exchanged) key(r Request) (string, error) {
	view, err := k.b.View()
	if err != nil {
		return "", err
	}
	role, err := view.Map.Effective(r.Role)
	if err != nil {
		return "", err
	}
	workspace, err := workspaceOf(view.Map, role)
	if err != nil {
		return "", err
	}
	return workspacePrefix + digest(k.b.MapPath, r.Identity, workspace.Host, workspace.AccountID, role.ServicePrincipal), nil
}

func workspaceOf(m *accessmap.Map, role *accessmap.Effective) (*accessmap.Workspace, error) {
	if role.Workspace == "" {
		return nil, ui.Fault(ui.Failed, "the access map gives a role a workspace with `workspace: NAME`; ask "+access.Contact(m),
			"the role %s has no Databricks workspace", role.Role)
	}
	workspace := m.Workspaces[role.Workspace]
	if workspace.Login != accessmap.LoginFederation {
		return nil, ui.Fault(ui.Failed, "ask "+access.Contact(m)+" for token federation (`login: federation`)",
			"the workspace %s is to be signed in to in the browser (`login: %s` in the access map), which this version does not do",
			workspace.Name, workspace.Login)
	}
	return workspace, nil
}

func (exchanged) bind(e *entitlement, _ Request) error {
	workspace, err := workspaceOf(e.m, e.grants)
	if err != nil {
		return err
	}
	if e.identity.Center() {
		return ui.Fault(ui.Failed, "sign in with an identity of an OpenID Connect provider for the workspace; ask "+access.Contact(e.m),
			"IAM Identity Center issues no ID token, so there is none to trade for a token of %s", workspace.Host)
	}
	e.binding.Host, e.binding.AccountID, e.binding.ServicePrincipal = workspace.Host, workspace.AccountID, e.grants.ServicePrincipal
	return nil
}

// tokenLife: a workspace's token ends with the ID token it was made from.
func (exchanged) tokenLife(life time.Duration) time.Duration { return min(tokenLeft, life/2) }

func (k exchanged) issue(ctx context.Context, e *entitlement) (*item, error) {
	token, err := k.b.Databricks.Exchange(ctx, databricks.Exchange{
		Host: e.binding.Host, AccountID: e.binding.AccountID, ClientID: e.binding.ServicePrincipal, Token: e.session.IDToken,
		Issuer: e.provider.Issuer, Audience: e.provider.ClientID, Subject: e.session.Subject,
	})
	if err != nil {
		return nil, err
	}
	return &item{Token: token, Expires: token.Expires}, nil
}

func (exchanged) tokenRefused(err error) bool { return databricks.TokenRefused(err) }
