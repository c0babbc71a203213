package estate

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	// maxSCIMPage bounds a page of SCIM. https://docs.databricks.com/api/workspace/groups/list
	maxSCIMPage = 100
)

var (
	equals  = regexp.MustCompile(`^(displayName|applicationId) eq "((?:[^"\\]|\\.)*)"$`)
	ofValue = regexp.MustCompile(`^(roles|entitlements)\[value eq "([^"]+)"\]$`)
)

func (e *Estate) scimRoutes() []harness.Route {
	var routes []harness.Route
	for _, base := range []string{"/api/2.0/preview/scim/v2/", "/api/2.0/accounts/{account}/scim/v2/"} {
		for of, list := range map[string]*[]Principal{"Groups": &e.Groups, "ServicePrincipals": &e.ServicePrincipals} {
			routes = append(routes,
				e.route(harness.SCIM, "scim", http.MethodGet, base+of, func(r *http.Request) *harness.Reply { return e.principals(r, *list) }),
				e.route(harness.SCIM, "scim", http.MethodPatch, base+of+"/{id}", func(r *http.Request) *harness.Reply { return e.patch(r, *list) }),
				e.route(harness.SCIM, "scim", http.MethodPut, base+of+"/{id}", func(r *http.Request) *harness.Reply {
					e.h.Unexpectedf("PUT %s: it would replace the members", r.URL.Path)
					return scimError(http.StatusBadRequest, "It would replace the members.")
				}))
		}
	}
	return routes
}

func scimError(status int, detail string) *harness.Reply {
	return harness.JSON(status, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "detail": detail, "status": strconv.Itoa(status),
	})
}

// principals is a list by a filter, of which names are compared without case (RFC 7644 3.4.2.2).
func (e *Estate) principals(r *http.Request, all []Principal) *harness.Reply {
	query := r.URL.Query()
	found := all
	if filter := query.Get("filter"); filter != "" {
		m := equals.FindStringSubmatch(filter)
		if m == nil {
			return scimError(http.StatusBadRequest, "Given filter operator is not supported.")
		}
		name := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[2])
		found = slices.DeleteFunc(slices.Clone(all), func(p Principal) bool {
			if m[1] == "applicationId" {
				return p.ApplicationID != name
			}
			return !strings.EqualFold(p.DisplayName, name)
		})
	}
	start, _ := strconv.Atoi(query.Get("startIndex"))
	count, err := strconv.Atoi(query.Get("count"))
	if err != nil || count > maxSCIMPage {
		count = maxSCIMPage
	}
	if e.PageSize > 0 {
		count = min(count, e.PageSize)
	}
	start = max(1, start)
	var resources []map[string]any
	for _, p := range found[min(len(found), start-1):min(len(found), start-1+count)] {
		resources = append(resources, p.shown(query.Get("attributes")))
	}
	answer := map[string]any{
		"totalResults": len(found), "startIndex": start, "itemsPerPage": len(resources), "schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
	}
	if len(resources) > 0 {
		answer["Resources"] = resources
	}
	return harness.JSON(http.StatusOK, answer)
}

// shown is a principal with the attributes that were asked for, all where none were.
func (p Principal) shown(attributes string) map[string]any {
	all := map[string]any{"id": p.ID, "displayName": p.DisplayName, "roles": values(p.Roles), "entitlements": values(p.Entitlements), "members": values(p.Members)}
	if p.ApplicationID != "" {
		all["applicationId"] = p.ApplicationID
		delete(all, "members")
	}
	if p.ResourceType != "" {
		all["meta"] = map[string]any{"resourceType": p.ResourceType}
	}
	if attributes == "" {
		return all
	}
	asked := strings.Split(attributes, ",")
	for key := range all {
		if !slices.Contains(asked, key) {
			delete(all, key)
		}
	}
	return all
}

func values(texts []string) []map[string]any {
	list := []map[string]any{}
	for _, text := range texts {
		list = append(list, map[string]any{"value": text})
	}
	return list
}

// patch changes roles and entitlements (RFC 7644 3.5.2), all of it or nothing.
func (e *Estate) patch(r *http.Request, all []Principal) *harness.Reply {
	var sent struct {
		Schemas    []string `json:"schemas"`
		Operations []struct {
			Op    string              `json:"op"`
			Path  string              `json:"path"`
			Value []map[string]string `json:"value"`
		}
	}
	i := slices.IndexFunc(all, func(p Principal) bool { return p.ID == r.PathValue("id") })
	switch {
	case i < 0:
		return scimError(http.StatusNotFound, "Group with id "+r.PathValue("id")+" not found.")
	case !e.sent(r, &sent) || !slices.Equal(sent.Schemas, []string{patchSchema}):
		return scimError(http.StatusBadRequest, "The request is malformed.")
	}
	next := all[i]
	next.Roles, next.Entitlements = slices.Clone(next.Roles), slices.Clone(next.Entitlements)
	lists := map[string]*[]string{"roles": &next.Roles, "entitlements": &next.Entitlements}
	for _, op := range sent.Operations {
		m := ofValue.FindStringSubmatch(op.Path)
		switch {
		case op.Op == "add" && lists[op.Path] != nil:
			for _, v := range op.Value {
				if op.Path == "roles" && e.profile(v["value"]) < 0 {
					return scimError(http.StatusBadRequest, "Role "+v["value"]+" does not exist.")
				}
				if !slices.Contains(*lists[op.Path], v["value"]) {
					*lists[op.Path] = append(*lists[op.Path], v["value"])
				}
			}
		case op.Op == "remove" && m != nil:
			*lists[m[1]] = slices.DeleteFunc(*lists[m[1]], func(v string) bool { return v == m[2] })
		default:
			e.h.Unexpectedf("PATCH %s: %s %s", r.URL.Path, op.Op, op.Path)
			return scimError(http.StatusBadRequest, "The operation is not supported.")
		}
	}
	all[i] = next
	return &harness.Reply{Status: http.StatusNoContent}
}
