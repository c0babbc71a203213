package mcpcmd

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// roleList is the answer of list_roles.
type roleList struct {
	Agent string `json:"agent" jsonschema:"the name by which you are known here"`
	Roles []role `json:"roles" jsonschema:"that the person may take, each with what you get of it"`
}

// grants are datasets by what may be done with them.
type grants struct {
	Read   []string `json:"read"`
	Write  []string `json:"write"`
	Delete []string `json:"delete"`
}

// role is what a model is told of one.
type role struct {
	Role        string `json:"role"`
	Identity    string `json:"identity" jsonschema:"of the access map, through which it is given"`
	Description string `json:"description,omitempty"`
	Profile     string `json:"profile" jsonschema:"of AWS's and Databricks' config files, by which tools get its credentials"`
	Region      string `json:"region,omitempty"`

	You     grants   `json:"you" jsonschema:"the datasets that you may use by it, an agent"`
	Refused string   `json:"refused,omitempty" jsonschema:"why you get no AWS credentials of it"`
	LeftOut []string `json:"left_out,omitempty" jsonschema:"what the person may do by it besides, and no agent"`
	Places  []place  `json:"workspaces" jsonschema:"of Databricks, where it works"`
	Demands string   `json:"demands,omitempty" jsonschema:"what the map has the person do before it is served: request_access asks them"`
	Until   string   `json:"until,omitempty" jsonschema:"when the person is given it no more"`
}

// place is a workspace.
type place struct {
	Workspace string   `json:"workspace"`
	Host      string   `json:"host"`
	Scopes    []string `json:"scopes" jsonschema:"that your token would have there; none: you get no token"`
}

// explained is the answer of explain_role.
type explained struct {
	role

	Given   bool     `json:"given" jsonschema:"whether the person may take it"`
	Person  grants   `json:"person" jsonschema:"the datasets that the person may use by it"`
	Because []string `json:"because" jsonschema:"what gives it to the person"`
	Needs   []string `json:"needs" jsonschema:"what would give it; one is enough"`
	Rules   []string `json:"rules" jsonschema:"of the map, on the data that it reaches"`
	Life    string   `json:"life" jsonschema:"how long anything that you are given may live"`
	Lease   string   `json:"lease" jsonschema:"how long your AWS credentials live until they are renewed"`
	Next    string   `json:"next" jsonschema:"the command line that runs something with it, or that works out how the person comes to it"`
}

func (c *call) roleOf(m *accessmap.Map, r access.Row) role {
	one := role{
		Role: r.Role, Identity: r.Identity, Description: ui.Clean(r.Description), Profile: r.Profile, Region: r.Region,
		You: grants{[]string{}, []string{}, []string{}}, Demands: ui.Clean(r.Demands.Words()), Places: []place{},
	}
	if r.Until != nil {
		one.Until = r.Until.UTC().Format(time.RFC3339)
	}
	for _, w := range r.Workplaces {
		one.Places = append(one.Places, place{w.Workspace, ui.Clean(w.Host), []string{}})
	}
	if r.AtAWS {
		if _, err := m.AgentPolicies(c.agent, r.Role, nil, time.Time{}); err != nil {
			one.Refused = ui.Clean(err.Error())
		}
	}
	e, leftOut, err := m.AgentEffective(c.agent, r.Role, nil)
	if err != nil {
		one.Refused = ui.Clean(err.Error())
		return one
	}
	one.You, one.LeftOut = grantsOf(e.Read, e.Write, e.Delete), leftOut
	for i := range one.Places {
		if w, ok := e.In(one.Places[i].Workspace); ok {
			one.Places[i].Scopes = listed(w.Scopes)
		}
	}
	return one
}

func grantsOf(read, write, remove []string) grants {
	return grants{listed(read), listed(write), listed(remove)}
}

// listed is a list that is never null.
func listed(names []string) []string { return append([]string{}, names...) }

func (s *server) addRoles(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name: "list_roles", Annotations: reads("List roles"),
		Description: "Lists the roles that the person may take, each with the datasets that you may read, write and delete by it. Asks no server.",
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
		slices.SortStableFunc(rows, func(a, b access.Row) int { return cmp.Compare(a.Role, b.Role) })
		for _, row := range rows {
			answer.Roles = append(answer.Roles, c.roleOf(view.Map, row))
		}
		return answer, nil
	})
	add(s, p, mcp.Tool{
		Name: "explain_role", Annotations: reads("Explain a role"),
		Description: "Explains a role of the access map: what the person may do by it and what you may, what gives it or would give it, and what the map asks for its data. Asks no server.",
	}, func(ctx context.Context, c *call, in named) (explained, error) {
		view, row, err := c.row(ctx, in.Role)
		if err != nil {
			return explained{}, err
		}
		rule := view.Map.Agent(c.agent)
		answer := explained{
			role: c.roleOf(view.Map, row), Given: row.MayTake, Person: grantsOf(row.Read, row.Write, row.Delete), Because: []string{}, Needs: listed(row.Needs), Rules: listed(row.Rules),
			Life: accessmap.Span(rule.MaxDuration), Lease: accessmap.Span(rule.Lease), Next: "dbxaccess exec --agent " + c.agent + " " + row.Role + " -- COMMAND",
		}
		for _, reason := range row.Because {
			answer.Because = append(answer.Because, ui.Clean(reason.Claim+" "+reason.Value+", by the rule "+reason.Rule))
		}
		if !row.MayTake {
			answer.Next = "dbxaccess map request " + row.Role
		}
		return answer, nil
	})
}

// named is what tools about one role take.
type named struct {
	Role string `json:"role" jsonschema:"its name in the access map"`
}

// row is a role as the sign-ins give it, or as they lack it.
func (c *call) row(ctx context.Context, name string) (*access.View, access.Row, error) {
	view, err := c.View(ctx)
	if err != nil {
		return nil, access.Row{}, err
	}
	if _, err := view.Map.Effective(name); err != nil {
		return nil, access.Row{}, err
	}
	c.role = name
	signIns, rows, err := view.Available(ctx, "")
	if err != nil {
		return nil, access.Row{}, err
	}
	for _, signIn := range signIns {
		lacking, err := view.Lacking(signIn)
		if err != nil {
			return nil, access.Row{}, err
		}
		rows = append(rows, lacking...)
	}
	at := slices.IndexFunc(rows, func(r access.Row) bool { return r.Role == name })
	if at < 0 {
		var identities []string
		for _, signIn := range signIns {
			identities = append(identities, signIn.Identity.Name)
		}
		return nil, access.Row{}, ui.Errorf("role-not-given", ui.NoSuchRole, "the role %s is given through no identity that is signed in: %s", name, strings.Join(identities, ", ")).
			With(ui.Command("dbxaccess map request " + name))
	}
	return view, rows[at], nil
}
