package accessmap

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

var mapFields = []field[Map]{
	{"version", required, &form{schema: schema{Const: 1}}, func(v value, _ *Map) { v.version() },
		"Version of this language."},
	{"contact", optional, contactForm, func(v value, m *Map) { m.Contact = v.text() },
		`Who is asked for access, as in "#ml-platform". Shown to people who have none.`},
	{"serial", optional, serialForm, func(v value, m *Map) { m.Serial = v.serial() },
		"A number that grows with each version, as in 12 or 20261128. A map whose number is smaller than that of the one in use is refused."},
	{"defaults", optional, &form{ref: "defaults"}, readDefaults, ""},
	{"audit", optional, &form{ref: "audit"}, readAudit, ""},
	{"policy", optional, &form{ref: "policy"}, readPolicy, ""},
	{"agents", optional, agentsForm, readAgents,
		"What coding agents get of what the person has that they work for, by the agent's name; default is every agent. Left out: reading, for minutes."},
	{"identities", required, &form{keys: nameForm, each: &form{ref: "identity"}, schema: schema{MinProperties: 1}}, readIdentities,
		"Where people and workloads prove who they are, and the roles that this gives them, by name."},
	{"workspaces", optional, &form{keys: nameForm, each: &form{ref: "workspace"}}, readWorkspaces,
		"Databricks workspaces, by name."},
	{"datasets", optional, &form{keys: nameForm, each: &form{ref: "dataset"}}, readDatasets,
		"Places in S3 that grants are given on, by name."},
	{"roles", required, &form{keys: nameForm, each: &form{ref: "role"}, schema: schema{MinProperties: 1}}, readRoles,
		"What people may take, by name."},
	{"acknowledge", optional, acknowledgeForm, func(v value, _ *Map) { v.acknowledge(concern{part: partMap}) }, aboutAcknowledge},
}

var workspaceFields = []field[Workspace]{
	{"host", required, workspaceHostForm, func(v value, w *Workspace) { w.Host = v.text() },
		"Address of the workspace, as in https://dbc-1234.cloud.databricks.com."},
	{"login", optional,
		&form{words: func() []string { return []string{string(LoginFederation), string(LoginBrowser)} }, schema: schema{Default: string(LoginFederation)}},
		func(v value, w *Workspace) { w.Login = Login(v.text()) },
		"federation exchanges the ID token for a workspace token; browser has people sign in there once more, in the browser, where it takes no ID token."},
	{"account_id", optional, uuidForm, func(v value, w *Workspace) { w.AccountID = v.text() },
		"ID of the Databricks account; required where host is the account console, useful beside workspace_id."},
	{"workspace_id", optional, workspaceIDForm, func(v value, w *Workspace) { w.WorkspaceID = v.text() },
		"ID of the workspace, in quotes, where host is a unified host that serves several: what follows ?o= in the browser."},
	{"scopes", optional, scopesForm, func(v value, w *Workspace) { w.Scopes = v.scopes() },
		"What its tokens may be used for, as in [sql:restricted-query, clusters:read]. Left out: everything, which is all-apis."},
	{"cross_account_role", optional, crossAccountRoleForm, func(v value, w *Workspace) { w.CrossAccountRole = v.text() },
		"ARN of the IAM role by which Databricks starts the workspace's compute: it has to pass on the roles of instance profiles."},
	{"warehouse_profile", optional, instanceProfileForm, func(v value, w *Workspace) { w.WarehouseProfile = v.text() },
		"ARN of the instance profile of its SQL warehouses, which serverless notebooks and jobs use too. Left out: dbxaccess leaves it as it is."},
	{"acknowledge", optional, acknowledgeForm, func(v value, w *Workspace) { v.acknowledge(concern{partWorkspace, w.Name}) }, aboutAcknowledge},
}

// version must be the number 1: the next version of this language must not be half understood by this build.
func (v value) version() {
	if kindOf(v.node) == "a number" && v.node.Value == "1" {
		return
	}
	v.add(place(v.node), "version: this build understands version: 1 only")
}

func readWorkspaces(v value, m *Map) {
	m.Workspaces = section(v, func(name string, key, node *yaml.Node) *Workspace {
		workspace := &Workspace{Name: name, Login: LoginFederation, at: place(key)}
		read(v.decoder, node, "workspace "+name, place(key), workspaceFields, workspace)
		switch console := isAccountConsole(workspace.Host); {
		case console && workspace.AccountID == "":
			v.add(place(key), "workspace %s is an account console; give it the account_id of the account", name)
		case console && workspace.WorkspaceID != "":
			v.add(place(key), "workspace %s is an account console, where a workspace_id has no place", name)
		case !console && workspace.AccountID != "" && workspace.WorkspaceID == "" && strings.HasPrefix(workspace.Host, "https://"):
			v.add(place(key), "workspace %s has an account_id, which only an account console has (https://accounts.…), or a unified host beside a workspace_id", name)
		}
		return workspace
	})
}
