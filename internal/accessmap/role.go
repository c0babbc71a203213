package accessmap

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

var roleFields = []field[Role]{
	{"description", optional, descriptionForm, func(v value, r *Role) { r.Description = v.text() },
		"One line for people."},
	{"inherits", optional, namesForm, func(v value, r *Role) { r.Inherits = v.namesOf(anyRole) },
		"Roles whose datasets, tags and workspace this one has too; never their ARN. Own values win."},
	{"aws", optional, &form{ref: "aws"}, readAWS, ""},
	{"workspace", optional, nameForm, func(v value, r *Role) { r.Workspaces = append(r.Workspaces, v.nameOf(aWorkspace)) },
		"Name of the workspace that the role works in."},
	{"workspaces", optional, workspacesForm, readWorkspacesOfRole,
		"Names of the workspaces that the role works in, in place of workspace. The first is the one that is meant where none is named."},
	{"service_principal", optional, uuidForm, func(v value, r *Role) { r.ServicePrincipal = v.text() },
		"Application ID of the service principal as which the role works in its workspace; without it, people are themselves there."},
	{"scopes", optional, scopesForm, func(v value, r *Role) { r.Scopes, r.scopesAt = v.scopes(), place(v.node) },
		"What its workspace tokens may be used for, each within the scopes of the workspace; without it, all that those give."},
	{"read", optional, namesForm, func(v value, r *Role) { r.Read = append(r.Read, v.namesOf(aDataset)...) },
		"Datasets that may be listed and read."},
	{"write", optional, namesForm, func(v value, r *Role) { r.Write = append(r.Write, v.namesOf(aDataset)...) },
		"Datasets that may be written. Neither reading nor deleting comes with it."},
	{"readwrite", optional, namesForm, readBoth,
		"Datasets that may be listed, read and written: short for both keys."},
	{"delete", optional, namesForm, func(v value, r *Role) { r.Delete = v.namesOf(aDataset) },
		"Datasets whose objects may be deleted."},
	{"statements", optional, statementsForm, readStatements,
		"What else is allowed at AWS besides the datasets. Inherited like them, and left out where a call is narrowed to datasets."},
	{"unrestricted", optional, &form{schema: schema{Type: "boolean", Default: false}},
		func(v value, r *Role) { r.Unrestricted = v.truth() },
		"Says that it is meant: the role has nothing that would narrow it, and does all that its IAM role may."},
	{"tags", optional, &form{keys: tagKeyForm, each: tagValueForm, schema: schema{MaxProperties: iam.MaxTags}}, readTags,
		"Session tags, at most 50 with those inherited."},
	{"instance_profile", optional, instanceProfileForm, func(v value, r *Role) { r.InstanceProfile = v.text() },
		"ARN of the instance profile by which compute takes the IAM role of role_arn. Never inherited."},
	{"storage_credential", optional, &form{ref: "storage_credential"}, readStorageCredential, ""},
	{"service_credential", optional, &form{ref: "service_credential"}, readServiceCredential, ""},
	{"entitlements", optional, entitlementsForm, func(v value, r *Role) { r.Entitlements = v.some(len(Entitlements())) },
		"What who has the role may do in its workspaces besides: entitlements of Databricks. Inherited."},
	{"grants", optional, unityForm, readUnityGrants,
		"Privileges in Unity Catalog of who has the role. Inherited."},
	{"workspace_groups", optional, workspaceGroupsForm, func(v value, r *Role) { r.WorkspaceGroups = v.some(maxWorkspaceGroups) },
		"Names of the groups at Databricks whose members have the role, where these are not the names that rules have under groups. Never inherited."},
	{"acknowledge", optional, acknowledgeForm, func(v value, r *Role) { v.acknowledge(concern{partRole, r.Name}) }, aboutAcknowledge},
}

var awsFields = []field[AWS]{
	{"role_arn", optional, roleARNForm, func(v value, a *AWS) { a.RoleARN = v.text() },
		"ARN of the IAM role to assume. S3-compatible servers have roles without an account."},
	{"account_id", optional, accountForm, func(v value, a *AWS) { a.AccountID = v.text() },
		"Account in which Identity Center gives the permission set; in quotes."},
	{"role_name", optional, permissionSetForm, func(v value, a *AWS) { a.RoleName = v.text() },
		"Name of the permission set. With role_arn beside it, the role of that ARN is assumed from it where there is something to tag, " +
			"or to narrow that STS can't narrow by itself."},
	{"region", required, regionForm, func(v value, a *AWS) { a.Region = v.text() },
		"AWS region for STS and for the profile."},
	{"duration", optional, durationForm, func(v value, a *AWS) { a.Duration, _ = time.ParseDuration(v.text()) },
		"How long credentials live, 15m to 12h, as in 90m or 2h. Left out, AWS decides: one hour, " +
			"which is also the most for a role that is assumed through another."},
	{"via", optional, nameForm, func(v value, a *AWS) { a.Via = v.nameOf(viaRole) },
		"Name of the role whose credentials assume this one."},
	{"managed_policies", optional, &form{each: managedPolicyForm, schema: schema{MinItems: 1, MaxItems: iam.MaxManagedPolicies}},
		func(v value, a *AWS) { a.ManagedPolicies = v.some(iam.MaxManagedPolicies) },
		"ARNs of managed policies, at most 10, of the role's account or AWS's own. The role may do what they or its datasets and statements allow, " +
			"as far as the IAM role may. Never inherited, and left out where a call is narrowed to datasets."},
	{"external_id", optional, externalIDForm, func(v value, a *AWS) { a.ExternalID = v.text() },
		"What the role's trust policy wants to hear as sts:ExternalId."},
	{"transitive_tags", optional, &form{each: tagKeyForm}, func(v value, a *AWS) { a.TransitiveTags = v.list() },
		"Keys of the role's tags that go on to roles which are assumed from it."},
	{"source_identity", optional, &form{schema: schema{Type: "boolean", Default: false}},
		func(v value, a *AWS) { a.SourceIdentity = v.truth() },
		"Name the person as source identity, which the role's trust policy must allow."},
}

func readRoles(v value, m *Map) {
	m.Roles = section(v, func(name string, key, node *yaml.Node) *Role {
		role := &Role{Name: name, at: place(key)}
		o := read(v.decoder, node, "role "+name, place(key), roleFields, role)
		if o != nil && o.has("workspace") && o.has("workspaces") {
			v.add(o.where("workspaces"), "role %s has both workspace and workspaces; keep one of them", name)
		}
		if o != nil && o.has("readwrite") {
			v.twice(role, o.where("readwrite"))
		}
		return role
	})
}

// readBoth reads readwrite: it is kept as what it is short for.
func readBoth(v value, r *Role) {
	names := v.namesOf(aDataset)
	r.Read, r.Write = append(r.Read, names...), append(r.Write, names...)
}

// twice reports datasets that a role names in readwrite and in a key that it is short for.
func (d *decoder) twice(r *Role, at position) {
	for _, verb := range []string{Read, Write} {
		seen := make(map[string]bool, len(r.On(verb)))
		for _, name := range r.On(verb) {
			if seen[name] {
				d.add(at, "role %s names dataset %s in readwrite and in %s; keep one of them", r.Name, shown(name), verb)
			}
			seen[name] = true
		}
	}
}

// roleSchema says which keys don't go together, as readRoles checks it.
func roleSchema() schema {
	s := objectOf(aboutRole, roleFields)
	s.Not = &schema{Required: []string{"workspace", "workspaces"}}
	return s
}

// awsSchema says which keys go together, as readAWS checks it.
func awsSchema() schema {
	s := objectOf(aboutAWS, awsFields)
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

func readAWS(v value, r *Role) {
	r.AWS = &AWS{}
	o := read(v.decoder, v.node, "aws of role "+r.Name, place(v.node), awsFields, r.AWS)
	if o == nil {
		return
	}
	switch {
	case o.has("account_id") && !o.has("role_name"):
		o.missing("role_name")
	case o.has("role_name") && !o.has("account_id"):
		o.missing("account_id")
	case o.has("via") && o.has("account_id"):
		v.add(o.where("via"), "%s: via has no place beside account_id and role_name, which Identity Center gives without another role", o.what)
	case o.has("via") && !o.has("role_arn"):
		v.add(o.begins, "%s: the key role_arn is missing; it says which role to assume via %s", o.what, shown(r.AWS.Via))
	case !o.has("role_arn") && !o.has("account_id"):
		v.add(o.begins, "%s: the key role_arn is missing; instead of it, IAM Identity Center has account_id and role_name", o.what)
	}
	if o.has("via") || o.has("account_id") && o.has("role_arn") {
		return
	}
	for _, key := range assumedOnly {
		if o.has(key) {
			v.add(o.where(key), "%s: %s is of use only where a role is assumed through another: with via, or with account_id and role_name beside role_arn",
				o.what, key)
		}
	}
}

func readTags(v value, r *Role) {
	r.Tags = make(map[string]string)
	v.entries(func(key string, _, node *yaml.Node) {
		r.Tags[key] = v.of("tag "+key, node).text()
	})
}
