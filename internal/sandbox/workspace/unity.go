package workspace

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	metastore       = "1f0a6c52-6f0e-4a6b-9c55-3c1d3f1e7a10"
	unityRole       = "arn:aws:iam::" + harness.Account + ":role/unity-catalog"
	unityAccessARN  = "arn:aws:s3:us-east-1:" + harness.Account + ":accesspoint/unity"
	securableName   = "name" // of a path: a securable's full name
	externalStorage = "s3://acme-ml/"
)

// securable is something in the workspace's catalog that credentials can be had for.
type securable struct {
	noun, name, id string // noun is table, volume or credential
	kind, format   string // table_type and data_source_format
	location       string
}

// catalog is what the metastore has. Names are found whole.
func catalog() []securable {
	return []securable{
		{"table", "main.ml.churn", "9d5c3c6e-0b1f-4b9e-8a57-5a4f6f6f0001", "EXTERNAL", "DELTA", externalStorage + "churn"},
		{"table", "main.ml.managed", "9d5c3c6e-0b1f-4b9e-8a57-5a4f6f6f0002", "MANAGED", "DELTA", "s3://acme-managed/9d5c3c6e"},
		{"table", "main.ml.recent", "9d5c3c6e-0b1f-4b9e-8a57-5a4f6f6f0003", "VIEW", "", ""},
		{"volume", "main.ml.files", "9d5c3c6e-0b1f-4b9e-8a57-5a4f6f6f0004", "EXTERNAL", "", externalStorage + "files"},
		{"credential", "ml-glue", "9d5c3c6e-0b1f-4b9e-8a57-5a4f6f6f0005", "", "", ""},
	}
}

// VendingCall is one request for temporary credentials that could be read, granted or not.
type VendingCall struct {
	Of        string // table, volume, path or service
	Operation string // as it was sent; "" for a service credential
	Name      string // the id of a table or volume, the address of a path, the name of a service credential
	Error     string // the code; "" where granted
}

// VendingCalls are those to the workspace, oldest first.
func (w *Workspace) VendingCalls() []VendingCall {
	w.h.Lock()
	defer w.h.Unlock()
	return slices.Clone(w.vendings)
}

func (w *Workspace) unityRoutes() []harness.Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []harness.Route{
		{Endpoint: harness.UnityMetastore, Method: get, Path: "/api/2.1/unity-catalog/metastore_summary", Answer: w.metastore, Error: apiError},
	}
	for _, noun := range []string{"table", "volume"} {
		routes = append(routes, harness.Route{
			Endpoint: harness.UnityLookup, Method: get, Path: "/api/2.1/unity-catalog/" + noun + "s/{" + securableName + "}", Error: apiError,
			Answer: func(r *http.Request) *harness.Reply { return w.lookUp(r, noun) },
		})
	}
	for of, version := range map[string]string{"table": "2.0", "volume": "2.0", "path": "2.0", "service": "2.1"} {
		routes = append(routes, harness.Route{
			Endpoint: harness.UnityVend, Method: post, Path: "/api/" + version + "/unity-catalog/temporary-" + of + "-credentials",
			Answer: func(r *http.Request) *harness.Reply { return w.vend(r, of) }, Error: apiError, Body: readTexts,
		})
	}
	return routes
}

// readTexts reads a JSON object of texts, which is in the request's PostForm from then on.
func readTexts(r *http.Request, body []byte) (status int, why string) {
	var members map[string]string
	if r.Header.Get("Content-Type") != "application/json" || json.Unmarshal(body, &members) != nil || members == nil {
		return http.StatusBadRequest, "the body is no JSON object of texts"
	}
	r.PostForm = map[string][]string{}
	for name, text := range members {
		r.PostForm.Set(name, text)
	}
	return 0, ""
}

func (w *Workspace) metastore(r *http.Request) *harness.Reply {
	if _, refused := w.bearer(r); refused != nil {
		return refused
	}
	return harness.JSON(http.StatusOK, map[string]any{
		"metastore_id": metastore, "name": "acme-us-east-1", "cloud": "aws", "region": "us-east-1",
		"external_access_enabled": !w.h.Behaviour.ExternalAccessOff,
	})
}

// lookUp answers with a table or volume. Columns are left out.
func (w *Workspace) lookUp(r *http.Request, noun string) *harness.Reply {
	if _, refused := w.bearer(r); refused != nil {
		return refused
	}
	name := r.PathValue(securableName)
	parts := strings.Split(name, ".")
	if len(parts) != 3 {
		w.h.Unexpectedf("GET %s: no name of three parts", r.URL.Path)
		return apiError("INVALID_PARAMETER_VALUE", name+" is not a valid name")
	}
	i := slices.IndexFunc(catalog(), func(s securable) bool { return s.noun == noun && s.name == name && s.id != "" })
	if i < 0 {
		return refusal(http.StatusNotFound, strings.ToUpper(noun)+"_DOES_NOT_EXIST", strings.ToUpper(noun[:1])+noun[1:]+" '"+name+"' does not exist.")
	}
	found := catalog()[i]
	fields := map[string]any{
		"name": parts[2], "catalog_name": parts[0], "schema_name": parts[1], "full_name": name, noun + "_id": found.id,
		noun + "_type": found.kind, "storage_location": found.location,
	}
	if found.format != "" {
		fields["data_source_format"] = found.format
	}
	return harness.JSON(http.StatusOK, fields)
}

// vend gives temporary credentials, or says as Unity Catalog does why it does not.
func (w *Workspace) vend(r *http.Request, of string) *harness.Reply {
	if _, refused := w.bearer(r); refused != nil {
		return refused
	}
	form := r.PostForm
	call := VendingCall{Of: of, Operation: form.Get("operation"), Name: cmp.Or(form.Get(of+"_id"), form.Get("url"), form.Get("credential_name"))}
	answer, code := w.vended(call)
	call.Error = code
	w.vendings = append(w.vendings, call)
	return answer
}

func (w *Workspace) vended(call VendingCall) (answer *harness.Reply, code string) {
	operations := map[string][]string{
		"table": {"READ", "READ_WRITE"}, "volume": {"READ_VOLUME", "WRITE_VOLUME"}, "path": {"PATH_READ", "PATH_READ_WRITE"}, "service": {""},
	}[call.Of]
	if !slices.Contains(operations, call.Operation) || call.Name == "" {
		w.h.Unexpectedf("credentials of a %s: operation %q of %q", call.Of, call.Operation, call.Name)
		return refused("INVALID_PARAMETER_VALUE", "The operation is not supported.")
	}
	if w.h.Behaviour.ExternalAccessOff && call.Of != "service" {
		return externalAccessOff(call)
	}
	found := securable{location: call.Name}
	if call.Of == "path" {
		if !strings.HasPrefix(call.Name, externalStorage) {
			return refused("INVALID_PARAMETER_VALUE", "No external location covers '"+call.Name+"'.")
		}
	} else {
		i := slices.IndexFunc(catalog(), func(s securable) bool {
			return s.id == call.Name && s.noun == call.Of || s.noun == "credential" && s.name == call.Name && call.Of == "service"
		})
		if i < 0 {
			return refused("RESOURCE_DOES_NOT_EXIST", "'"+call.Name+"' does not exist.")
		}
		found = catalog()[i]
	}
	if missing := w.h.Behaviour.UnityMissing; missing != "" {
		return privilegeMissing(missing, found)
	}
	switch {
	case found.kind == "VIEW":
		return refused("INVALID_PARAMETER_VALUE", "Credentials can't be generated for a view.")
	case found.kind == "MANAGED" && call.Operation == "READ_WRITE":
		return refused("INVALID_PARAMETER_VALUE", "READ_WRITE credentials are not supported for a managed table.")
	}
	return w.issue(found), ""
}

// issue is an answer with credentials, of the cloud that the workspace is said to be in.
func (w *Workspace) issue(of securable) *harness.Reply {
	made := w.account.Issue(unityRole, "unity-catalog", time.Hour)
	fields := map[string]any{"expiration_time": made.Expires.UnixMilli()}
	if of.location != "" {
		fields["url"] = of.location
	}
	switch w.h.Behaviour.UnityCloud {
	case "azure":
		fields["azure_user_delegation_sas"] = map[string]any{"sas_token": w.h.HandOut(harness.Opaque(120))}
	case "gcp":
		fields["gcp_oauth_token"] = map[string]any{"oauth_token": w.h.HandOut(harness.Opaque(120))}
	default:
		keys := map[string]any{
			"access_key_id": made.AccessKeyID, "secret_access_key": made.SecretAccessKey, "session_token": made.SessionToken,
		}
		if w.h.Behaviour.UnityAccessPoint {
			keys["access_point"] = unityAccessARN
		}
		fields["aws_temp_credentials"] = keys
	}
	answer := harness.JSON(http.StatusOK, fields)
	answer.Header.Set("X-Request-Id", harness.UUID())
	return answer
}

func refused(code, message string) (*harness.Reply, string) { return apiError(code, message), code }

// explained is a refusal with what it says for programs.
func explained(status int, code, message, reason string, metadata map[string]string) *harness.Reply {
	return harness.JSON(status, map[string]any{
		"error_code": code, "message": message,
		"details": []map[string]any{
			{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "unity-catalog.databricks.com", "metadata": metadata},
			{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": harness.UUID(), "serving_data": ""},
		},
	})
}

// externalAccessOff is Databricks' answer where the metastore lets no other engine in, with the status of a bad token.
// https://github.com/unitycatalog/unitycatalog/issues/2
func externalAccessOff(call VendingCall) (*harness.Reply, string) {
	const code = "UNAUTHENTICATED"
	return explained(http.StatusUnauthorized, code,
		"Request to generate access credential for "+call.Of+" '"+call.Name+"' from outside of Databricks Unity Catalog enabled compute environment is denied for security.",
		"UNITY_CATALOG_EXTERNAL_GENERATE_"+strings.ToUpper(call.Of)+"_CREDENTIALS_DENIED", map[string]string{call.Of + "Id": call.Name}), code
}

// privilegeMissing is Databricks' answer to anyone who lacks a privilege.
// https://github.com/Azure/spark-cdm-connector/issues/149
func privilegeMissing(privilege string, of securable) (*harness.Reply, string) {
	const code = "PERMISSION_DENIED"
	on, name := "Schema", "main.ml"
	switch {
	case privilege == "EXTERNAL USE LOCATION":
		on, name = "External Location", "acme-ml"
	case of.noun == "credential":
		on, name = "Credential", of.name
	case privilege == "SELECT":
		on, name = "Table", of.name
	}
	return explained(http.StatusForbidden, code, "User does not have "+privilege+" on "+on+" '"+name+"'.", code,
		map[string]string{"principalName": "User", "msg": privilege, "resourceType": on, "resourceName": name}), code
}
