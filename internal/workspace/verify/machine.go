package verify

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/compute"
	"github.com/databricks/databricks-sdk-go/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// machine is compute as its settings describe it: a cluster, or one that a job or a pipeline starts.
type machine struct {
	part   Part
	object Object
	where  string // in the object
	runsAs string
	spec   compute.ClusterSpec
}

// machine holds compute against the map. It returns the map's instance profile that it has; nil for none, or for one that the map does not
// name.
func (r *run) machine(ctx context.Context, m machine) (*profile, error) {
	arn, tags, from := "", maps.Clone(m.spec.CustomTags), ""
	if m.spec.AwsAttributes != nil {
		arn = m.spec.AwsAttributes.InstanceProfileArn
	}
	if tags == nil {
		tags = map[string]string{}
	}
	inherit := func(profile string, more map[string]string, source string) {
		if arn == "" && profile != "" {
			arn, from = profile, source
		}
		for key, value := range more {
			if _, own := valueOf(tags, key); !own {
				tags[key] = value
			}
		}
	}
	if p, ok := r.policies[m.spec.PolicyId]; ok {
		inherit(p.profile, p.tags, ", by the policy "+p.name)
	}
	if p, ok := r.pools[m.spec.InstancePoolId]; ok {
		inherit(p.profile, p.tags, ", by the pool "+p.name)
	}
	if a := m.spec.DockerImage; a != nil && a.BasicAuth != nil && writtenOut(a.BasicAuth.Password) {
		r.report(Finding{
			ID: "verify-static-key", Part: m.part, Object: m.object, Where: join(m.where, "docker_image.basic_auth.password"), RunsAs: m.runsAs, Rule: "docker-password",
			What: "has the password of a container registry", Fix: ui.Advice("put it into a secret scope and write {{secrets/SCOPE/KEY}}, or let the instance profile read the registry"),
		})
	}
	for i, script := range m.spec.InitScripts {
		if err := r.script(ctx, m, fmt.Sprintf("init_scripts[%d]", i), script); err != nil {
			return nil, err
		}
	}
	return r.profile(m, arn, from, tags), nil
}

// profile holds an instance profile and tags against the map.
func (r *run) profile(m machine, arn, from string, tags map[string]string) *profile {
	if arn == "" {
		return nil
	}
	f := Finding{Part: m.part, Object: m.object, Where: m.where, RunsAs: m.runsAs, Profile: arn}
	p := r.want.profiles[arn]
	if p == nil {
		f.ID, f.What = "verify-profile-unknown", "has the instance profile "+arn+from+", which the access map does not name"
		f.Fix = ui.Advice("give the role behind it a place in the access map (instance_profile), or take the profile off")
		r.report(f)
		return nil
	}
	f.Roles = p.roles
	if !p.here {
		f.ID, f.What = "verify-profile-elsewhere", "has the instance profile of "+p.words()+from+", which works in other workspaces"
		f.Fix = ui.Advice("add this workspace to the role's workspaces in the access map, or take the profile off")
		r.report(f)
	}
	if missing := p.lacks(tags); len(missing) > 0 {
		f.ID, f.What = "verify-tag-missing", "has the instance profile of "+p.words()+from+", but lacks its tags: "+strings.Join(missing, "; ")
		f.Fix = ui.Advice("set custom_tags, or let a cluster policy fix them: \"custom_tags.KEY\": {\"type\": \"fixed\", \"value\": \"VALUE\"}")
		r.report(f)
	}
	return p
}

// writtenOut reports whether a value is there and no reference to a secret.
func writtenOut(value string) bool {
	return value != "" && (!strings.HasPrefix(value, "{{secrets/") || strings.Index(value, "}}") != len(value)-2)
}

func join(where, more string) string {
	if where == "" {
		return more
	}
	return where + "." + more
}

// open asks who may use compute whose instance profile the map knows, and holds it against whom the map gives the role. kind is how
// permissions name the kind of object. People and service principals are not compared: the map gives roles by groups.
func (r *run) open(ctx context.Context, m machine, kind, id string, p *profile) error {
	if p == nil || p.public {
		return nil
	}
	var permissions iam.ObjectPermissions
	err := r.get(ctx, "/api/2.0/permissions/"+kind+"/"+id, nil, &permissions)
	switch {
	case err != nil && (ends(ctx, err)):
		return err
	case gone(err):
		return nil
	case err != nil:
		r.notRead(m.part, m.object, "permissions", r.explain("the permissions of "+m.object.String(), err))
		return nil
	}
	for _, entry := range permissions.AccessControlList {
		if entry.GroupName != "" {
			r.opened(m, entry.GroupName, p)
		}
	}
	return nil
}

// Names of groups that every workspace has.
const (
	everybody = "users"
	admins    = "admins" // who may give themselves anything
)

// opened is what it means that a group may use compute.
func (r *run) opened(m machine, group string, p *profile) {
	f := Finding{
		Part: m.part, Object: m.object, Where: m.where, Roles: p.roles, Profile: p.arn,
		Fix: ui.Advice("let only those use it whom the map gives "+p.words(), "or give it the role of people with less; compute for one person (single user) has nobody else on it"),
	}
	reaches := ""
	if p.data != "" {
		reaches = ", which reaches " + p.data
	}
	switch {
	case group == admins || p.gives(group):
		return
	case group == everybody && p.sensitive:
		f.ID, f.What = "verify-shared-compute", "may be used by everybody in the workspace, and has the instance profile of "+p.words()+reaches
	case group == everybody:
		f.ID, f.What = "verify-compute-group", "may be used by everybody in the workspace, and has the instance profile of "+p.words()+reaches
	default:
		f.ID, f.What = "verify-compute-group", "may be used by the group "+ui.Cut(group, 120)+", to which the map does not give "+p.words()+reaches
	}
	r.report(f)
}
