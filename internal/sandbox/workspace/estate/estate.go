// Package estate is what the double of a Databricks workspace and its account keep besides credentials, as far as dbxaccess writes it:
// instance profiles, groups and service principals (SCIM), the configuration of SQL warehouses, Unity Catalog's credentials and grants,
// federation policies.
//
// In come requests of the workspace's and the account's API, out go answers in their form, with their pages, bounds and refusals. What is
// written is there to be read. It must take no request that a real workspace would not: one that replaces a group whole fails the test.
package estate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Holdings are what is kept. As JSON, what a text does not name stays as it is.
type Holdings struct {
	// Admins are the user names of those who may write, nil for everybody.
	Admins            []string                `json:"admins"`
	InstanceProfiles  []InstanceProfile       `json:"instance_profiles"`
	Groups            []Principal             `json:"groups"`
	ServicePrincipals []Principal             `json:"service_principals"`
	Warehouses        map[string]any          `json:"warehouses"`
	Credentials       []Credential            `json:"credentials"`
	Securables        []string                `json:"securables"` // besides credentials, as in schema/main.ml
	Grants            map[string][]Assignment `json:"grants"`     // by the securable
	// Policies are federation policies: by the number of the service principal, "" for the account's own.
	Policies map[string][]Policy `json:"federation_policies"`
	// Passed are ARNs of the roles that the workspace's cross-account role may pass on, nil for all.
	Passed []string `json:"passed_roles"`
	// Trusting are ARNs of the roles whose trust policy lets in Unity Catalog.
	Trusting []string `json:"trusting_roles"`
	// PageSize is how many entries a page has at most; 0: 100.
	PageSize int `json:"page_size"`
	// Restarts counts how often running warehouses were restarted.
	Restarts int `json:"-"`
}

// InstanceProfile is one that the workspace knows.
type InstanceProfile struct {
	ARN     string `json:"instance_profile_arn"`
	RoleARN string `json:"iam_role_arn,omitempty"`
	Meta    bool   `json:"is_meta_instance_profile,omitempty"`
}

// Principal is a group, or a service principal.
type Principal struct {
	ID            string   `json:"id"`
	DisplayName   string   `json:"displayName"`
	ApplicationID string   `json:"applicationId,omitempty"` // of a service principal
	ResourceType  string   `json:"resourceType,omitempty"`  // of a group: Group for the account's, WorkspaceGroup for a local one
	Roles         []string `json:"roles,omitempty"`
	Entitlements  []string `json:"entitlements,omitempty"`
	Members       []string `json:"members,omitempty"`
}

// Credential is a credential of Unity Catalog.
type Credential struct {
	Name    string            `json:"name"`
	Purpose string            `json:"purpose"`
	Comment string            `json:"comment,omitempty"`
	Role    map[string]string `json:"aws_iam_role"`
}

// Assignment are the privileges of a principal on a securable.
type Assignment struct {
	Principal  string   `json:"principal"`
	Privileges []string `json:"privileges"`
}

// Policy is a federation policy.
type Policy struct {
	ID          string  `json:"policy_id"`
	Description string  `json:"description,omitempty"`
	OIDC        *Claims `json:"oidc_policy"`
}

// Claims are what a federation policy compares.
type Claims struct {
	Issuer       string   `json:"issuer"`
	Audiences    []string `json:"audiences,omitempty"`
	SubjectClaim string   `json:"subject_claim,omitempty"`
	Subject      string   `json:"subject,omitempty"`
}

// Caller is whose token a request has.
type Caller struct {
	Name    string
	Account bool // it is good at the account's API
}

// Estate holds them.
type Estate struct {
	Holdings
	h *harness.Harness
	// of tells whose token a request has, or refuses it.
	of func(r *http.Request, api string) (Caller, *harness.Reply)
	// refuse is an error of the workspace's API: the code says with what status.
	refuse func(code, message string) *harness.Reply
}

// New keeps nothing but groups of the account, by their names.
func New(h *harness.Harness, groups []string, of func(*http.Request, string) (Caller, *harness.Reply), refuse func(code, message string) *harness.Reply) *Estate {
	e := &Estate{h: h, of: of, refuse: refuse}
	e.Warehouses = map[string]any{
		"security_policy": "DATA_ACCESS_CONTROL", "data_access_config": []any{map[string]any{"key": "spark.sql.shuffle.partitions", "value": "64"}},
		"enable_serverless_compute": true,
	}
	for i, name := range groups {
		e.Groups = append(e.Groups, Principal{ID: number(i), DisplayName: name, ResourceType: "Group", Members: []string{"everybody"}})
	}
	return e
}

// Hold reads what is kept from now on.
func (e *Estate) Hold(text []byte) error {
	e.h.Lock()
	defer e.h.Unlock()
	if err := json.Unmarshal(text, &e.Holdings); err != nil {
		return err
	}
	for i, g := range e.Groups {
		if g.ID == "" {
			e.Groups[i].ID = number(i)
		}
		if g.ResourceType == "" {
			e.Groups[i].ResourceType = "Group"
		}
	}
	for i, p := range e.ServicePrincipals {
		if p.ID == "" {
			e.ServicePrincipals[i].ID = number(1000 + i)
		}
	}
	return nil
}

// IsAdmin reports whether someone is one of the admins who are named. The lock must be held.
func (e *Estate) IsAdmin(name string) bool { return slices.Contains(e.Admins, name) }

// Kept are the holdings as they are now.
func (e *Estate) Kept() ([]byte, error) {
	e.h.Lock()
	defer e.h.Unlock()
	return json.MarshalIndent(e.Holdings, "", "  ")
}

// number is an ID of Databricks'.
func number(i int) string { return fmt.Sprintf("90%012d", i) }

// Routes are those of all that is kept.
func (e *Estate) Routes() []harness.Route {
	return slices.Concat(e.computeRoutes(), e.scimRoutes(), e.unityRoutes(), e.federationRoutes())
}

// route is one of the API: refused for tokens that are not for it, and for those who may not write.
func (e *Estate) route(at harness.Endpoint, api, method, path string, answer func(*http.Request) *harness.Reply) harness.Route {
	route := harness.Route{
		Endpoint: at, Method: method, Path: path, Error: e.refuse, Detail: func(r *http.Request) string { return r.Method },
		Answer: func(r *http.Request) *harness.Reply {
			who, refused := e.of(r, api)
			switch {
			case refused != nil:
				return refused
			case strings.Contains(path, "/accounts/") && !who.Account:
				return e.refuse("PERMISSION_DENIED", "This API is disabled for users without account admin status.")
			case method != http.MethodGet && !e.admin(who.Name):
				return e.refuse("PERMISSION_DENIED", "Only admins can do that.")
			}
			return answer(r)
		},
	}
	if method != http.MethodGet && method != http.MethodDelete {
		route.Body, route.Query = object, method == http.MethodPost
	}
	return route
}

func (e *Estate) admin(name string) bool { return e.Admins == nil || slices.Contains(e.Admins, name) }

// object wants a body to be a JSON object.
func object(_ *http.Request, body []byte) (status int, why string) {
	var members map[string]any
	if json.Unmarshal(body, &members) != nil || members == nil {
		return http.StatusBadRequest, "the body is no JSON object"
	}
	return 0, ""
}

// sent reads a request's body; what is in it that into has no member for is no orderly client's.
func (e *Estate) sent(r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		e.h.Unexpectedf("%s %s: %v", r.Method, r.URL.Path, err)
		return false
	}
	return true
}

// fields are a value as an answer has it.
func fields(value any) map[string]any {
	text, _ := json.Marshal(value) // texts, numbers and lists
	var members map[string]any
	_ = json.Unmarshal(text, &members)
	return members
}

// page is a part of a list, from where a token says, and the token of the next; "" for the last.
func page[T any](e *Estate, list []T, token string, most int) (part []T, next string) {
	size := e.PageSize
	if size == 0 {
		size = 100
	}
	if most > 0 {
		size = min(size, most)
	}
	from := 0
	for from < len(list) && token != "" && token != tokenOf(from) {
		from++
	}
	to := min(len(list), from+size)
	if to < len(list) {
		next = tokenOf(to)
	}
	return list[from:to], next
}

func tokenOf(from int) string { return "p" + number(from) }
