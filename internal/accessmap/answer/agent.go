package answer

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// As is the same map, asked for a coding agent: Judge answers what the agent may of what the person may.
func (x *Index) As(agent string) *Index {
	asked := *x
	asked.agent = agent
	return &asked
}

// judgeAgent judges a role as an agent has it. Nothing is unlimited for agents: what nothing narrows is refused to them.
func (x *Index) judgeAgent(role string, q Question) (*Verdict, error) {
	no := func(why string) (*Verdict, error) {
		return &Verdict{Role: role, Verdict: Denied, Why: ui.Clean("the coding agent " + x.agent + " gets nothing of it: " + why)}, nil
	}
	share, err := x.m.AgentShare(x.agent, role)
	switch {
	case err != nil:
		return nil, err
	case share.Refused != "" && share.Refused != policySize:
		return no(share.Why)
	}
	e, _, err := x.m.AgentEffective(x.agent, role, nil)
	switch {
	case err != nil:
		return nil, err
	case !e.AtAWS:
		return no("it is no role at AWS")
	}
	request := q.request(e, x.now)
	if share.Refused == policySize {
		return x.judgeByScope(e, q, request)
	}
	policy, err := x.policy(role)
	if err != nil {
		return nil, err
	}
	found, err := judged(policy, request)
	if err != nil {
		return nil, err
	}
	if found.Effect == evaluate.Allow {
		return x.allowed(e, request, "")
	}
	why := x.whyNot(e, q, request, found)
	return &Verdict{Role: role, Verdict: Denied, Why: ui.Clean("as the coding agent " + x.agent + ": " + why)}, nil
}

// AgentHold is what an agent may do with a dataset, of what the person may that it works for.
type AgentHold struct {
	Agent   string   `json:"agent"` // accessmap.EveryAgent for all that the map does not name
	Actions []string `json:"actions"`
}

// agentsOn are the agents that may something with a dataset by a role, of some actions of the person. The named ones come first.
func (x *Index) agentsOn(role, dataset string, way Way, actions []string, handling accessmap.Handling) (list []AgentHold) {
	if way == Stated || way.Unknown() || handling.Agents == accessmap.Deny {
		return nil
	}
	for _, a := range x.agents {
		if !a.rule.Takes(role) || !a.rule.Uses(dataset) {
			continue
		}
		may := a.rule.Words()
		both := slices.DeleteFunc(slices.Clone(actions), func(verb string) bool { return !slices.Contains(may, verb) })
		if len(both) > 0 {
			list = append(list, AgentHold{a.name, both})
		}
	}
	return list
}

// agentRule is one of the map's, or what holds for all others.
type agentRule struct {
	name string
	rule accessmap.AgentRule
}

func agentRules(m *accessmap.Map) (list []agentRule) {
	for _, name := range append(m.Agents(), accessmap.EveryAgent) {
		list = append(list, agentRule{name, m.Agent(name)})
	}
	return list
}

// AgentRow is a rule of the map on agents, as it holds with what is said of all and built in.
type AgentRow struct {
	Agent       string   `json:"agent"`
	Verbs       []string `json:"verbs"`
	AllRoles    bool     `json:"all_roles"`
	Roles       []string `json:"roles,omitempty"`
	AllDatasets bool     `json:"all_datasets"`
	Datasets    []string `json:"datasets,omitempty"`
	Lease       int      `json:"lease_seconds"`
	Longest     int      `json:"max_seconds"`
	TokenScopes []string `json:"token_scopes"`
	Leases      int      `json:"leases"`
	PerMinute   int      `json:"per_minute"`
}

// agentRows are the rules of a map that speaks of agents; else none, since those that are built in say nothing about the map.
func (x *Index) agentRows() (rows []AgentRow) {
	if !x.m.SpeaksOfAgents() {
		return nil
	}
	for _, a := range x.agents {
		r := a.rule
		rows = append(rows, AgentRow{
			Agent: a.name, Verbs: append([]string{}, r.Words()...), AllRoles: r.AllRoles, Roles: r.Roles, AllDatasets: r.AllDatasets, Datasets: r.Datasets,
			Lease: int(r.Lease.Seconds()), Longest: int(r.MaxDuration.Seconds()), TokenScopes: append([]string{}, r.TokenScopes...),
			Leases: r.Leases, PerMinute: r.PerMinute,
		})
	}
	return rows
}
