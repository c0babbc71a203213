package live

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/databricks/databricks-sdk-go/service/compute"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// readProfile finds an instance profile in the list, which has no pages.
func (l *Live) readProfile(ctx context.Context, want *plan.Object) (*plan.Object, *plan.Finding, error) {
	if l.profiles == nil {
		list, err := compute.NewInstanceProfiles(l.c.SDK()).ListAll(ctx)
		if err != nil {
			return nil, nil, err
		}
		l.profiles = make(map[string]compute.InstanceProfile, len(list))
		for _, p := range list {
			l.profiles[p.InstanceProfileArn] = p
		}
	}
	p, known := l.profiles[want.Name]
	switch {
	case !known:
		return nil, nil, nil
	case p.IsMetaInstanceProfile:
		f := plan.About("workspace-profile-meta", want, "it stands there as a meta instance profile, by which people's own roles are passed through",
			ui.Advice("remove it in the workspace's admin settings, and apply again"))
		return nil, &f, nil
	}
	return &plan.Object{Kind: want.Kind, Name: want.Name, Fields: map[string]string{plan.FieldRole: p.IamRoleArn}}, nil, nil
}

func (l *Live) writeProfile(ctx context.Context, c *plan.Change) error {
	api := compute.NewInstanceProfiles(l.c.SDK())
	arn, roleARN := c.Want.Name, c.Want.Fields[plan.FieldRole]
	if c.Action == plan.Create {
		return api.Add(ctx, compute.AddInstanceProfile{InstanceProfileArn: arn, IamRoleArn: roleARN})
	}
	return api.Edit(ctx, compute.InstanceProfile{InstanceProfileArn: arn, IamRoleArn: roleARN})
}

// https://docs.databricks.com/api/workspace/warehouses/setworkspacewarehouseconfig
const warehouses = "/api/2.0/sql/config/warehouses"

// readWarehouses reads the settings as they are: what Databricks adds to them one day has to be written back, too.
func (l *Live) readWarehouses(ctx context.Context, want *plan.Object) (*plan.Object, error) {
	whole := make(map[string]json.RawMessage)
	if err := l.ask(ctx, http.MethodGet, warehouses, nil, &whole); err != nil {
		return nil, err
	}
	var arn string
	if raw, there := whole[plan.FieldProfile]; there {
		if err := json.Unmarshal(raw, &arn); err != nil {
			return nil, l.unusual(plan.FieldProfile+" of "+want.Title(), "is no text")
		}
	}
	return &plan.Object{Kind: want.Kind, Name: want.Name, Fields: map[string]string{plan.FieldProfile: arn}, Spec: whole}, nil
}

func (l *Live) writeWarehouses(ctx context.Context, c *plan.Change) error {
	whole, _ := c.Have.Spec.(map[string]json.RawMessage)
	arn, err := json.Marshal(c.Want.Fields[plan.FieldProfile])
	if err != nil {
		return err
	}
	whole[plan.FieldProfile] = arn
	return l.ask(ctx, http.MethodPut, warehouses, whole, nil)
}
