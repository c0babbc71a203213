package databricks

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// refusal is what a workspace's API says of a refusal for programs, in google.rpc.ErrorInfo; "" where it says nothing:
// https://docs.databricks.com/api/workspace/introduction
type refusal struct {
	reason       string // as in UNITY_CATALOG_EXTERNAL_GENERATE_TABLE_CREDENTIALS_DENIED
	privilege    string // that is missing, as in EXTERNAL USE SCHEMA
	resourceType string // on what, as in Schema
	resource     string // and which, as in main.ml
}

func (a *answer) refusal() (r refusal) {
	var details []json.RawMessage
	_ = json.Unmarshal(a.Object["details"], &details)
	for _, raw := range details {
		info, _ := httpclient.ParseObject(raw)
		if r.reason = info.Text("reason"); r.reason == "" {
			continue
		}
		about, _ := httpclient.ParseObject(info["metadata"])
		if name := about.Text("msg"); len(name) <= 60 && ui.IsPlain(name, " _") && name == strings.ToUpper(name) {
			r.privilege = name
		}
		if kind := about.Text("resourceType"); len(kind) <= 60 && ui.IsPlain(kind, " _") {
			r.resourceType = kind
		}
		r.resource = a.Shown(about.Text("resourceName"), 3*maxSecurable+2)
		return r
	}
	return r
}

// vendingRefused explains why Unity Catalog vends nothing. found is what it says of the securable, nil where that was
// not looked up.
func (c *Client) vendingRefused(ctx context.Context, t *Token, v Vending, found httpclient.Object, a *answer) error {
	doing, said, r := v.doing(t), cmp.Or(a.words(), "no reason given"), a.refusal()
	switch {
	case strings.HasPrefix(r.reason, "UNITY_CATALOG_EXTERNAL_GENERATE_") && strings.HasSuffix(r.reason, "_CREDENTIALS_DENIED"):
		// With status 401, whatever token came: https://github.com/unitycatalog/unitycatalog/issues/2
		return c.externalAccessOff(ctx, t, doing, said)
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden && a.code() == "":
		return Refused(doing, a.Status, a.words())
	case a.Object == nil || a.transient():
		return a.fault(doing)
	case v.Write && r.privilege == "" && found.Text("table_type") == "MANAGED" && found.Text("data_source_format") == "DELTA":
		return ui.Errorf("vending-read-only", ui.Refused, "%s: it is a managed Delta table, which other engines may only read: %s", doing, said).
			With(ui.Advice("leave --write out, and write by the workspace: dbxaccess exec gives its clients the token"))
	case a.Status == http.StatusForbidden:
		return v.privilegeMissing(doing, said, r)
	case a.Status == http.StatusNotFound:
		return ui.Errorf("vending-securable-absent", ui.Refused, "%s: there is no such %s, or it is hidden from you: %s", doing, v.Of, said).
			With(ui.Advice("compare the name with Catalog Explorer of the same workspace; what you have no privilege on does not show itself"))
	}
	refused := ui.Errorf("vending-refused", ui.Refused, "%s: it refuses: %s", doing, said)
	switch v.Of {
	case Path:
		return refused.With(ui.Advice("the path must lie in an external location or an external table; for what is managed name the table or the volume: --from-table, --from-volume"))
	case Table:
		kind := a.Shown(cmp.Or(found.Text("table_type"), "of an unknown type"), 60)
		return refused.With(ui.Advice("the table is " + kind + ": credentials are vended for tables that have files of their own, not for views, nor for those with row filters or column masks"))
	}
	return refused.With(ui.Advice("its owner sees what it is in Catalog Explorer"))
}

// externalAccessOff asks which metastore it is, as anyone who may fix it needs its id. That it can't be told is no error.
func (c *Client) externalAccessOff(ctx context.Context, t *Token, doing, said string) error {
	id, name := "METASTORE_ID", "the metastore"
	q := apiRequest{doing: doing, method: http.MethodGet, path: "/api/2.1/unity-catalog/metastore_summary"}
	if a, err := c.api(ctx, t, q); err == nil && a.OK() {
		id = cmp.Or(firstID(a.Text("metastore_id")), id)
		if called := a.Shown(a.Text("name"), 100); called != "" {
			name += " " + called
		}
		var enabled bool
		if json.Unmarshal(a.Object["external_access_enabled"], &enabled) == nil && enabled {
			return ui.Errorf("vending-refused", ui.Refused, "%s: %s has external data access on, and refuses this all the same: %s", doing, name, said).
				With(ui.ForAdmin("a metastore admin must ask Databricks why; a workspace that allows only some networks or clients can be a reason"))
		}
	}
	return ui.Errorf("vending-external-access-off", ui.Refused, "%s: external data access is off for %s: %s", doing, name, said).
		With(ui.Advice("nothing is wrong with your sign-in"),
			ui.ForAdmin("a metastore admin turns external data access on in Catalog Explorer (the metastore's details), or by:"),
			ui.Command("databricks metastores update "+id+` --json '{"external_access_enabled": true}'`).ForAdmin())
}

// privilegeMissing names the privilege and the statement that grants it.
// https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/privileges
func (v Vending) privilegeMissing(doing, said string, r refusal) error {
	missing := ui.Errorf("vending-privilege-missing", ui.Refused, "%s: a privilege is missing: %s", doing, said)
	if r.privilege == "" {
		r = v.usual()
	}
	who := "its owner, or who has MANAGE on it"
	switch r.privilege {
	case "EXTERNAL USE SCHEMA":
		who = "the owner of the catalog, and nobody else: the privilege is in no other one, nor in owning the schema"
	case "EXTERNAL USE LOCATION":
		who = "the owner of the external location, and nobody else: the privilege is in no other one"
	}
	return missing.With(ui.ForAdmin("it is granted by "+who+":"), ui.Command(v.grant(r)).ForAdmin())
}

// usual is the privilege that only vending needs, for a refusal that does not say which one is missing.
func (v Vending) usual() refusal {
	switch v.Of {
	case Path:
		return refusal{privilege: "EXTERNAL USE LOCATION", resourceType: "External Location"}
	case ServiceCredential:
		return refusal{privilege: "ACCESS", resourceType: "Service Credential", resource: v.Name}
	}
	return refusal{privilege: "EXTERNAL USE SCHEMA", resourceType: "Schema", resource: v.Name[:strings.LastIndexByte(v.Name, '.')]}
}

// grant is the SQL statement that grants a privilege. Its identifiers are quoted, and those that are not known in capitals.
func (v Vending) grant(r refusal) string {
	quoted := func(name, placeholder string) string {
		if name == "" || strings.Contains(name, "`") || name != ui.Clean(name) {
			return placeholder
		}
		return "`" + name + "`"
	}
	kind := strings.ToUpper(cmp.Or(r.resourceType, "SECURABLE"))
	var names []string
	for part := range strings.SplitSeq(r.resource, ".") {
		names = append(names, quoted(part, "NAME"))
	}
	return "GRANT " + r.privilege + " ON " + kind + " " + strings.Join(names, ".") + " TO " + quoted(v.Principal, "PRINCIPAL")
}
