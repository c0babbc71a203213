package accessmap

import (
	"time"

	"go.yaml.in/yaml/v3"
)

var roleFields = []field[Role]{
	{"description", optional, descriptionForm, func(d *decoder, v value, r *Role) { r.Description = d.text(v) }},
	{"inherits", optional, namesForm, func(d *decoder, v value, r *Role) { r.Inherits = d.namesOf(v, anyRole) }},
	{"aws", optional, &form{}, readAWS},
	{"workspace", optional, nameForm, func(d *decoder, v value, r *Role) { r.Workspace = d.nameOf(v, aWorkspace) }},
	{"service_principal", optional, uuidForm, func(d *decoder, v value, r *Role) { r.ServicePrincipal = d.text(v) }},
	{"read", optional, namesForm, func(d *decoder, v value, r *Role) { r.Read = d.namesOf(v, aDataset) }},
	{"write", optional, namesForm, func(d *decoder, v value, r *Role) { r.Write = d.namesOf(v, aDataset) }},
	{"delete", optional, namesForm, func(d *decoder, v value, r *Role) { r.Delete = d.namesOf(v, aDataset) }},
	{"tags", optional, &form{keys: tagKeyForm, each: tagValueForm}, readTags},
}

var awsFields = []field[AWS]{
	{"role_arn", optional, roleARNForm, func(d *decoder, v value, a *AWS) { a.RoleARN = d.text(v) }},
	{"account_id", optional, accountForm, func(d *decoder, v value, a *AWS) { a.AccountID = d.text(v) }},
	{"role_name", optional, permissionSetForm, func(d *decoder, v value, a *AWS) { a.RoleName = d.text(v) }},
	{"region", required, regionForm, func(d *decoder, v value, a *AWS) { a.Region = d.text(v) }},
	{"duration", optional, durationForm, func(d *decoder, v value, a *AWS) { a.Duration, _ = time.ParseDuration(d.text(v)) }},
	{"via", optional, nameForm, func(d *decoder, v value, a *AWS) { a.Via = d.nameOf(v, viaRole) }},
	{"external_id", optional, externalIDForm, func(d *decoder, v value, a *AWS) { a.ExternalID = d.text(v) }},
	{"transitive_tags", optional, &form{each: tagKeyForm}, func(d *decoder, v value, a *AWS) { a.TransitiveTags = d.list(v) }},
	{"source_identity", optional, &form{}, func(d *decoder, v value, a *AWS) { a.SourceIdentity = d.truth(v) }},
}

func readRoles(d *decoder, v value, m *Map) {
	ok := d.entries(v, func(name string, key, node *yaml.Node) {
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

func readTags(d *decoder, v value, r *Role) {
	r.Tags = make(map[string]string)
	d.entries(v, func(key string, _, node *yaml.Node) {
		r.Tags[key] = d.text(v.of("tag "+key, node))
	})
}
