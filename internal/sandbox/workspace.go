package sandbox

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
)

// accountIDSegment is the name of the path segment that holds an account's id.
const accountIDSegment = "id"

// Paths of the Databricks workspace and its account.
const (
	exchangePath        = "/oidc/v1/token"
	accountExchangePath = "/oidc/accounts/{" + accountIDSegment + "}/v1/token"
	workspaceConfigPath = "/.well-known/databricks-config"
	mePath              = "/api/2.0/preview/scim/v2/Me"
)

// workspaceConfig tells the Databricks SDKs what kind of host this is; they ask before anything else.
func (s *Server) workspaceConfig(r *http.Request) reply {
	host := "http://" + r.Host
	return jsonReply(http.StatusOK, map[string]any{
		"oidc_endpoint": host + "/oidc",
		"account_id":    DatabricksAccount,
		"workspace_id":  WorkspaceID,
		"cloud":         "AWS",
		"host_type":     "workspace",
		"token_federation_default_oidc_audiences": []string{host + exchangePath},
	})
}

// me tells whom an access token stands for, as a SCIM user (RFC 7643 4.1), which service principals are here too.
func (s *Server) me(r *http.Request) reply {
	token, refused := s.bearer(r)
	if refused != nil {
		return *refused
	}
	fields := map[string]any{
		"schemas":      []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"active":       true,
		"entitlements": scimValues([]string{"workspace-access", "databricks-sql-access"}),
	}
	if u := token.user; u != nil {
		fields["id"] = scimID(u.Email)
		fields["userName"] = u.Email
		fields["displayName"] = u.FullName
		fields["emails"] = scimEmail(u.Email)
		fields["groups"] = scimGroups(u.Groups)
		fields["roles"] = scimValues(u.InstanceProfiles)
	} else {
		p := token.principal
		fields["id"] = scimID(p.ClientID)
		fields["userName"] = p.ClientID
		fields["displayName"] = p.Name
		fields["emails"] = scimEmail(p.ClientID)
		fields["groups"] = scimGroups(nil)
	}
	a := jsonReply(http.StatusOK, fields)
	a.contentType = "application/scim+json"
	a.header.Set("X-Databricks-Org-Id", WorkspaceID)
	return a
}

// bearer returns the access token of a request. One that this workspace did not issue has no business here: it is
// somebody else's secret.
func (s *Server) bearer(r *http.Request) (*workspaceToken, *reply) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || value == "" {
		s.unexpectedf("%s %s: no bearer token", r.Method, r.URL.Path)
		a := workspaceReply(http.StatusUnauthorized, http.StatusUnauthorized,
			"Credential was not sent or was of an unsupported type for this API.")
		return nil, &a
	}
	token, known := s.workspaceTokens[value]
	switch {
	case !known:
		s.unexpectedf("%s %s: a token that no workspace issued", r.Method, r.URL.Path)
	case token.host != r.Host:
		s.unexpectedf("%s %s: the token of another workspace", r.Method, r.URL.Path)
	case s.clock().Before(token.expires):
		return &token, nil
	}
	a := workspaceReply(http.StatusUnauthorized, http.StatusUnauthorized, "Invalid access token.")
	return nil, &a
}

// workspaceReply is an error answer of the workspace's APIs. The code is a number before the API itself is reached, and
// a word from there on.
// https://docs.databricks.com/api/workspace/introduction
func workspaceReply(status int, code any, message string) reply {
	return jsonReply(status, map[string]any{"error_code": code, "message": message})
}

// workspaceError is the error of an API, with the status that belongs to its code.
func workspaceError(code, message string) reply {
	status := http.StatusBadRequest
	switch code {
	case "UNAUTHENTICATED":
		status = http.StatusUnauthorized
	case "PERMISSION_DENIED":
		status = http.StatusForbidden
	case "NOT_FOUND", "RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND":
		status = http.StatusNotFound
	case "REQUEST_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED":
		status = http.StatusTooManyRequests
	case "INTERNAL_ERROR":
		status = http.StatusInternalServerError
	case "TEMPORARILY_UNAVAILABLE":
		status = http.StatusServiceUnavailable
	}
	return workspaceReply(status, code, message)
}

// scimID is the number that Databricks knows a user or a group by; the same name has the same one every time.
func scimID(name string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))
	return fmt.Sprint(sum.Sum64() >> 12)
}

func scimValues(values []string) []map[string]any {
	list := []map[string]any{}
	for _, value := range values {
		list = append(list, map[string]any{"value": value})
	}
	return list
}

func scimEmail(address string) []map[string]any {
	return []map[string]any{{"type": "work", "value": address, "primary": true}}
}

func scimGroups(names []string) []map[string]any {
	list := []map[string]any{}
	for _, name := range names {
		id := scimID(name)
		list = append(list, map[string]any{"display": name, "type": "direct", "value": id, "$ref": "Groups/" + id})
	}
	return list
}
