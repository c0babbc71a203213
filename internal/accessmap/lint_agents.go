package accessmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
)

// lintAgents finds what the map says of agents in vain, and what lets them change something.
func (l *linter) lintAgents() {
	for _, name := range slices.Sorted(maps.Keys(l.agents)) {
		entry, rule := l.agents[name], l.Agent(name)
		warn := func(id LintID, key, format string, args ...any) {
			l.warn(id, concern{partAgent, name}, entry.said[key], "agent %s: %s", name, fmt.Sprintf(format, args...))
		}
		if entry.says("verbs") && len(rule.Words()) > 0 && !slices.Equal(rule.Words(), []string{Read}) {
			warn(agentWrites, "verbs", "it may %s", strings.Join(rule.Words(), ", "))
		}
		for _, s := range entry.TokenScopes {
			if modifiers := scope.Modifiers(s); !slices.Contains(modifiers, scope.Read) && !slices.Contains(modifiers, scope.RestrictedQuery) {
				warn(agentWrites, "token_scopes", "a token for %s may change what is there", s)
			}
		}
		l.lintScopeList(concern{partAgent, name}, entry.said["token_scopes"], entry.TokenScopes)
		for _, role := range entry.Roles {
			if id, why := l.lostOn(rule, l.Roles[role]); why != "" {
				warn(id, "roles", "it gets nothing of role %s, %s", role, why)
			}
		}
		used := l.usedBy(rule, len(entry.Datasets) > 0)
		for _, dataset := range entry.Datasets {
			switch {
			case l.handlingAt(sensitivity(l.Datasets[dataset].reached())).Agents == Deny:
				warn(agentDenied, "datasets", "it gets nothing of dataset %s, which the policy keeps from agents", l.Label(dataset))
			case !used[dataset]:
				warn(agentIdle, "datasets", "no role that it may take has one of its verbs on dataset %s", dataset)
			}
		}
		if name != EveryAgent && rule.same(l.Agent(EveryAgent)) && entry.Roles == nil && entry.Datasets == nil {
			l.warn(agentIdle, concern{partAgent, name}, entry.at, "agent %s: the entry says nothing that does not hold for every agent", name)
		}
	}
}

// lostOn says why an agent gets nothing of a role that its entry names, and which kind of warning that is; "" where it gets something.
func (l *linter) lostOn(rule AgentRule, role *Role) (id LintID, why string) {
	e := l.effective(role)
	switch {
	case l.sensitive(e.Datasets()).Handling.Agents == Deny:
		return agentDenied, "which reaches " + l.Label(role.mostSensitive.Name) + ": the policy keeps that from agents"
	case slices.ContainsFunc(e.Workplaces, func(w Workplace) bool { return w.Login == LoginFederation && len(rule.Scopes(w.Scopes)) > 0 }):
		return "", ""
	case !e.AtAWS && len(e.Workplaces) == 0:
		return agentIdle, "which can only be inherited"
	case !e.AtAWS:
		return agentIdle, "whose tokens are for nothing that its own may be for"
	case len(e.all) == 0:
		return agentIdle, "which has no datasets, so it can't be narrowed"
	case !rule.leaves(e):
		return agentIdle, "on whose datasets it has no verb in common"
	}
	return "", ""
}

// usedBy are the datasets of which some role that the agent may take leaves it something; none where nobody wants to know.
func (l *linter) usedBy(rule AgentRule, wanted bool) map[string]bool {
	used := make(map[string]bool)
	for name, role := range l.Roles {
		if !wanted || role.AWS == nil || !rule.Takes(name) {
			continue
		}
		e := l.effective(role)
		for _, verb := range rule.Words() {
			for _, dataset := range e.On(verb) {
				used[dataset] = true
			}
		}
	}
	return used
}

// agentNotes tell, where a map has rules on agents, what of them is enforced and what is comfort, and of which roles agents get
// nothing.
func (m *Map) agentNotes() (notes []Problem) {
	if !m.SpeaksOfAgents() {
		return nil
	}
	var told report
	at := slices.MinFunc(slices.Collect(maps.Values(m.agents)), func(a, b *agentEntry) int { return a.at.compare(b.at) }).at
	tell := func(format string, args ...any) { told.add(at, "agents: "+format, args...) }
	tell("verbs, datasets and lease are enforced by AWS, by the session policy and the end of what is issued; token_scopes by Databricks")
	tell("who is an agent is comfort, and so are leases and per_minute: agents are told by variables and by what started them, and one that runs as the person can do what the person can")
	var wide, sets, browser []string
	for _, name := range slices.Sorted(maps.Keys(m.Roles)) {
		role := m.Roles[name]
		if role.AWS == nil {
			continue
		}
		switch {
		case !role.hasDatasets:
			wide = append(wide, name)
		case role.AWS.RoleARN == "":
			sets = append(sets, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Workspaces)) {
		if m.Workspaces[name].Login == LoginBrowser {
			browser = append(browser, name)
		}
	}
	if len(wide) > 0 {
		tell("no agent gets credentials of %s: without datasets there is nothing that could be less", firstOf(wide))
	}
	if len(sets) > 0 {
		tell("agents get credentials of %s only where AWS lets sts:GetScopedCredentials narrow a permission set", firstOf(sets))
	}
	if len(browser) > 0 {
		tell("no agent gets a token of workspace %s: what its own sign-in gives has no scopes", firstOf(browser))
	}
	return told.sorted()
}
