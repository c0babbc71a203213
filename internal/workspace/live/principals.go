package live

import (
	"context"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// principal is a group or a service principal, as far as a plan goes.
type principal struct {
	id, name     string
	kind         string // meta.resourceType
	roles        []iam.ComplexValue
	entitlements []iam.ComplexValue
}

// quoted is a text in a filter (RFC 7644 3.4.2.2, which has JSON's strings).
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// readPrincipal finds a group or service principal by its name. Members are not asked for: a group may have very many.
func (l *Live) readPrincipal(ctx context.Context, want *plan.Object) (*plan.Object, *plan.Finding, error) {
	found, err := l.named(ctx, want)
	if err != nil {
		return nil, nil, err
	}
	if exact := slices.DeleteFunc(slices.Clone(found), func(p principal) bool { return p.name != want.Name }); len(exact) == 1 {
		found = exact
	}
	switch {
	case len(found) == 0 && want.Kind == plan.Group:
		f := plan.About("workspace-group-missing", want, "there is no such group in the workspace",
			ui.Advice("have the identity provider make it at Databricks and assign it to the workspace, or name the group there under workspace_groups of the role in the access map"))
		return nil, &f, nil
	case len(found) == 0:
		f := plan.About("workspace-principal-missing", want, "there is no service principal with this application ID in the workspace",
			ui.Advice("make it at the account, and assign it to the workspace"))
		return nil, &f, nil
	case len(found) > 1:
		f := plan.About("workspace-group-several", want, ui.Count(len(found), "group has", "groups have")+" this name",
			ui.Advice("rename all but one of them"))
		return nil, &f, nil
	}
	one := found[0]
	have := &plan.Object{Kind: want.Kind, Name: want.Name, ID: one.id, Sets: map[string][]string{
		plan.SetRoles: values(one.roles), plan.SetEntitlements: values(one.entitlements),
	}}
	switch one.kind {
	case "Group":
		have.Kin = plan.AccountGroup
	case "WorkspaceGroup":
		have.Kin = plan.LocalGroup
	}
	return have, nil, nil
}

// named are the principals of a name, which Databricks compares without case.
func (l *Live) named(ctx context.Context, want *plan.Object) (found []principal, err error) {
	sound := true
	if want.Kind == plan.ServicePrincipal {
		err = scim(ctx, l, "/api/2.0/preview/scim/v2/ServicePrincipals", "applicationId eq "+quoted(want.Name), "id,displayName,applicationId,roles,entitlements", func(p iam.ServicePrincipal) {
			if strings.EqualFold(p.ApplicationId, want.Name) {
				sound = sound && identifier(p.Id)
				found = append(found, principal{p.Id, want.Name, "", p.Roles, p.Entitlements})
			}
		})
	} else {
		err = scim(ctx, l, "/api/2.0/preview/scim/v2/Groups", "displayName eq "+quoted(want.Name), "id,displayName,roles,entitlements,meta", func(g iam.Group) {
			if !strings.EqualFold(g.DisplayName, want.Name) {
				return
			}
			sound = sound && identifier(g.Id)
			p := principal{g.Id, g.DisplayName, "", g.Roles, g.Entitlements}
			if g.Meta != nil {
				p.kind = g.Meta.ResourceType
			}
			found = append(found, p)
		})
	}
	if err == nil && !sound {
		err = l.unusual("the ID of "+plan.Clean(want.Title()), "is none")
	}
	// Pages may overlap while somebody changes what is listed.
	slices.SortStableFunc(found, func(a, b principal) int { return strings.Compare(a.id, b.id) })
	return slices.CompactFunc(found, func(a, b principal) bool { return a.id == b.id }), err
}

func values(list []iam.ComplexValue) (texts []string) {
	for _, v := range list {
		texts = append(texts, v.Value)
	}
	slices.Sort(texts)
	return texts
}

// writePrincipal adds and takes away single values (RFC 7644 3.5.2). To replace a group whole would take its members away.
func (l *Live) writePrincipal(ctx context.Context, c *plan.Change) error {
	paths := map[string]string{plan.SetRoles: "roles", plan.SetEntitlements: "entitlements"}
	var operations []iam.Patch
	for _, line := range c.Lines {
		path := paths[line.Field]
		if line.Action == plan.Delete {
			operations = append(operations, iam.Patch{Op: iam.PatchOpRemove, Path: path + "[value eq " + quoted(line.Before) + "]"})
			continue
		}
		operations = append(operations, iam.Patch{Op: iam.PatchOpAdd, Path: path, Value: []map[string]string{{"value": line.After}}})
	}
	schemas := []iam.PatchSchema{iam.PatchSchemaUrnIetfParamsScimApiMessages20PatchOp}
	if c.Kind == plan.ServicePrincipal {
		return iam.NewServicePrincipalsV2(l.c.SDK()).Patch(ctx, iam.PatchServicePrincipalRequest{Id: c.Have.ID, Operations: operations, Schemas: schemas})
	}
	return iam.NewGroupsV2(l.c.SDK()).Patch(ctx, iam.PatchGroupRequest{Id: c.Have.ID, Operations: operations, Schemas: schemas})
}
