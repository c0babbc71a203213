package estate

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// maxPolicies bounds those of one service principal, and of an account.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy
const maxPolicies = 20

var policyID = regexp.MustCompile(`^[a-z0-9/-]{1,63}$`)

func (e *Estate) federationRoutes() []harness.Route {
	const get, post, patch, remove = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	var routes []harness.Route
	for _, path := range []string{"/api/2.0/accounts/{account}/federationPolicies", "/api/2.0/accounts/{account}/servicePrincipals/{number}/federationPolicies"} {
		routes = append(routes,
			e.route(harness.Federations, "access-management", get, path, e.listPolicies),
			e.route(harness.Federations, "access-management", post, path, e.addPolicy),
			e.route(harness.Federations, "access-management", patch, path+"/{id}", e.changePolicy),
			e.route(harness.Federations, "access-management", remove, path+"/{id}", e.removePolicy))
	}
	return routes
}

// holder is whose policies a path is about; false for a service principal that there is not, which an application ID names none of.
func (e *Estate) holder(r *http.Request) (number string, ok bool) {
	number = r.PathValue("number")
	return number, number == "" || slices.ContainsFunc(e.ServicePrincipals, func(p Principal) bool { return p.ID == number })
}

func (e *Estate) listPolicies(r *http.Request) *harness.Reply {
	number, ok := e.holder(r)
	if !ok {
		return e.refuse("NOT_FOUND", "Service principal "+number+" not found.")
	}
	most, _ := strconv.Atoi(r.URL.Query().Get("page_size"))
	part, next := page(e, e.Policies[number], r.URL.Query().Get("page_token"), most)
	answer := map[string]any{}
	if len(part) > 0 {
		answer["policies"] = part
	}
	if next != "" {
		answer["next_page_token"] = next
	}
	return harness.JSON(http.StatusOK, answer)
}

// wrong says what Databricks would not take of a policy.
func wrong(p Policy, number string) string {
	switch {
	case p.OIDC == nil || !strings.HasPrefix(p.OIDC.Issuer, "http"):
		return "oidc_policy.issuer is required."
	case number == "" && p.OIDC.Subject != "":
		return "oidc_policy.subject must not be set for an account federation policy."
	case number != "" && p.OIDC.Subject == "":
		return "oidc_policy.subject is required for a service principal federation policy."
	}
	return ""
}

func (e *Estate) addPolicy(r *http.Request) *harness.Reply {
	number, ok := e.holder(r)
	p := Policy{ID: r.URL.Query().Get("policy_id")}
	named := p.ID
	switch {
	case !ok:
		return e.refuse("NOT_FOUND", "Service principal "+number+" not found.")
	case !e.sent(r, &p):
		return e.refuse("INVALID_PARAMETER_VALUE", "The request is malformed.")
	case wrong(p, number) != "":
		return e.refuse("INVALID_PARAMETER_VALUE", wrong(p, number))
	case len(e.Policies[number]) >= maxPolicies:
		return e.refuse("RESOURCE_LIMIT_EXCEEDED", "A service principal can have at most 20 federation policies.")
	}
	if p.ID = named; p.ID == "" {
		p.ID = harness.UUID()
	}
	switch {
	case !policyID.MatchString(p.ID):
		return e.refuse("INVALID_PARAMETER_VALUE", "policy_id is invalid.")
	case slices.ContainsFunc(e.Policies[number], func(other Policy) bool { return other.ID == p.ID }):
		return e.refuse("ALREADY_EXISTS", "Federation policy "+p.ID+" already exists.")
	}
	if e.Policies == nil {
		e.Policies = make(map[string][]Policy)
	}
	e.Policies[number] = append(e.Policies[number], p)
	return harness.JSON(http.StatusOK, fields(p))
}

func (e *Estate) policy(r *http.Request) (list []Policy, i int) {
	list = e.Policies[r.PathValue("number")]
	return list, slices.IndexFunc(list, func(p Policy) bool { return p.ID == r.PathValue("id") })
}

func (e *Estate) changePolicy(r *http.Request) *harness.Reply {
	list, i := e.policy(r)
	var p Policy
	switch {
	case i < 0:
		return e.refuse("NOT_FOUND", "Federation policy "+r.PathValue("id")+" not found.")
	case !e.sent(r, &p):
		return e.refuse("INVALID_PARAMETER_VALUE", "The request is malformed.")
	case wrong(p, r.PathValue("number")) != "":
		return e.refuse("INVALID_PARAMETER_VALUE", wrong(p, r.PathValue("number")))
	}
	p.ID = list[i].ID
	list[i] = p
	return harness.JSON(http.StatusOK, fields(p))
}

func (e *Estate) removePolicy(r *http.Request) *harness.Reply {
	list, i := e.policy(r)
	if i < 0 {
		return e.refuse("NOT_FOUND", "Federation policy "+r.PathValue("id")+" not found.")
	}
	e.Policies[r.PathValue("number")] = slices.Delete(list, i, i+1)
	return harness.JSON(http.StatusOK, map[string]any{})
}
