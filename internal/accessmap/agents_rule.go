package accessmap

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// AgentRule is what a coding agent may have of what the person has that it works for: never more. The zero rule gives nothing.
type AgentRule struct {
	Verbs           policy.Verbs // on datasets
	Roles, Datasets []string     // sorted; looked at where not all are meant
	AllRoles        bool
	AllDatasets     bool
	MaxDuration     time.Duration // that anything issued to it may live, 1 minute to 12 hours
	Lease           time.Duration // that its AWS credentials live until they are renewed, 1 minute to MaxDuration
	TokenScopes     []string      // sorted; of its workspace tokens
	Leases          int           // at a time
	PerMinute       int           // issues in a minute

	name string
}

// builtIn holds for every agent of which the map says nothing else, and where it says nothing of agents. Its scopes are for
// looking around and for queries that change nothing: none writes, administers, or hands out credentials.
func builtIn() AgentRule {
	return AgentRule{
		Verbs: policy.Read, AllRoles: true, AllDatasets: true,
		MaxDuration: 15 * time.Minute, Lease: 2 * time.Minute,
		TokenScopes: []string{"clusters:read", "jobs:read", "sql:read", "sql:restricted-query", "unity-catalog:read"},
		Leases:      16, PerMinute: 30,
	}
}

// Agents are the agents that the map names, sorted, without EveryAgent.
func (m *Map) Agents() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.agents)), func(name string) bool { return name == EveryAgent })
}

// IsAgent reports whether a text, in any case, may be the name of an agent.
func IsAgent(name string) bool { return agentNameForm.matches(strings.ToLower(name)) }

// SpeaksOfAgents reports whether the map has rules for agents; else those that are built in hold.
func (m *Map) SpeaksOfAgents() bool { return len(m.agents) > 0 }

// Agent is what an agent may have, by its name in any case: its own entry over that of every agent over what is built in, key by
// key. Nobody is called "": that gives nothing.
func (m *Map) Agent(name string) AgentRule {
	if name == "" {
		return AgentRule{}
	}
	name = strings.ToLower(name)
	rule := builtIn()
	for _, entry := range []*agentEntry{m.agents[EveryAgent], m.agents[name]} {
		if entry != nil {
			rule = entry.over(rule)
		}
	}
	rule.name, rule.Lease = name, min(rule.Lease, rule.MaxDuration)
	return rule
}

// over is the rule with what the entry says in its place.
func (e *agentEntry) over(r AgentRule) AgentRule {
	if e.says("verbs") {
		r.Verbs = e.Verbs
	}
	if e.says("roles") {
		r.Roles, r.AllRoles = e.Roles, false
	}
	if e.says("datasets") {
		r.Datasets, r.AllDatasets = e.Datasets, false
	}
	if e.says("max_duration") {
		r.MaxDuration = e.MaxDuration
	}
	if e.says("lease") {
		r.Lease = e.Lease
	}
	if e.says("token_scopes") {
		r.TokenScopes = e.TokenScopes
	}
	if e.says("leases") {
		r.Leases = e.Leases
	}
	if e.says("per_minute") {
		r.PerMinute = e.PerMinute
	}
	return r
}

// Takes reports whether the agent may have anything of a role.
func (r AgentRule) Takes(role string) bool { return r.AllRoles || slices.Contains(r.Roles, role) }

// Uses reports whether the agent may have anything of a dataset.
func (r AgentRule) Uses(dataset string) bool {
	return r.AllDatasets || slices.Contains(r.Datasets, dataset)
}

// Words are its verbs, in the order in which they are told.
func (r AgentRule) Words() []string {
	var words []string
	for i, word := range Verbs() {
		if r.Verbs&(policy.Read<<i) != 0 {
			words = append(words, word)
		}
	}
	return words
}

// Scopes are those of a workspace token for the agent, of the role's own: what both allow, see scope.Common. None: it gets no token.
func (r AgentRule) Scopes(of []string) []string { return scope.Common(of, r.TokenScopes) }

// forSomeAgent reports whether an agent may have something of a person's role at AWS, by a rule that the map writes: where it writes
// none, its policies stay as they are, and what narrows them for agents must do without.
func (m *Map) forSomeAgent(e *Effective) bool {
	if !m.SpeaksOfAgents() || e.agents || !iam.OfAWS(e.RoleARN) {
		return false
	}
	for name := range m.agents {
		if rule := m.Agent(name); rule.Takes(e.Role) && rule.leaves(e) {
			return true
		}
	}
	every := m.Agent(EveryAgent)
	return every.Takes(e.Role) && every.leaves(e)
}

// leaves reports whether some verb on some dataset is both the role's and the agent's.
func (r AgentRule) leaves(e *Effective) bool {
	for _, verb := range r.Words() {
		if slices.ContainsFunc(e.On(verb), r.Uses) {
			return true
		}
	}
	return false
}

// narrow leaves of a role what the agent may have. Statements by hand and managed policies are unions, so there is nothing of
// them that could be shown to be less: they are left out. What the role denies stays denied.
func (r AgentRule) narrow(e *Effective) {
	e.Statements, e.ManagedPolicies, e.keyed, e.agents = nil, nil, e.all, true
	for i, grants := range []*[]string{&e.Read, &e.Write, &e.Delete} {
		if r.Verbs&(policy.Read<<i) == 0 {
			*grants = nil
			continue
		}
		*grants = slices.DeleteFunc(*grants, func(name string) bool { return !r.Uses(name) })
	}
	for i, w := range e.Workplaces {
		e.Workplaces[i].Scopes = r.Scopes(w.Scopes)
	}
}
