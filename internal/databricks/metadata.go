package databricks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpcache"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxEndpoint bounds the address that a host names for its sign-ins, in characters.
const maxEndpoint = 512

// accountPlace is where an account's ID goes in the address that a host names.
const accountPlace = "{account_id}"

// endpoint is where the token is traded: where the host says so, else where workspaces and account consoles have it.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-exchange
//
// The SDKs ask each host what it is before anything else, GET /.well-known/databricks-config, and go by the answer: at a
// unified host sign-ins are the account's. Many hosts have no such answer, and it decides where an ID token goes, so
// whatever is no answer changes nothing, and what leads elsewhere is refused. The endpoints of an account console are fixed.
// kept: the host said so a while ago; refetch asks it in any case.
func (c *Client) endpoint(ctx context.Context, e Exchange, refetch bool) (endpoint string, kept bool, err error) {
	if e.AccountID != "" && !isID(e.AccountID) {
		return "", false, ui.Errorf("databricks-account-invalid", ui.Failed,
			"%q is not the ID of a Databricks account: letters, digits and hyphens", cut(e.AccountID, 80)).
			With(ui.ForAdmin("correct account_id of the workspace in the access map; the account console shows it"))
	}
	if e.AccountID != "" && e.WorkspaceID == "" {
		return e.Host + "/oidc/accounts/" + e.AccountID + "/v1/token", false, nil
	}
	a, kept, err := c.metadata(ctx, e, refetch)
	if err == nil {
		endpoint, err = c.told(e, a)
	}
	if err != nil && kept {
		return c.endpoint(ctx, e, true)
	}
	return endpoint, kept, err
}

// told is the endpoint by what a host says of itself.
func (c *Client) told(e Exchange, a *answer) (string, error) {
	unified := strings.EqualFold(a.Text("host_type"), "unified")
	if err := e.agrees(a, unified); err != nil {
		return "", err
	}
	account := cmp.Or(e.AccountID, firstID(a.id("account_id")))
	if endpoint := a.Text("oidc_endpoint"); endpoint != "" {
		if account == "" && strings.Contains(endpoint, accountPlace) {
			return "", ui.Errorf("workspace-account-missing", ui.Failed, "%s: the host takes sign-ins for an account, and it is not known which", e.doing()).
				With(ui.ForAdmin("add account_id to the workspace in the access map; the account console shows it"))
		}
		return c.ownEndpoint(e, strings.ReplaceAll(endpoint, accountPlace, account))
	}
	if account != "" && (unified || e.AccountID != "") {
		return e.Host + "/oidc/accounts/" + account + "/v1/token", nil
	}
	return e.Host + "/oidc/v1/token", nil
}

// metadata is what a host says of itself; an empty answer where that is no JSON object. A host that can't be asked can't
// be sent a token either, and is an error.
func (c *Client) metadata(ctx context.Context, e Exchange, refetch bool) (a *answer, kept bool, err error) {
	none := &answer{Answer: &httpclient.Answer{}}
	address := e.Host + "/.well-known/databricks-config"
	document, kept, err := httpcache.Cache{Notes: c.Notes, Now: c.Now}.Get(address, refetch, func(conditions http.Header) (*httpclient.Answer, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, httpclient.Explain(e.doing(), err)
		}
		maps.Copy(r.Header, conditions)
		a, err := c.ask(e.doing(), r)
		if err != nil {
			return nil, err
		}
		return a.Answer, nil
	})
	switch {
	case httpclient.Permanent(err), errors.Is(err, httpclient.ErrBodyTooLarge): // such as a page to sign in on
		return none, false, nil
	case err != nil:
		return nil, false, err
	}
	a = &answer{document, document.RetryAfter(c.Now())}
	switch {
	case e.WorkspaceID != "" && e.AccountID == "" && (a.transient() || a.Status == http.StatusTooManyRequests):
		return nil, kept, a.fault(e.doing()) // only a unified host's own words tell its account
	case !a.OK() || a.Object == nil:
		return none, kept, nil
	}
	return a, kept, nil
}

// id is an ID that a host says, which may be written as a number; "" for none.
func (a *answer) id(key string) string {
	var id json.Number
	_ = json.Unmarshal(a.Object[key], &id)
	return cmp.Or(a.Text(key), id.String())
}

// agrees compares what the map says of a host with what it says itself.
func (e Exchange) agrees(a *answer, unified bool) error {
	differs := func(key, mine string) bool {
		theirs := a.id(key)
		return theirs != "" && mine != "" && !strings.EqualFold(theirs, mine)
	}
	switch {
	case unified && e.WorkspaceID == "":
		return ui.Errorf("workspace-unified", ui.Failed, "%s: the host serves several workspaces, and the access map doesn't say which", e.doing()).
			With(ui.ForAdmin(`add workspace_id: "NUMBER" to the workspace in the access map; the number stands behind ?o= in the browser`))
	case differs("account_id", e.AccountID):
		return e.otherAccount(a.id("account_id"))
	case !unified && differs("workspace_id", e.WorkspaceID):
		return ui.Errorf("workspace-other-id", ui.Failed, "%s: the host is the workspace %s, and the access map says %s",
			e.doing(), cut(a.id("workspace_id"), maxID), cut(e.WorkspaceID, maxID)).
			With(ui.ForAdmin("correct workspace_id of the workspace in the access map, or leave it out"))
	}
	return nil
}

func (e Exchange) otherAccount(theirs string) error {
	return ui.Errorf("workspace-other-account", ui.Failed, "%s: the host is of the account %s, and the access map says %s",
		e.doing(), cut(theirs, maxID), e.AccountID).
		With(ui.ForAdmin("correct account_id of the workspace in the access map"))
}

// ownEndpoint is the token endpoint below the address that a host names: its own, one of Databricks' or of a trusted host,
// by https wherever the host itself is reached by it.
func (c *Client) ownEndpoint(e Exchange, oidc string) (string, error) {
	elsewhere := func(where string) error {
		return ui.Errorf("workspace-oidc-elsewhere", ui.Refused,
			"%s: the host sends ID tokens to %s, which is neither itself, nor a domain of Databricks, nor a trusted host: none is sent",
			e.doing(), cut(where, 100)).
			With(ui.ForAdmin("correct the host of the workspace in the access map; behind a proxy, check what it answers for " +
				e.Host + "/.well-known/databricks-config"))
	}
	u, err := url.Parse(oidc)
	if err != nil || len(oidc) > maxEndpoint || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(oidc, "{}?#\\%") ||
		ui.Clean(oidc) != oidc || strings.Contains(u.Path, "..") {
		return "", elsewhere(oidc)
	}
	origin, err := NormalizeHost(u.Scheme + "://" + u.Host)
	if err != nil {
		return "", elsewhere(oidc)
	}
	other := u.Scheme == "https" && (httpclient.Trusts(c.TrustedHosts, u) || ownDomain(strings.ToLower(u.Hostname())))
	if origin != e.Host && !other {
		return "", elsewhere(origin)
	}
	if _, named, ok := strings.Cut(u.Path, "/accounts/"); ok && e.AccountID != "" {
		if account, _, _ := strings.Cut(named, "/"); !strings.EqualFold(account, e.AccountID) {
			return "", e.otherAccount(account)
		}
	}
	return origin + strings.TrimRight(u.Path, "/") + "/v1/token", nil
}

func isID(text string) bool { return firstID(text) != "" }
