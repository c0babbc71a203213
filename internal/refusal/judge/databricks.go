package judge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// inDatabricks is the grant, as its owner types it.
// https://docs.databricks.com/aws/en/sql/language-manual/security-grant
func (c *inquiry) inDatabricks() ui.Fix {
	kind, name := securable(c.Resource)
	to := cmp.Or(c.Principal, c.Person, "PRINCIPAL")
	switch {
	case c.Action == "EXTERNAL ACCESS":
		return ui.Advice("an administrator of the metastore has to switch external data access on (catalog, metastore settings)")
	case c.Action == "OWNERSHIP":
		return ui.Advice("its owner, or who has MANAGE on it, has to do this or to grant MANAGE")
	case kind == "" || c.Action == "":
		return ui.Advice("ask the owner of " + cmp.Or(c.Resource, "what was asked for") + ", or an administrator of the workspace")
	}
	on := strings.ToUpper(kind)
	if name != "" {
		on += " " + quoteSQL(name)
	}
	fix := slices.Concat(
		ui.Advice("its owner, or who has MANAGE on it, types:"),
		ui.Command("GRANT "+c.Action+" ON "+on+" TO `"+strings.ReplaceAll(to, "`", "``")+"`;"),
	)
	if (kind == "any file" || kind == "external location") && strings.HasPrefix(c.Action, "READ") || kind == "any file" {
		fix = append(fix, ui.Advice("or read the table by its name, in the place of its path; from outside Databricks: dbxaccess exec --from-table CATALOG.SCHEMA.TABLE -- COMMAND")...)
	}
	return fix
}

// securable parts a resource of Databricks into its type and its name; both are "" for what GRANT knows not.
func securable(resource string) (kind, name string) {
	for _, kind := range [...]string{
		"any file", "anonymous function", "external location", "storage credential", "service credential", "materialized view",
		"catalog", "schema", "table", "view", "volume", "function", "metastore", "connection", "share", "recipient", "provider", "model",
	} {
		if rest, ok := strings.CutPrefix(resource, kind); ok && (rest == "" || rest[0] == ' ') {
			return kind, strings.TrimSpace(rest)
		}
	}
	return "", ""
}

// quoteSQL quotes the parts of a name where they need it.
func quoteSQL(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			parts[i] = "`" + strings.ReplaceAll(part, "`", "``") + "`"
		}
	}
	return strings.Join(parts, ".")
}
