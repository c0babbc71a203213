package databricks

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Principal is who the bearer of a token is to a workspace. Its texts are cleaned of control characters, its lists
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

// Me is for doctor, which must not link Databricks' SDK. It asks who the bearer of a token is
// (https://docs.databricks.com/api/workspace/currentuser/me).
func (c *Client) Me(ctx context.Context, t *Token) (*Principal, error) {
	q := apiRequest{doing: "asking " + t.Host + " who we are", method: http.MethodGet, path: "/api/2.0/preview/scim/v2/Me"}
	a, err := c.api(ctx, t, q)
	if err != nil {
		return nil, err
	}
	p := a.principal()
	switch {
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return nil, Refused(q.doing, a.Status, a.words())
	case !a.OK() || p.ID == "" && p.UserName == "":
		return nil, a.fault(q.doing)
	}
	return p, nil
}

// OutOfScope is the error of a request that a token's scopes are not for.
const OutOfScope ui.ID = "workspace-scope-missing"

// BearerRefused is the error of a workspace that does not accept a token.
const BearerRefused ui.ID = "workspace-token-refused"

// Refused is the error of a workspace that answered a request of its own API with a status other than 200. doing is
// what was asked of it; said is what the answer said, cleaned here.
func Refused(doing string, status int, said string) error {
	said = cut(said, 600)
	reason := cmp.Or(said, "no reason given")
	switch {
	case status == http.StatusForbidden && strings.Contains(said, "does not have required scopes"): // which has no code of its own
		return ui.Errorf(OutOfScope, ui.Refused, "%s: the role's tokens are not for that: %s", doing, reason).
			With(ui.Advice("take another role"), ui.ForAdmin("add the scope to scopes of the role and of its workspace in the access map"))
	case status == http.StatusUnauthorized:
		return ui.Errorf(BearerRefused, ui.Refused, "%s: the workspace does not accept its token: %s", doing, reason).
			With(ui.Command("dbxaccess login --force"))
	case status == http.StatusForbidden:
		return ui.Errorf("workspace-access-refused", ui.Refused, "%s: the workspace refuses access: %s", doing, reason).
			With(ui.Advice(networkHint), ui.ForAdmin("assign the person to the workspace, with the entitlement workspace-access"))
	}
	return fault(doing, status, said, status >= 500, "a minute")
}

func (a *answer) principal() *Principal {
	p := &Principal{
		ID:           a.Text("id"),
		UserName:     a.Text("userName"),
		DisplayName:  a.Text("displayName"),
		Active:       true, // optional in SCIM (RFC 7643 section 4.1.1), and who gets an answer is
		Groups:       each(a.Object, "groups", "display"),
		Entitlements: each(a.Object, "entitlements", "value"),
		Roles:        each(a.Object, "roles", "value"),
	}
	var active *bool
	if json.Unmarshal(a.Object["active"], &active) == nil && active != nil {
		p.Active = *active
	}
	p.Clean()
	return p
}

// Clean cuts the texts of a principal to what people read, and sorts its lists.
func (p *Principal) Clean() {
	p.ID, p.UserName, p.DisplayName = cut(p.ID, maxText), cut(p.UserName, maxText), cut(p.DisplayName, maxText)
	for _, list := range []*[]string{&p.Groups, &p.Entitlements, &p.Roles} {
		var texts []string
		for _, text := range *list {
			if text = cut(text, maxText); text != "" {
				texts = append(texts, text)
			}
		}
		slices.Sort(texts)
		*list = slices.Compact(texts)
	}
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
		found = append(found, element.Text(attribute))
	}
	return found
}
