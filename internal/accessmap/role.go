package accessmap

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

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
	{"role_arn", optional, func(d *decoder, v value, a *AWS) { a.RoleARN = d.text(v, checkRoleARN) }},
	{"account_id", optional, func(d *decoder, v value, a *AWS) { a.AccountID = d.text(v, checkAccountID) }},
	{"role_name", optional, func(d *decoder, v value, a *AWS) { a.RoleName = d.text(v, checkPermissionSet) }},
	{"region", required, func(d *decoder, v value, a *AWS) { a.Region = d.text(v, checkRegion) }},
	{"duration", optional, func(d *decoder, v value, a *AWS) {
		a.Duration, _ = time.ParseDuration(d.text(v, checkDuration))
	}},
	{"via", optional, func(d *decoder, v value, a *AWS) { a.Via = d.nameOf(v, viaRole) }},
	{"external_id", optional, readExternalID},
	{"transitive_tags", optional, func(d *decoder, v value, a *AWS) { a.TransitiveTags = d.list(v, checkTagKey) }},
	{"source_identity", optional, func(d *decoder, v value, a *AWS) { a.SourceIdentity = d.truth(v) }},
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
	what, begins := "aws of role "+r.Name, place(v.node)
	found := object(d, v.node, what, begins, awsFields, r.AWS)
	if found == nil {
		return
	}
	at := func(key string) position { return found[indexOf(awsFields, key)] }
	has := func(key string) bool { return at(key).line != 0 }
	switch {
	case has("account_id") && !has("role_name"):
		d.missing(begins, what, "role_name")
	case has("role_name") && !has("account_id"):
		d.missing(begins, what, "account_id")
	case has("via") && has("account_id"):
		d.add(at("via"), "%s: via has no place beside account_id and role_name, which Identity Center gives without another role", what)
	case has("via") && !has("role_arn"):
		d.add(begins, "%s: the key role_arn is missing; it says which role to assume via %s", what, shown(r.AWS.Via))
	case !has("role_arn") && !has("account_id"):
		d.add(begins, "%s: the key role_arn is missing; instead of it, IAM Identity Center has account_id and role_name", what)
	}
	// Nothing but AssumeRole takes them, and it takes credentials to call that.
	if assumed := has("via") || has("account_id") && has("role_arn"); !assumed {
		for _, key := range []string{"external_id", "transitive_tags", "source_identity"} {
			if has(key) {
				d.add(at(key), "%s: %s is of use only where a role is assumed through another: with via, or with account_id and role_name beside role_arn",
					what, key)
			}
		}
	}
}

func readExternalID(d *decoder, v value, a *AWS) {
	id, ok := d.scalarOf(v, iam.MaxExternalID)
	if !ok {
		return
	}
	if err := checkExternalID(id); err != nil {
		d.add(place(v.node), "%s: %v", v.key, err)
		return
	}
	a.ExternalID = id
}

func readTags(d *decoder, v value, r *Role) {
	r.Tags = make(map[string]string)
	d.entries(v, checkTagKey, func(key string, _, node *yaml.Node) {
		r.Tags[key] = d.text(value{"tag " + key, node}, checkTagValue)
	})
}
