package workspace

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	scopeAllAPIs = "all-apis"

	modifierRead  = "read"
	modifierQuery = "restricted-query"

	// anyAPI is of what Databricks' list has below every scope: who am I.
	// https://docs.databricks.com/api/workspace/scopes
	anyAPI = ""
)

// knownScopes are some of those that Databricks lists.
var knownScopes = []string{
	scopeAllAPIs, "access-management", "clusters", "files", "genie", "jobs", "mlflow", "model-serving", "scim", "sql", "unity-catalog", "workspace",
}

// scopes reads what a token is asked for. https://docs.databricks.com/aws/en/dev-tools/auth/scope-modifiers
func (w *Workspace) scopes(text string) ([]string, *fault) {
	if w.h.Behaviour.NoScopedTokens { // they are passed over, as by a server that knows of none
		return []string{scopeAllAPIs}, nil
	}
	scopes := strings.Fields(text)
	for _, s := range scopes {
		parts := strings.Split(s, ":")
		known := slices.Contains(knownScopes, parts[0])
		for _, modifier := range parts[1:] {
			known = known && (modifier == modifierRead || modifier == modifierQuery && parts[0] == "sql")
		}
		if !known {
			return nil, &fault{"invalid_scope", "the scope " + s + " is invalid"}
		}
	}
	return scopes, nil
}

// permits reports whether one of a token's scopes is for a request to an API.
func (t *token) permits(r *http.Request, api string) bool {
	return slices.ContainsFunc(t.scopes, func(s string) bool {
		parts := strings.Split(s, ":")
		reads := slices.Contains(parts[1:], modifierRead) && (r.Method == http.MethodGet || r.Method == http.MethodHead)
		return (api == anyAPI || parts[0] == api || parts[0] == scopeAllAPIs) && (len(parts) == 1 || reads)
	})
}

// outOfScope is the answer to a request that a token's scopes are not for.
func outOfScope(api string) *harness.Reply {
	return refusal(http.StatusForbidden, http.StatusForbidden, "Provided OAuth token does not have required scopes: "+api)
}
