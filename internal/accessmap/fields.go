package accessmap

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// The tables below are the language of the map. schema.json says the same to editors; a test holds them together.

var mapFields = []field[Map]{
	{"version", required, func(d *decoder, v value, _ *Map) { d.version(v) }},
	{"contact", optional, func(d *decoder, v value, m *Map) { m.Contact = d.text(v, checkContact) }},
	{"identities", required, readIdentities},
	{"workspaces", optional, readWorkspaces},
	{"datasets", optional, readDatasets},
	{"roles", required, readRoles},
}

var identityFields = []field[Identity]{
	{"issuer", required, func(d *decoder, v value, i *Identity) { i.Issuer = d.text(v, checkIssuer) }},
	{"client_id", required, func(d *decoder, v value, i *Identity) { i.ClientID = d.text(v, checkClientID) }},
	{"client_secret", optional, func(d *decoder, v value, i *Identity) {
		i.ClientSecret = secret.New(d.text(v, checkClientSecret))
	}},
	{"flow", optional, func(d *decoder, v value, i *Identity) {
		i.Flow = d.text(v, oneOf(FlowAuto, FlowDevice, FlowBrowser))
	}},
	{"scopes", optional, func(d *decoder, v value, i *Identity) { i.Scopes = d.list(v, checkScope) }},
	{"groups_claim", optional, func(d *decoder, v value, i *Identity) { i.GroupsClaim = d.text(v, checkClaim) }},
	{"groups", required, readGroups},
	{"device_authorization_endpoint", optional, func(d *decoder, v value, i *Identity) {
		i.DeviceEndpoint = d.text(v, checkIssuer)
	}},
	{"verification_hosts", optional, func(d *decoder, v value, i *Identity) {
		i.VerificationHosts = d.list(v, checkHost)
	}},
}

var workspaceFields = []field[Workspace]{
	{"host", required, func(d *decoder, v value, w *Workspace) { w.Host = d.text(v, checkWorkspaceHost) }},
	{"login", optional, func(d *decoder, v value, w *Workspace) {
		w.Login = d.text(v, oneOf(LoginFederation, LoginBrowser))
	}},
	{"account_id", optional, func(d *decoder, v value, w *Workspace) { w.AccountID = d.text(v, checkUUID) }},
}

var datasetFields = []field[Dataset]{
	{"location", required, func(d *decoder, v value, s *Dataset) {
		s.Bucket, s.Prefix = splitLocation(d.text(v, checkLocation))
	}},
	{"sensitivity", optional, func(d *decoder, v value, s *Dataset) {
		s.Sensitivity = d.text(v, oneOf(Public, Internal, Confidential, Restricted))
	}},
	{"kms_key", optional, func(d *decoder, v value, s *Dataset) { s.KMSKey = d.text(v, checkKMSKey) }},
}

var roleFields = []field[Role]{
	{"description", optional, func(d *decoder, v value, r *Role) { r.Description = d.text(v, checkDescription) }},
	{"inherits", optional, func(d *decoder, v value, r *Role) { r.Inherits = d.namesOf(v, anyRole) }},
	{"aws", optional, readAWS},
	{"workspace", optional, func(d *decoder, v value, r *Role) { r.Workspace = d.nameOf(v, aWorkspace) }},
	{"service_principal", optional, func(d *decoder, v value, r *Role) { r.ServicePrincipal = d.text(v, checkUUID) }},
	{"read", optional, func(d *decoder, v value, r *Role) { r.Read = d.namesOf(v, aDataset) }},
	{"write", optional, func(d *decoder, v value, r *Role) { r.Write = d.namesOf(v, aDataset) }},
	{"delete", optional, func(d *decoder, v value, r *Role) { r.Delete = d.namesOf(v, aDataset) }},
	{"tags", optional, readTags},
}

var awsFields = []field[AWS]{
	{"role_arn", required, func(d *decoder, v value, a *AWS) { a.RoleARN = d.text(v, checkRoleARN) }},
	{"region", required, func(d *decoder, v value, a *AWS) { a.Region = d.text(v, checkRegion) }},
	{"duration", optional, func(d *decoder, v value, a *AWS) {
		a.Duration, _ = time.ParseDuration(d.text(v, checkDuration))
	}},
}

// version must be the number 1: the next version of this language must not be half understood by this build.
func (d *decoder) version(v value) {
	if kindOf(v.node) == "a number" && v.node.Value == "1" {
		return
	}
	d.add(place(v.node), "version: this build understands version: 1 only")
}

func readIdentities(d *decoder, v value, m *Map) {
	ok := d.entries(v, checkName, func(name string, key, node *yaml.Node) {
		identity := &Identity{Name: name, Flow: FlowAuto, GroupsClaim: "groups"}
		object(d, node, "identity "+name, place(key), identityFields, identity)
		m.Identities[name] = identity
	})
	switch {
	case !ok:
		m.Identities = nil
	case len(m.Identities) == 0:
		d.add(place(v.node), "identities: there are none")
	}
}

func readGroups(d *decoder, v value, i *Identity) {
	i.Groups = make(map[string][]string)
	d.entries(v, checkGroup, func(group string, _, node *yaml.Node) {
		i.Groups[group] = d.namesOf(value{"group " + shown(group), node}, takeableRole)
	})
}

func readWorkspaces(d *decoder, v value, m *Map) {
	ok := d.entries(v, checkName, func(name string, key, node *yaml.Node) {
		workspace := &Workspace{Name: name, Login: LoginFederation}
		object(d, node, "workspace "+name, place(key), workspaceFields, workspace)
		switch console := isAccountConsole(workspace.Host); {
		case console && workspace.AccountID == "":
			d.add(place(key), "workspace %s is an account console; give it the account_id of the account", name)
		case !console && workspace.AccountID != "" && strings.HasPrefix(workspace.Host, "https://"):
			d.add(place(key), "workspace %s has an account_id, which only an account console has (https://accounts.…)", name)
		}
		m.Workspaces[name] = workspace
	})
	if !ok {
		m.Workspaces = nil
	}
}

func readDatasets(d *decoder, v value, m *Map) {
	ok := d.entries(v, checkName, func(name string, key, node *yaml.Node) {
		dataset := &Dataset{Name: name, at: place(key)}
		object(d, node, "dataset "+name, place(key), datasetFields, dataset)
		m.Datasets[name] = dataset
	})
	if !ok {
		m.Datasets = nil
	}
}

func readRoles(d *decoder, v value, m *Map) {
	ok := d.entries(v, checkName, func(name string, key, node *yaml.Node) {
		role := &Role{Name: name, at: place(key)}
		object(d, node, "role "+name, place(key), roleFields, role)
		m.Roles[name] = role
	})
	switch {
	case !ok:
		m.Roles = nil
	case len(m.Roles) == 0:
		d.add(place(v.node), "roles: there are none")
	}
}

func readAWS(d *decoder, v value, r *Role) {
	r.AWS = &AWS{}
	object(d, v.node, "aws of role "+r.Name, place(v.node), awsFields, r.AWS)
}

func readTags(d *decoder, v value, r *Role) {
	r.Tags = make(map[string]string)
	d.entries(v, checkTagKey, func(key string, _, node *yaml.Node) {
		r.Tags[key] = d.text(value{"tag " + key, node}, checkTagValue)
	})
}
