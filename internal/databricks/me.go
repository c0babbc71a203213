package databricks

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Principal is whom a workspace takes the bearer of a token for. Its texts are cleaned of control characters, its lists
// sorted and without duplicates.
type Principal struct {
	ID           string // Databricks' own number
	UserName     string // e-mail address of a user, application ID of a service principal
	DisplayName  string // may be empty
	Active       bool
	Groups       []string // display names
	Entitlements []string // such as workspace-access, databricks-sql-access
	Roles        []string // ARNs of instance profiles
}

// maxText bounds a text of a principal, in runes.
const maxText = 300

// Me asks the workspace who the bearer of a token is (https://docs.databricks.com/api/workspace/currentuser/me). The
// token is sent to the workspace it is for, under the same rules as an ID token. There is no such question at an account
// console.
func (c *Client) Me(ctx context.Context, t *Token) (*Principal, error) {
	host, err := c.destination(t.Host)
	if err != nil {
		return nil, err
	}
	doing := "asking " + host + " who we are"
	if t.AccessToken.IsZero() {
		return nil, ui.Fault(ui.LoginNeeded, "dbxaccess login", "%s: there is no workspace token", doing)
	}
	if t.AccountID != "" {
		return nil, ui.Fault(ui.Failed, "ask with a role that works in a workspace", "%s: an account console has no answer to that", doing)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, host+"/api/2.0/preview/scim/v2/Me", nil)
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	req.Header.Set("Authorization", "Bearer "+t.AccessToken.Reveal())
	a, err := c.ask(doing, req, parts(t.AccessToken)...)
	if err != nil {
		return nil, err
	}
	said := a.words()
	if said == "" {
		said = "no reason given"
	}
	switch a.Status {
	case http.StatusUnauthorized:
		return nil, ui.Fault(ui.Refused, "dbxaccess login --force",
			"%s: the workspace does not accept its token: %s", doing, said)
	case http.StatusForbidden:
		return nil, ui.Fault(ui.Refused,
			"a workspace admin must assign you to the workspace, with the entitlement workspace-access\n"+networkHint,
			"%s: the workspace refuses access: %s", doing, said)
	}
	p := a.principal()
	if !a.OK() || p.ID == "" && p.UserName == "" {
		return nil, a.fault(doing)
	}
	return p, nil
}

func (a *answer) principal() *Principal {
	p := &Principal{
		ID:           cut(a.Text("id"), maxText),
		UserName:     cut(a.Text("userName"), maxText),
		DisplayName:  cut(a.Text("displayName"), maxText),
		Active:       true, // optional in SCIM (RFC 7643 section 4.1.1), and whoever gets an answer is
		Groups:       each(a.Object, "groups", "display"),
		Entitlements: each(a.Object, "entitlements", "value"),
		Roles:        each(a.Object, "roles", "value"),
	}
	var active *bool
	if json.Unmarshal(a.Object["active"], &active) == nil && active != nil {
		p.Active = *active
	}
	return p
}

// each collects one text of every element of a multi-valued attribute (RFC 7643 section 2.4).
func each(o httpclient.Object, name, attribute string) []string {
	var elements []json.RawMessage
	if json.Unmarshal(o[name], &elements) != nil {
		return nil
	}
	var found []string
	for _, raw := range elements {
		element, _ := httpclient.ParseObject(raw)
		if text := cut(element.Text(attribute), maxText); text != "" {
			found = append(found, text)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
