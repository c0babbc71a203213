package identitycenter

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// pageSize is the most that the portal takes.
	pageSize = "100"
	// maxPages bounds a listing: 10,000 entries are more than an organisation has.
	maxPages = 100
	// maxPageToken bounds what is sent back for the next page, in bytes.
	maxPageToken = 8 << 10
)

// Accounts lists the accounts in which the person is assigned something, twelve digits each, as they came. Every page
// is fetched; throttling and temporary faults are waited out, five attempts for each page.
func (c *Client) Accounts(ctx context.Context, region string, token secret.String) ([]string, error) {
	in := call{operation: "ListAccounts", service: portal(), method: http.MethodGet, path: "/assignment/accounts", bearer: token,
		query: url.Values{"max_result": {pageSize}}}
	return c.list(ctx, region, in, "accountList", "accountId", iam.IsAccount)
}

// AccountRoles lists the names of the permission sets that the person is assigned in an account, as Accounts does.
func (c *Client) AccountRoles(ctx context.Context, region string, token secret.String, accountID string) ([]string, error) {
	in := call{operation: "ListAccountRoles", service: portal(), method: http.MethodGet, path: "/assignment/roles", bearer: token,
		query: url.Values{"account_id": {accountID}, "max_result": {pageSize}}}
	return c.list(ctx, region, in, "roleList", "roleName", iam.IsName)
}

// list fetches every page and keeps one legal member of each entry.
func (c *Client) list(ctx context.Context, region string, in call, entries, member string, legal func(string) bool) ([]string, error) {
	var found []string
	for range maxPages {
		a, err := c.paced(ctx, region, in)
		if err != nil {
			return nil, err
		}
		var page []json.RawMessage // an empty list says that nothing is assigned; null or no list says nothing
		if json.Unmarshal(a.Object[entries], &page) != nil || page == nil {
			return nil, a.NoAnswer()
		}
		for _, raw := range page {
			if entry, ok := httpclient.ParseObject(raw); ok && legal(entry.Text(member)) {
				found = append(found, entry.Text(member))
			}
		}
		next := a.Text("nextToken")
		if next == "" {
			return found, nil
		}
		if next == in.query.Get("next_token") || len(next) > maxPageToken {
			break
		}
		in.query.Set("next_token", next)
	}
	return nil, ui.Errorf("identity-center-endless", ui.Failed, "IAM Identity Center's answers to %s have no end", in.operation).
		With(ui.Advice("that is no answer of IAM Identity Center: check " + in.service.variable + " and the proxy"))
}

// RoleCredentials takes AWS credentials for a permission set that the person is assigned. Throttling and temporary
// faults are waited out, five attempts in all. Not being assigned it is an *Error with ForbiddenException or
// ResourceNotFoundException.
func (c *Client) RoleCredentials(
	ctx context.Context, region string, token secret.String, accountID, roleName string,
) (*RoleCredentials, error) {
	in := call{operation: "GetRoleCredentials", service: portal(), method: http.MethodGet, path: "/federation/credentials", bearer: token,
		query: url.Values{"account_id": {accountID}, "role_name": {roleName}}}
	a, err := c.paced(ctx, region, in)
	if err != nil {
		return nil, err
	}
	got, _ := httpclient.ParseObject(a.Object["roleCredentials"])
	// Milliseconds, unlike every other time of these services.
	expires, ok := got.Number("expiration")
	latest := float64(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMilli())
	out := &RoleCredentials{
		AccessKeyID: got.Text("accessKeyId"), SecretAccessKey: secret.New(got.Text("secretAccessKey")),
		SessionToken: secret.New(got.Text("sessionToken")),
		Expires:      time.UnixMilli(int64(min(max(expires, 0), latest))).UTC(),
		RequestID:    a.RequestID(),
	}
	if !ok || out.AccessKeyID == "" || out.SecretAccessKey.IsZero() || out.SessionToken.IsZero() {
		return nil, a.NoAnswer()
	}
	return out, nil
}

// Logout ends the person's session of the access portal at the service, for this and every other program that uses its
// token. AWS credentials that were taken live on until they end.
func (c *Client) Logout(ctx context.Context, region string, token secret.String) error {
	in := call{operation: "Logout", service: portal(), method: http.MethodPost, path: "/logout", bearer: token}
	_, err := c.paced(ctx, region, in)
	return err
}
