//go:build !old

package main

import (
	"context"
	"slices"

	"github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/service/catalog"
	"github.com/databricks/databricks-sdk-go/service/iam"
)

// standing is what a workspace keeps, as far as the access map writes it.
type standing struct {
	Profiles     map[string]string   `json:"profiles"` // to their roles
	Roles        map[string][]string `json:"roles"`    // by group
	Entitlements map[string][]string `json:"entitlements"`
	Members      map[string]int      `json:"members"`
	Warehouses   string              `json:"warehouses"`  // instance profile
	Credentials  map[string]string   `json:"credentials"` // purpose, role and external ID
	Privileges   map[string][]string `json:"privileges"`  // on the service credential ml-glue, by principal
}

// estate reads what stands through the SDK's own services.
func estate(ctx context.Context, w *databricks.WorkspaceClient) (any, error) {
	s := standing{map[string]string{}, map[string][]string{}, map[string][]string{}, map[string]int{}, "", map[string]string{}, map[string][]string{}}
	profiles, err := w.InstanceProfiles.ListAll(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range profiles {
		s.Profiles[p.InstanceProfileArn] = p.IamRoleArn
	}
	groups, err := w.GroupsV2.ListAll(ctx, iam.ListGroupsRequest{})
	if err != nil {
		return nil, err
	}
	values := func(list []iam.ComplexValue) (texts []string) {
		for _, v := range list {
			texts = append(texts, v.Value)
		}
		slices.Sort(texts)
		return texts
	}
	for _, g := range groups {
		s.Roles[g.DisplayName], s.Entitlements[g.DisplayName], s.Members[g.DisplayName] = values(g.Roles), values(g.Entitlements), len(g.Members)
	}
	config, err := w.Warehouses.GetWorkspaceWarehouseConfig(ctx)
	if err != nil {
		return nil, err
	}
	s.Warehouses = config.InstanceProfileArn
	credentials, err := w.Credentials.ListCredentialsAll(ctx, catalog.ListCredentialsRequest{})
	if err != nil {
		return nil, err
	}
	for _, c := range credentials {
		s.Credentials[c.Name] = string(c.Purpose) + " " + c.AwsIamRole.RoleArn + " " + c.AwsIamRole.ExternalId
	}
	grants, err := w.Grants.Get(ctx, catalog.GetGrantRequest{SecurableType: "credential", FullName: "ml-glue"})
	if err != nil {
		return nil, err
	}
	for _, a := range grants.PrivilegeAssignments {
		for _, p := range a.Privileges {
			s.Privileges[a.Principal] = append(s.Privileges[a.Principal], string(p))
		}
	}
	return s, nil
}
