package verify

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/serving"
	"github.com/databricks/databricks-sdk-go/service/sql"
)

// segment is a name as a segment of a path.
func segment(name string) string { return url.PathEscape(name) }

func (r *run) lookAtServing(ctx context.Context) error {
	items, err := r.all(ctx, list{path: "/api/2.0/serving-endpoints", items: "endpoints"})
	if err != nil {
		return err
	}
	return each(ctx, r, Serving, items, func(raw json.RawMessage) Object { return Object{Type: "serving endpoint", Name: nameIn(raw)} }, r.endpoint)
}

// endpoint looks at one, with the configuration that it is about to get: the list has neither's variables.
func (r *run) endpoint(ctx context.Context, listed json.RawMessage) error {
	of, ok := read[serving.ServingEndpoint](r, Serving, listed)
	if !ok {
		return nil
	}
	var raw json.RawMessage
	if err := r.get(ctx, "/api/2.0/serving-endpoints/"+segment(of.Name), nil, &raw); err != nil {
		return err
	}
	var one serving.ServingEndpointDetailed
	if json.Unmarshal(raw, &one) != nil {
		return unusual("the endpoint is not as its API promises")
	}
	object := Object{Type: "serving endpoint", Name: one.Name}
	r.runsAs(one.Creator, kindOfName(one.Creator), true)
	r.settings(Serving, object, one.Creator, raw)
	tags := map[string]string{}
	for _, tag := range one.Tags {
		tags[tag.Key] = tag.Value
	}
	look := func(where string, entities []serving.ServedEntityOutput, models []serving.ServedModelOutput) {
		for _, e := range entities {
			r.profile(machine{part: Serving, object: object, where: where + "." + e.Name, runsAs: one.Creator}, e.InstanceProfileArn, "", tags)
		}
		for _, m := range models {
			r.profile(machine{part: Serving, object: object, where: where + "." + m.Name, runsAs: one.Creator}, m.InstanceProfileArn, "", tags)
		}
	}
	if c := one.Config; c != nil {
		look("config", c.ServedEntities, c.ServedModels)
	}
	if c := one.PendingConfig; c != nil {
		look("pending_config", c.ServedEntities, c.ServedModels)
	}
	return nil
}

func (r *run) lookAtApps(ctx context.Context) error {
	all := list{path: "/api/2.0/apps", query: map[string]any{"page_size": 100}, items: "apps"}
	return r.pages(ctx, Apps, all, func(_ context.Context, items []json.RawMessage) error {
		for _, raw := range items {
			one, ok := read[apps.App](r, Apps, raw)
			if !ok {
				continue
			}
			object := Object{Type: "app", Name: one.Name}
			principal := one.ServicePrincipalClientId
			if principal == "" {
				principal = one.ServicePrincipalName
			}
			r.runsAs(principal, ServicePrincipal, false)
			r.settings(Apps, object, principal, raw)
			r.looked()
		}
		return nil
	})
}

// lookAtWarehouses looks at what all warehouses have in common, which is where their instance profile is, and at each one's tags.
func (r *run) lookAtWarehouses(ctx context.Context) error {
	var (
		raw    json.RawMessage
		config sql.GetWorkspaceWarehouseConfigResponse
	)
	if err := r.get(ctx, "/api/2.0/sql/config/warehouses", nil, &raw); err != nil {
		return err
	}
	if json.Unmarshal(raw, &config) != nil {
		return unusual("the settings of SQL warehouses are not as their API promises")
	}
	all := machine{part: Warehouses, object: Object{Type: "settings", Name: "of SQL warehouses"}}
	r.settings(Warehouses, all.object, "", raw)
	p := r.want.profiles[config.InstanceProfileArn]
	if p == nil {
		r.profile(all, config.InstanceProfileArn, "", nil)
	} else if !p.here {
		r.profile(all, config.InstanceProfileArn, "", p.tags[0]) // tags are each warehouse's
	}
	warehouses := list{path: "/api/2.0/sql/warehouses", query: map[string]any{"page_size": 100}, items: "warehouses"}
	return r.pages(ctx, Warehouses, warehouses, func(ctx context.Context, items []json.RawMessage) error {
		return each(ctx, r, Warehouses, items, func(raw json.RawMessage) Object { return Object{Type: "warehouse", Name: nameIn(raw)} },
			func(ctx context.Context, raw json.RawMessage) error {
				one, ok := read[sql.EndpointInfo](r, Warehouses, raw)
				if !ok {
					return nil
				}
				m := machine{part: Warehouses, object: Object{"warehouse", one.Id, one.Name}, runsAs: one.CreatorName}
				r.runsAs(one.CreatorName, kindOfName(one.CreatorName), true)
				r.settings(Warehouses, m.object, one.CreatorName, raw)
				if p == nil || !p.here {
					return nil
				}
				tags := map[string]string{}
				if one.Tags != nil {
					for _, tag := range one.Tags.CustomTags {
						tags[tag.Key] = tag.Value
					}
				}
				r.profile(m, p.arn, ", as all SQL warehouses do", tags)
				return r.open(ctx, m, "warehouses", one.Id, p)
			})
	})
}
