package accessmap

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

var roleFields = []field[Role]{
	{"description", optional, descriptionForm, func(d *decoder, v value, r *Role) { r.Description = d.text(v) },
		"One line for people."},
	{"inherits", optional, namesForm, func(d *decoder, v value, r *Role) { r.Inherits = d.namesOf(v, anyRole) },
		"Roles whose datasets, tags and workspace this one has too; never their ARN. Own values win."},
	{"aws", optional, &form{ref: "aws"}, readAWS, ""},
	{"workspace", optional, nameForm, func(d *decoder, v value, r *Role) { r.Workspace = d.nameOf(v, aWorkspace) },
		"Name of the workspace that the role works in."},
	{"service_principal", optional, uuidForm, func(d *decoder, v value, r *Role) { r.ServicePrincipal = d.text(v) },
		"Application ID of the service principal as which the role works in its workspace; without it, people are themselves there."},
	{"read", optional, namesForm, func(d *decoder, v value, r *Role) { r.Read = d.namesOf(v, aDataset) },
		"Datasets that may be listed and read."},
	{"write", optional, namesForm, func(d *decoder, v value, r *Role) { r.Write = d.namesOf(v, aDataset) },
		"Datasets that may be written. Neither reading nor deleting comes with it."},
	{"delete", optional, namesForm, func(d *decoder, v value, r *Role) { r.Delete = d.namesOf(v, aDataset) },
		"Datasets whose objects may be deleted."},
	{"tags", optional, &form{keys: tagKeyForm, each: tagValueForm, schema: schema{MaxProperties: iam.MaxTags}}, readTags,
		"Session tags, at most 50 with those inherited."},
}

var awsFields = []field[AWS]{
	{"role_arn", optional, roleARNForm, func(d *decoder, v value, a *AWS) { a.RoleARN = d.text(v) },
		"ARN of the IAM role to assume. S3-compatible servers have roles without an account."},
	{"account_id", optional, accountForm, func(d *decoder, v value, a *AWS) { a.AccountID = d.text(v) },
		"Account in which Identity Center gives the permission set; in quotes."},
	{"role_name", optional, permissionSetForm, func(d *decoder, v value, a *AWS) { a.RoleName = d.text(v) },
		"Name of the permission set. With role_arn beside it, the role of that ARN is assumed from it where there is something to narrow or tag."},
	{"region", required, regionForm, func(d *decoder, v value, a *AWS) { a.Region = d.text(v) },
		"AWS region for STS and for the profile."},
	{"duration", optional, durationForm, func(d *decoder, v value, a *AWS) { a.Duration, _ = time.ParseDuration(d.text(v)) },
		"How long credentials live, 15m to 12h, as in 90m or 2h. Left out, AWS decides: one hour, " +
			"which is also the most for a role that is assumed through another."},
	{"via", optional, nameForm, func(d *decoder, v value, a *AWS) { a.Via = d.nameOf(v, viaRole) },
		"Name of the role whose credentials assume this one."},
	{"external_id", optional, externalIDForm, func(d *decoder, v value, a *AWS) { a.ExternalID = d.text(v) },
		"What the role's trust policy wants to hear as sts:ExternalId."},
	{"transitive_tags", optional, &form{each: tagKeyForm}, func(d *decoder, v value, a *AWS) { a.TransitiveTags = d.list(v) },
		"Keys of the role's tags that go on to roles which are assumed from it."},
	{"source_identity", optional, &form{schema: schema{Type: "boolean", Default: false}},
		func(d *decoder, v value, a *AWS) { a.SourceIdentity = d.truth(v) },
		"Name the person as source identity, which the role's trust policy must allow."},
}

func readRoles(d *decoder, v value, m *Map) {
	m.Roles = section(d, v, func(name string, key, node *yaml.Node) *Role {
		role := &Role{Name: name, at: place(key)}
		object(d, node, "role "+name, place(key), roleFields, role)
		return role
	})
}

// awsSchema says which keys go together, as readAWS checks it.
func awsSchema() schema {
	s := objectOf("What is behind the role at AWS: an IAM role, or a permission set of IAM Identity Center.", awsFields)
	s.AnyOf = []schema{{Required: []string{"role_arn"}}, {Required: []string{"account_id", "role_name"}}}
	s.DependentRequired = map[string][]string{"account_id": {"role_name"}, "role_name": {"account_id"}, "via": {"role_arn"}}
	direct := &schema{Properties: without(assumedOnly...)}
	s.AllOf = []schema{
		{If: &schema{Required: []string{"via"}}, Then: &schema{Properties: without("account_id", "role_name")}},
		{If: &schema{Properties: without("via", "account_id")}, Then: direct},
		{If: &schema{Properties: without("via", "role_arn")}, Then: direct},
	}
	return s
}

// assumedOnly are keys of what nothing but AssumeRole takes, and it takes credentials to call that.
var assumedOnly = []string{"external_id", "transitive_tags", "source_identity"}

func readAWS(d *decoder, v value, r *Role) {
	r.AWS = &AWS{}
	what, begins := "aws of role "+r.Name, place(v.node)
	found := object(d, v.node, what, begins, awsFields, r.AWS)
	if found == nil {
		return
	}
	has := found.has
	switch {
	case has("account_id") && !has("role_name"):
		d.missing(begins, what, "role_name")
	case has("role_name") && !has("account_id"):
		d.missing(begins, what, "account_id")
	case has("via") && has("account_id"):
		d.add(found["via"], "%s: via has no place beside account_id and role_name, which Identity Center gives without another role", what)
	case has("via") && !has("role_arn"):
		d.add(begins, "%s: the key role_arn is missing; it says which role to assume via %s", what, shown(r.AWS.Via))
	case !has("role_arn") && !has("account_id"):
		d.add(begins, "%s: the key role_arn is missing; instead of it, IAM Identity Center has account_id and role_name", what)
	}
	if assumed := has("via") || has("account_id") && has("role_arn"); !assumed {
		for _, key := range assumedOnly {
			if has(key) {
				d.add(found[key], "%s: %s is of use only where a role is assumed through another: with via, or with account_id and role_name beside role_arn",
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
