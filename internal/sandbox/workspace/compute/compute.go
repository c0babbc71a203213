// Package compute is the double of what runs and lies in a Databricks workspace, as far as it is read: policies, pools, clusters, jobs,
// pipelines, SQL warehouses, serving endpoints, apps, init scripts, notebooks and files, queries, mounts, names of secrets, and tokens.
//
// In come requests of people whom the workspace knows, and what the workspace shall hold (Holdings); out go Databricks' answers, with
// its pages, bounds and refusals. Nothing can be changed by a request: what can is package estate's. A request that no orderly client sends is told of.
package compute

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Holdings are what a workspace holds. Objects are written as the API answers with them.
type Holdings struct {
	Policies   []object `json:"policies"`
	Pools      []object `json:"pools"`
	Clusters   []object `json:"clusters"`
	Jobs       []object `json:"jobs"`
	Pipelines  []object `json:"pipelines"`
	Warehouses []object `json:"warehouses"`
	Endpoints  []object `json:"endpoints"`
	Apps       []object `json:"apps"`
	Queries    []object `json:"queries"`
	Tokens     []object `json:"tokens"`
	// GlobalScripts have their text as it is, not in base64.
	GlobalScripts []object `json:"global_init_scripts"`
	// Permissions are access control lists, by kind and ID as in clusters/0101-abc.
	Permissions map[string][]object `json:"permissions"`
	Scopes      []Scope             `json:"scopes"`
	Mounts      []string            `json:"mounts"`  // below /mnt/
	DBFS        map[string]string   `json:"dbfs"`    // contents by path, without dbfs:
	Volumes     map[string]string   `json:"volumes"` // by path, as in /Volumes/main/ml/files/x.sh
	Tree        []Entry             `json:"tree"`    // folders are those of its paths

	// MadeUpJobs are that many more jobs, which are made when they are asked for.
	MadeUpJobs int `json:"made_up_jobs"`
	// Page bounds how many items a page has, whatever is asked for; 0: no bound but Databricks' own.
	Page int `json:"page"`
	// Denied are nouns that the caller may not see; Absent those that the workspace does not have.
	Denied []string `json:"denied"`
	Absent []string `json:"absent"`
}

type object = map[string]any

// Scope is a secret scope. There are no values.
type Scope struct {
	Name    string   `json:"name"`
	Secrets []string `json:"secrets"`
	ACLs    []object `json:"acls"`
}

// Entry is a notebook, a file or a repository of the workspace.
type Entry struct {
	Path       string `json:"path"`
	Type       string `json:"type"` // NOTEBOOK, FILE, DASHBOARD, LIBRARY
	Language   string `json:"language"`
	ModifiedAt int64  `json:"modified_at"` // in milliseconds
	Size       int64  `json:"size"`        // of files; 0: that of the content
	Content    string `json:"content"`     // of a file; of a notebook in Jupyter's form
	Source     string `json:"source"`      // of a notebook
	TooLarge   bool   `json:"too_large"`   // with its outputs it is more than is exported
}

// ReadHoldings reads them from JSON, of which unknown members are refused.
func ReadHoldings(data []byte) (held Holdings, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&held); err != nil {
		return Holdings{}, fmt.Errorf("what the workspace holds: %w", err)
	}
	return held, nil
}

// Compute is what a workspace holds.
type Compute struct {
	h     *harness.Harness
	allow func(r *http.Request, api string) *harness.Reply
	held  Holdings
}

// New is empty. allow refuses a request whose sender the workspace does not know, or whose token is not for an API; nil lets it pass.
func New(h *harness.Harness, allow func(r *http.Request, api string) *harness.Reply) *Compute {
	return &Compute{h: h, allow: allow}
}

// Hold replaces what the workspace holds.
func (c *Compute) Hold(held Holdings) {
	c.h.Lock()
	defer c.h.Unlock()
	c.held = held
}

// noun is one kind of thing: which API it belongs to, as scopes of tokens have it, and what answers for it.
type noun struct {
	name, api, path string
	answer          func(r *http.Request) *harness.Reply
}

// Routes are those of all nouns. All are read, and none is written.
func (c *Compute) Routes() (routes []harness.Route) {
	for _, n := range c.nouns() {
		routes = append(routes, harness.Route{
			Endpoint: harness.Compute, Method: http.MethodGet, Path: n.path, Error: Refusal, Detail: func(*http.Request) string { return n.name },
			Answer: func(r *http.Request) *harness.Reply {
				if refused := c.allow(r, n.api); refused != nil {
					return refused
				}
				switch {
				case slices.Contains(c.held.Absent, n.name):
					return Refusal("ENDPOINT_NOT_FOUND", "No API found for 'GET "+r.URL.Path+"'")
				case slices.Contains(c.held.Denied, n.name):
					return Refusal("PERMISSION_DENIED", "Only workspace admins can do that.")
				}
				return n.answer(r)
			},
		})
	}
	return routes
}

func (c *Compute) nouns() []noun {
	list := func(array, size string, most int, of func() []object) func(*http.Request) *harness.Reply {
		return func(r *http.Request) *harness.Reply {
			return c.page(r, array, size, most, len(of()), func(i int) object { return of()[i] })
		}
	}
	whole := func(array string, of func() []object) func(*http.Request) *harness.Reply {
		return func(*http.Request) *harness.Reply { return arrayOf(array, of()) }
	}
	held := &c.held
	return []noun{
		{"policies", "clusters", "/api/2.0/policies/clusters/list", whole("policies", func() []object { return held.Policies })},
		{"pools", "clusters", "/api/2.0/instance-pools/list", whole("instance_pools", func() []object { return held.Pools })},
		{"clusters", "clusters", "/api/2.1/clusters/list", list("clusters", "page_size", 100, func() []object { return held.Clusters })},
		{"jobs", "jobs", "/api/2.2/jobs/list", c.listJobs},
		{"jobs", "jobs", "/api/2.2/jobs/get", c.getJob},
		{"pipelines", "workspace", "/api/2.0/pipelines", list("statuses", "max_results", 100, func() []object { return summaries(held.Pipelines, "pipeline_id", "name", "creator_user_name") })},
		{"pipelines", "workspace", "/api/2.0/pipelines/{id}", c.one("pipeline_id", func() []object { return held.Pipelines })},
		{"warehouses", "sql", "/api/2.0/sql/warehouses", list("warehouses", "page_size", 100, func() []object { return held.Warehouses })},
		{"serving", "model-serving", "/api/2.0/serving-endpoints", whole("endpoints", func() []object { return summaries(held.Endpoints, "name", "creator") })},
		{"serving", "model-serving", "/api/2.0/serving-endpoints/{id}", c.one("name", func() []object { return held.Endpoints })},
		{"apps", "workspace", "/api/2.0/apps", list("apps", "page_size", 100, func() []object { return held.Apps })},
		{"init-scripts", "workspace", "/api/2.0/global-init-scripts", whole("scripts", func() []object { return summaries(held.GlobalScripts, "script_id", "name", "enabled") })},
		{"init-scripts", "workspace", "/api/2.0/global-init-scripts/{id}", c.globalScript},
		{"notebooks", "workspace", "/api/2.0/workspace/list", c.listFolder},
		{"notebooks", "workspace", "/api/2.0/workspace/export", c.export},
		{"files", "files", "/api/2.0/fs/files{path...}", c.volumeFile},
		{"mounts", "files", "/api/2.0/dbfs/list", c.listMounts},
		{"files", "files", "/api/2.0/dbfs/read", c.readDBFS},
		{"queries", "sql", "/api/2.0/sql/queries", list("results", "page_size", 100, func() []object { return held.Queries })},
		{"secrets", "workspace", "/api/2.0/secrets/scopes/list", c.listScopes},
		{"secrets", "workspace", "/api/2.0/secrets/list", c.listSecrets},
		{"secrets", "workspace", "/api/2.0/secrets/acls/list", c.listACLs},
		{"tokens", "access-management", "/api/2.0/token-management/tokens", whole("token_infos", func() []object { return held.Tokens })},
		{"permissions", "access-management", "/api/2.0/permissions/{path...}", c.permissions},
	}
}

// Refusal is an error of these APIs, with the status that belongs to its code.
func Refusal(code, message string) *harness.Reply {
	status := map[string]int{
		"PERMISSION_DENIED": http.StatusForbidden, "UNAUTHENTICATED": http.StatusUnauthorized,
		"RESOURCE_DOES_NOT_EXIST": http.StatusNotFound, "ENDPOINT_NOT_FOUND": http.StatusNotFound, "FEATURE_DISABLED": http.StatusNotFound,
		"REQUEST_LIMIT_EXCEEDED": http.StatusTooManyRequests, "INTERNAL_ERROR": http.StatusInternalServerError,
		"TEMPORARILY_UNAVAILABLE": http.StatusServiceUnavailable,
	}[code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	return harness.JSON(status, object{"error_code": code, "message": message, "details": []object{
		{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": harness.UUID(), "serving_data": ""},
	}})
}

// arrayOf leaves an array without items out, as Databricks does.
func arrayOf(name string, items []object) *harness.Reply {
	if len(items) == 0 {
		return harness.JSON(http.StatusOK, object{})
	}
	return harness.JSON(http.StatusOK, object{name: items})
}

// summaries are objects as lists have them: with some of their members.
func summaries(objects []object, members ...string) []object {
	list := make([]object, len(objects))
	for i, o := range objects {
		list[i] = object{}
		for _, name := range members {
			if v, ok := o[name]; ok {
				list[i][name] = v
			}
		}
	}
	return list
}

// page answers with a part of a list. size is the parameter that says how many items are wanted, of which there are no more than most.
func (c *Compute) page(r *http.Request, array, size string, most, n int, item func(int) object) *harness.Reply {
	query := r.URL.Query()
	wanted := most
	if text := query.Get(size); text != "" {
		var err error
		if wanted, err = strconv.Atoi(text); err != nil || wanted < 1 || wanted > most {
			c.h.Unexpectedf("GET %s: %s=%s", r.URL.Path, size, text)
			return Refusal("INVALID_PARAMETER_VALUE", size+" must be between 1 and "+strconv.Itoa(most))
		}
	}
	if c.held.Page > 0 {
		wanted = min(wanted, c.held.Page)
	}
	begin := 0
	if token := query.Get("page_token"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		if begin, _ = strconv.Atoi(string(text)); err != nil || begin <= 0 || begin > n {
			return Refusal("INVALID_PARAMETER_VALUE", "Invalid page token")
		}
	}
	var items []object
	for i := begin; i < min(begin+wanted, n); i++ {
		items = append(items, item(i))
	}
	answer := object{}
	if len(items) > 0 {
		answer[array] = items
	}
	if next := begin + len(items); next < n {
		answer["next_page_token"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next)))
	}
	return harness.JSON(http.StatusOK, answer)
}

// one answers with the object that the path names.
func (c *Compute) one(member string, of func() []object) func(*http.Request) *harness.Reply {
	return func(r *http.Request) *harness.Reply {
		id := r.PathValue("id")
		for _, o := range of() {
			if o[member] == id {
				return harness.JSON(http.StatusOK, clone(o))
			}
		}
		return Refusal("RESOURCE_DOES_NOT_EXIST", id+" does not exist.")
	}
}

// clone is for an answer, which faults may change.
func clone(o object) object {
	c := make(object, len(o))
	for name, v := range o {
		c[name] = v
	}
	return c
}
