package accessmap

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// The tables of fields, in this file and those beside it, are the language of the map. schema.json says the same to
// editors; a test holds them together.

var mapFields = []field[Map]{
	{"version", required, &form{}, func(d *decoder, v value, _ *Map) { d.version(v) }},
	{"contact", optional, contactForm, func(d *decoder, v value, m *Map) { m.Contact = d.text(v) }},
	{"identities", required, &form{keys: nameForm}, readIdentities},
	{"workspaces", optional, &form{keys: nameForm}, readWorkspaces},
	{"datasets", optional, &form{keys: nameForm}, readDatasets},
	{"roles", required, &form{keys: nameForm}, readRoles},
}

var workspaceFields = []field[Workspace]{
	{"host", required, workspaceHostForm, func(d *decoder, v value, w *Workspace) { w.Host = d.text(v) }},
	{"login", optional, &form{words: func() []string { return []string{LoginFederation, LoginBrowser} }},
		func(d *decoder, v value, w *Workspace) { w.Login = d.text(v) }},
	{"account_id", optional, uuidForm, func(d *decoder, v value, w *Workspace) { w.AccountID = d.text(v) }},
}

var datasetFields = []field[Dataset]{
	{"location", required, locationForm, func(d *decoder, v value, s *Dataset) { s.Bucket, s.Prefix = splitLocation(d.text(v)) }},
	{"sensitivity", optional, &form{words: func() []string { return []string{Public, Internal, Confidential, Restricted} }},
		func(d *decoder, v value, s *Dataset) { s.Sensitivity = d.text(v) }},
	{"kms_key", optional, kmsKeyForm, func(d *decoder, v value, s *Dataset) { s.KMSKey = d.text(v) }},
}

// version must be the number 1: the next version of this language must not be half understood by this build.
func (d *decoder) version(v value) {
	if kindOf(v.node) == "a number" && v.node.Value == "1" {
		return
	}
	d.add(place(v.node), "version: this build understands version: 1 only")
}

func readWorkspaces(d *decoder, v value, m *Map) {
	ok := d.entries(v, func(name string, key, node *yaml.Node) {
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
	ok := d.entries(v, func(name string, key, node *yaml.Node) {
		dataset := &Dataset{Name: name, at: place(key)}
		object(d, node, "dataset "+name, place(key), datasetFields, dataset)
		m.Datasets[name] = dataset
	})
	if !ok {
		m.Datasets = nil
	}
}
