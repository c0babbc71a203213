package estate

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	unityPath   = "/api/2.1/unity-catalog/"
	masterRole  = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
	unityAPI    = "unity-catalog"
	invalid     = "INVALID_PARAMETER_VALUE"
	notThere    = "RESOURCE_DOES_NOT_EXIST"
	credentials = unityPath + "credentials"
)

func (e *Estate) unityRoutes() []harness.Route {
	const get, post, patch = http.MethodGet, http.MethodPost, http.MethodPatch
	return []harness.Route{
		e.route(harness.UnityCredential, unityAPI, get, credentials, func(r *http.Request) *harness.Reply {
			part, next := page(e, e.Credentials, r.URL.Query().Get("page_token"), 0)
			answer := map[string]any{"credentials": part}
			if next != "" {
				answer["next_page_token"] = next
			}
			return harness.JSON(http.StatusOK, answer)
		}),
		e.route(harness.UnityCredential, unityAPI, get, credentials+"/{name}", func(r *http.Request) *harness.Reply {
			c := e.credential(r.PathValue("name"))
			if c == nil {
				return e.refuse(notThere, "Credential '"+r.PathValue("name")+"' does not exist.")
			}
			return harness.JSON(http.StatusOK, fields(c))
		}),
		e.route(harness.UnityCredential, unityAPI, post, credentials, e.createCredential),
		e.route(harness.UnityCredential, unityAPI, patch, credentials+"/{name}", e.updateCredential),
		e.route(harness.UnityCredential, unityAPI, post, unityPath+"validate-credentials", e.validate),
		e.route(harness.UnityGrants, unityAPI, get, unityPath+"permissions/{type}/{name}", e.permissions),
		e.route(harness.UnityGrants, unityAPI, patch, unityPath+"permissions/{type}/{name}", e.permit),
	}
}

func (e *Estate) credential(name string) *Credential {
	i := slices.IndexFunc(e.Credentials, func(c Credential) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return nil
	}
	return &e.Credentials[i]
}

// sentCredential is what a credential is made of, or changed by.
type sentCredential struct {
	Name    string            `json:"name"`
	Purpose string            `json:"purpose"`
	Comment string            `json:"comment"`
	Role    map[string]string `json:"aws_iam_role"`
	Skip    bool              `json:"skip_validation"`
}

// createCredential makes the external ID by the name, so that tests know it: see ExternalID.
func (e *Estate) createCredential(r *http.Request) *harness.Reply {
	var sent sentCredential
	switch {
	case !e.sent(r, &sent) || sent.Name == "" || sent.Role["role_arn"] == "" || sent.Purpose != "STORAGE" && sent.Purpose != "SERVICE":
		return e.refuse(invalid, "The request is malformed.")
	case e.credential(sent.Name) != nil:
		return e.refuse("RESOURCE_ALREADY_EXISTS", "Credential '"+sent.Name+"' already exists.")
	case !sent.Skip && !slices.Contains(e.Trusting, sent.Role["role_arn"]):
		return e.refuse("PERMISSION_DENIED", "The AWS IAM role in the credential was found to be non self-assuming or not to trust Unity Catalog.")
	}
	c := Credential{Name: sent.Name, Purpose: sent.Purpose, Comment: sent.Comment, Role: map[string]string{
		"role_arn": sent.Role["role_arn"], "external_id": ExternalID(sent.Name), "unity_catalog_iam_arn": masterRole,
	}}
	e.Credentials = append(e.Credentials, c)
	return harness.JSON(http.StatusOK, fields(c))
}

// ExternalID is that of a credential of the double.
func ExternalID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (e *Estate) updateCredential(r *http.Request) *harness.Reply {
	var sent sentCredential
	c := e.credential(r.PathValue("name"))
	switch {
	case c == nil:
		return e.refuse(notThere, "Credential '"+r.PathValue("name")+"' does not exist.")
	case !e.sent(r, &sent):
		return e.refuse(invalid, "The request is malformed.")
	case sent.Role["role_arn"] != "":
		c.Role["role_arn"] = sent.Role["role_arn"]
	}
	return harness.JSON(http.StatusOK, fields(c))
}

func (e *Estate) validate(r *http.Request) *harness.Reply {
	var sent struct {
		Name     string `json:"credential_name"`
		URL      string `json:"url"`
		Purpose  string `json:"purpose"`
		ReadOnly bool   `json:"read_only"`
	}
	if !e.sent(r, &sent) {
		return e.refuse(invalid, "The request is malformed.")
	}
	c := e.credential(sent.Name)
	if c == nil {
		return e.refuse(notThere, "Credential '"+sent.Name+"' does not exist.")
	}
	if !slices.Contains(e.Trusting, c.Role["role_arn"]) {
		return harness.JSON(http.StatusOK, map[string]any{"results": []map[string]any{
			{"result": "FAIL", "message": "The AWS IAM role " + c.Role["role_arn"] + " does not trust Unity Catalog."},
		}})
	}
	return harness.JSON(http.StatusOK, map[string]any{"results": []map[string]any{{"result": "PASS"}}})
}

// securable is what a path names; "" where there is no such thing.
func (e *Estate) securable(r *http.Request) string {
	kind, name := r.PathValue("type"), r.PathValue("name")
	if purpose := map[string]string{"storage_credential": "STORAGE", "credential": "SERVICE"}[kind]; purpose != "" {
		if c := e.credential(name); c == nil || c.Purpose != purpose {
			return ""
		}
		return kind + "/" + strings.ToLower(name)
	}
	if !slices.ContainsFunc(e.Securables, func(s string) bool { return strings.EqualFold(s, kind+"/"+name) }) {
		return ""
	}
	return kind + "/" + strings.ToLower(name)
}

func (e *Estate) permissions(r *http.Request) *harness.Reply {
	at := e.securable(r)
	if at == "" {
		return e.refuse(notThere, r.PathValue("type")+" '"+r.PathValue("name")+"' does not exist.")
	}
	most, _ := strconv.Atoi(r.URL.Query().Get("max_results"))
	part, next := page(e, e.Grants[at], r.URL.Query().Get("page_token"), most)
	answer := map[string]any{}
	if len(part) > 0 {
		answer["privilege_assignments"] = part
	}
	if next != "" {
		answer["next_page_token"] = next
	}
	return harness.JSON(http.StatusOK, answer)
}

func (e *Estate) permit(r *http.Request) *harness.Reply {
	var sent struct {
		Omit    bool `json:"omit_permissions_in_response"`
		Changes []struct {
			Principal   string `json:"principal"`
			Add, Remove []string
		} `json:"changes"`
	}
	at := e.securable(r)
	switch {
	case at == "":
		return e.refuse(notThere, r.PathValue("type")+" '"+r.PathValue("name")+"' does not exist.")
	case !e.sent(r, &sent) || len(sent.Changes) == 0:
		return e.refuse(invalid, "The request is malformed.")
	}
	for _, c := range sent.Changes {
		if !e.knows(c.Principal) {
			return e.refuse("PRINCIPAL_DOES_NOT_EXIST", "Could not find principal with name "+c.Principal)
		}
	}
	if e.Grants == nil {
		e.Grants = make(map[string][]Assignment)
	}
	for _, c := range sent.Changes {
		list := e.Grants[at]
		i := slices.IndexFunc(list, func(a Assignment) bool { return strings.EqualFold(a.Principal, c.Principal) })
		if i < 0 {
			i, list = len(list), append(list, Assignment{Principal: c.Principal})
		}
		has := slices.DeleteFunc(list[i].Privileges, func(p string) bool { return slices.Contains(c.Remove, p) })
		has = append(has, c.Add...)
		slices.Sort(has)
		if list[i].Privileges = slices.Compact(has); len(list[i].Privileges) == 0 {
			list = slices.Delete(list, i, i+1)
		}
		e.Grants[at] = list
	}
	return harness.JSON(http.StatusOK, map[string]any{})
}

// knows tells whether there is such a principal: groups of the account, service principals by their application ID. Groups that are
// local to the workspace are none.
func (e *Estate) knows(name string) bool {
	return slices.ContainsFunc(e.Groups, func(p Principal) bool { return strings.EqualFold(p.DisplayName, name) && p.ResourceType == "Group" }) ||
		slices.ContainsFunc(e.ServicePrincipals, func(p Principal) bool { return p.ApplicationID == name })
}
