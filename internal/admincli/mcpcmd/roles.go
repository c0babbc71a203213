package mcpcmd

import (
	"context"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// roleList is the answer of list_roles.
type roleList struct {
	Agent string `json:"agent" jsonschema:"the name by which you are known here"`
	Roles []role `json:"roles" jsonschema:"that the person may take"`
}

// role is what a model is told of one.
type role struct {
	Role        string   `json:"role"`
	Identity    string   `json:"identity" jsonschema:"of the access map, through which it is given"`
	Description string   `json:"description,omitempty"`
	Profile     string   `json:"profile" jsonschema:"of AWS's and Databricks' config files, by which tools get its credentials"`
	Region      string   `json:"region,omitempty"`
	Read        []string `json:"read" jsonschema:"datasets that it may read"`
	Write       []string `json:"write" jsonschema:"datasets that it may write"`
	Delete      []string `json:"delete" jsonschema:"datasets that it may delete from"`
	Workspaces  []string `json:"workspaces" jsonschema:"of Databricks, where it works"`
	Until       string   `json:"until,omitempty" jsonschema:"when the person is given it no more"`
	Demands     string   `json:"demands,omitempty" jsonschema:"what the map has the person do before it is served"`
}

func roleOf(r access.Row) role {
	one := role{
		Role: r.Role, Identity: r.Identity, Description: ui.Clean(r.Description), Profile: r.Profile, Region: r.Region,
		Read: listed(r.Read), Write: listed(r.Write), Delete: listed(r.Delete), Workspaces: listed(r.Workspaces()), Demands: ui.Clean(r.Demands.Words()),
	}
	if r.Until != nil {
		one.Until = r.Until.UTC().Format("2006-01-02T15:04:05Z")
	}
	return one
}

// listed is a list that is never null.
func listed(names []string) []string { return append([]string{}, names...) }

func (s *server) addRoles(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name: "list_roles", Annotations: reads("List roles"),
		Description: "Lists the roles that the person may take, with the datasets that each may read, write and delete. Asks no server.",
	}, func(ctx context.Context, c *call, _ nothing) (roleList, error) {
		answer := roleList{Agent: c.agent, Roles: []role{}}
		view, err := c.View(ctx)
		if err != nil {
			return answer, err
		}
		signIns, rows, err := view.Available(ctx, "")
		if err == nil && len(rows) == 0 {
			err = signIns[0].NoRoles()
		}
		if err != nil {
			return answer, err
		}
		slices.SortStableFunc(rows, func(a, b access.Row) int { return compareNames(a.Role, b.Role) })
		for _, row := range rows {
			answer.Roles = append(answer.Roles, roleOf(row))
		}
		return answer, nil
	})
}
