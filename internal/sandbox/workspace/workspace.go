// Package workspace is the double of a Databricks workspace and its account, as far as credentials go: what kind of host it is,
// token exchange by federation policies, people's own sign-in, whom a token stands for, and what Unity Catalog vends for it.
//
// In come JWTs of the sandbox's issuers, out go access tokens that are good for one host. By the name localhost the same server
// is another workspace, which must take none of this one's tokens.
package workspace

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace/compute"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace/estate"
)

const (
	// Account is the account's id.
	Account = "4d7e5f0a-2b6c-4c1d-9a83-6f0e1d2c3b4a"
	// ID is the workspace's.
	ID = "7405600000000042"
	// OtherID is that of another workspace of the account, where the host serves several.
	OtherID = "7405600000000043"

	exchangePath   = "/oidc/v1/token"
	accountSegment = "id" // of a path: an account's id
)

// Workspace is a sandbox's Databricks workspace.
type Workspace struct {
	h        *harness.Harness
	issuers  *issuer.Issuers
	desk     *signin.Desk
	users    []signin.User
	policies []Policy
	tokens   map[string]token   // by the access token
	grants   map[string]*grant  // by the authorization code
	refresh  map[string]*family // by every refresh token ever issued
	calls    []Call

	account  *aws.Account // where vended credentials are known
	vendings []VendingCall
	queries  []*harness.Query // of SQL

	Estate  *estate.Estate   // what is kept besides
	Compute *compute.Compute // what runs and lies in it
}

// New is a workspace of some people, in an account with federation policies; nil is DefaultPolicies. What Unity Catalog vends
// is of the AWS account.
func New(h *harness.Harness, issuers *issuer.Issuers, account *aws.Account, desk *signin.Desk, policies []Policy) *Workspace {
	if policies == nil {
		policies = DefaultPolicies()
	}
	w := &Workspace{
		h: h, issuers: issuers, account: account, desk: desk, users: desk.Users, policies: policies,
		tokens: map[string]token{}, grants: map[string]*grant{}, refresh: map[string]*family{},
	}
	var groups []string
	for _, u := range desk.Users {
		groups = append(groups, u.Groups...)
	}
	slices.Sort(groups)
	w.Estate = estate.New(h, slices.Compact(groups), w.caller, apiError)
	w.Compute = compute.New(h, func(r *http.Request, api string) *harness.Reply {
		_, refused := w.caller(r, api)
		return refused
	})
	return w
}

// caller is whose token a request to an API has.
func (w *Workspace) caller(r *http.Request, api string) (estate.Caller, *harness.Reply) {
	of, refused := w.bearer(r)
	switch {
	case refused != nil:
		return estate.Caller{}, refused
	case !of.permits(r, api):
		return estate.Caller{}, outOfScope(api)
	case of.user != nil:
		return estate.Caller{Name: of.user.Email, Account: of.account != ""}, nil
	}
	return estate.Caller{Name: of.principal.ClientID, Account: of.account != ""}, nil
}

// Routes are those of the workspace and the account.
func (w *Workspace) Routes() []harness.Route {
	const get, post = http.MethodGet, http.MethodPost
	byGrant := func(r *http.Request) string { return r.PostForm.Get("grant_type") }
	return slices.Concat(w.signInRoutes(), w.unityRoutes(), w.statementRoutes(), w.Estate.Routes(), w.Compute.Routes(), []harness.Route{
		{Endpoint: harness.WorkspaceConfig, Method: get, Path: "/.well-known/databricks-config", Answer: w.config, Error: apiError},
		{Endpoint: harness.Exchange, Method: post, Path: exchangePath, Answer: w.exchange, Detail: byGrant},
		{Endpoint: harness.Exchange, Method: post, Path: "/oidc/accounts/{" + accountSegment + "}/v1/token", Answer: w.exchange, Detail: byGrant},
		{Endpoint: harness.Me, Method: get, Path: "/api/2.0/preview/scim/v2/Me", Answer: w.me, Error: apiError},
	})
}

// WorkspaceHost is the workspace as an access map and a client have it.
func (w *Workspace) WorkspaceHost() string { return w.h.Origin() }

// config tells the Databricks SDKs what kind of host this is; they ask before anything else.
func (w *Workspace) config(r *http.Request) *harness.Reply {
	host := "http://" + r.Host
	if w.h.Behaviour.UnifiedHost {
		return harness.JSON(http.StatusOK, map[string]any{
			"oidc_endpoint": host + "/oidc/accounts/{account_id}",
			"account_id":    Account,
			"cloud":         "AWS",
			"host_type":     "unified",
			"token_federation_default_oidc_audiences": []string{Account},
		})
	}
	return harness.JSON(http.StatusOK, map[string]any{
		"oidc_endpoint": host + "/oidc",
		"account_id":    Account,
		"workspace_id":  ID,
		"cloud":         "AWS",
		"host_type":     "workspace",
		"token_federation_default_oidc_audiences": []string{host + exchangePath},
	})
}

// token is an access token as the workspace knows it.
type token struct {
	host      string       // that it was issued at, with the port; at any other it is nobody's
	account   string       // at whose endpoint it was issued; "": the workspace's own
	user      *signin.User // nil for a service principal
	principal *Policy
	expires   time.Time
	scopes    []string // what it is for
}

// me tells whom an access token stands for, as a SCIM user (RFC 7643 4.1), which service principals are here too.
func (w *Workspace) me(r *http.Request) *harness.Reply {
	of, refused := w.bearer(r)
	if refused != nil {
		return refused
	}
	if !of.permits(r, anyAPI) {
		return outOfScope("scim")
	}
	id := ID
	if w.h.Behaviour.UnifiedHost {
		// https://github.com/databricks/terraform-provider-databricks/pull/5696
		if id = r.Header.Get("X-Databricks-Workspace-Id"); id != ID && id != OtherID {
			return refusal(http.StatusBadRequest, http.StatusBadRequest, "Unable to load OAuth Config")
		}
	}
	name, display, groups := "", "", []string(nil)
	if u := of.user; u != nil {
		name, display, groups = u.Email, u.FullName, u.Groups
		if w.Estate.IsAdmin(name) {
			groups = append(slices.Clone(groups), "admins")
		}
	} else {
		name, display = of.principal.ClientID, of.principal.Name
	}
	fields := map[string]any{
		"schemas":      []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"active":       true,
		"entitlements": values("workspace-access", "databricks-sql-access"),
		"id":           scimID(name),
		"userName":     name,
		"displayName":  display,
		"emails":       []map[string]any{{"type": "work", "value": name, "primary": true}},
		"groups":       groupsOf(groups),
	}
	if of.user != nil {
		fields["roles"] = values(of.user.InstanceProfiles...)
	}
	a := harness.JSON(http.StatusOK, fields)
	a.ContentType = "application/scim+json"
	a.Header.Set("X-Databricks-Org-Id", id)
	return a
}

// bearer returns the access token of a request. One that this workspace did not issue has no business here: it is
// someone else's secret.
func (w *Workspace) bearer(r *http.Request) (*token, *harness.Reply) {
	unexpected := func(why string) { w.h.Unexpectedf("%s %s: %s", r.Method, r.URL.Path, why) }
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || value == "" {
		unexpected("no bearer token")
		return nil, refusal(http.StatusUnauthorized, http.StatusUnauthorized, "Credential was not sent or was of an unsupported type for this API.")
	}
	of, known := w.tokens[value]
	switch {
	case !known:
		unexpected("a token that no workspace issued")
	case of.host != r.Host:
		unexpected("the token of another workspace")
	case w.h.Clock().Before(of.expires):
		return &of, nil
	}
	return nil, refusal(http.StatusUnauthorized, http.StatusUnauthorized, "Invalid access token.")
}

// refusal is an error answer of the workspace's APIs. The code is a number before the API itself is reached, and a word
// from there on.
// https://docs.databricks.com/api/workspace/introduction
func refusal(status int, code any, message string) *harness.Reply {
	return harness.JSON(status, map[string]any{"error_code": code, "message": message})
}

// apiError is the error of an API, with the status that belongs to its code.
func apiError(code, message string) *harness.Reply {
	status := map[string]int{
		"UNAUTHENTICATED":         http.StatusUnauthorized,
		"PERMISSION_DENIED":       http.StatusForbidden,
		"RESOURCE_ALREADY_EXISTS": http.StatusConflict,
		"ALREADY_EXISTS":          http.StatusConflict,
		"NOT_FOUND":               http.StatusNotFound,
		"RESOURCE_DOES_NOT_EXIST": http.StatusNotFound,
		"ENDPOINT_NOT_FOUND":      http.StatusNotFound,
		"REQUEST_LIMIT_EXCEEDED":  http.StatusTooManyRequests,
		"RESOURCE_EXHAUSTED":      http.StatusTooManyRequests,
		"INTERNAL_ERROR":          http.StatusInternalServerError,
		"TEMPORARILY_UNAVAILABLE": http.StatusServiceUnavailable,
	}[code]
	return refusal(cmp.Or(status, http.StatusBadRequest), code, message)
}

// scimID is the number that Databricks knows a user or a group by; the same name has the same one every time.
func scimID(name string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))
	return fmt.Sprint(sum.Sum64() >> 12)
}

func values(texts ...string) []map[string]any {
	list := []map[string]any{}
	for _, value := range texts {
		list = append(list, map[string]any{"value": value})
	}
	return list
}

func groupsOf(names []string) []map[string]any {
	list := []map[string]any{}
	for _, name := range names {
		id := scimID(name)
		list = append(list, map[string]any{"display": name, "type": "direct", "value": id, "$ref": "Groups/" + id})
	}
	return list
}

// ExchangeCalls are the token exchanges, oldest first.
func (w *Workspace) ExchangeCalls() []Call {
	w.h.Lock()
	defer w.h.Unlock()
	return slices.Clone(w.calls)
}
