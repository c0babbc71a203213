package accessmap

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AgentPolicies are what narrows a role's sessions where a coding agent asks: Policies of the person, and of these what the
// agent's rule leaves. There is always a session policy, since what nothing narrows is refused. What a session is for that is
// narrowed to one of them, out of the person's, both have to allow.
//
// Errors have the code Refused: agent-role-denied for a role that the rule does not name, agent-not-narrowable for one without
// datasets, since what statements by hand and managed policies allow is not intersected, agent-nothing-left where no verb on any
// dataset of the scope is both the role's and the agent's. Others are those of Policies.
func (m *Map) AgentPolicies(agent, role string, scope []string, until time.Time) (Policies, error) {
	if _, err := m.takeable(role); err != nil {
		return Policies{}, err
	}
	e, _, err := m.AgentEffective(agent, role, scope)
	switch {
	case err != nil:
		return Policies{}, err
	case len(e.all) == 0:
		return Policies{}, ui.Errorf("agent-not-narrowable", ui.Refused,
			"the coding agent %s asks for the role %s: %w", shownAgent(agent), role, agentWhy("the access map gives the role no datasets, so it can't be narrowed for agents")).
			With(m.ForAgents(agent, "give the role datasets: what statements and managed policies allow is not intersected with what an agent may"))
	case e.hasNone():
		return Policies{}, m.noGrants(agent, role, scope)
	}
	p := m.compile(e, until)
	if size := p.size(e); size > iam.MaxSessionPolicy {
		size := m.explainSize(e, until, size)
		return Policies{}, ui.Errorf("session-policy-size", ui.Failed, "%s", size).With(size.fix())
	}
	return p, nil
}

// AgentEffective is what a role amounts to for an agent, narrowed to scope as for Policies, and in words what of the role is left
// out since it can't be narrowed. It may have nothing on any dataset, and no scopes in a workspace: then there is no credential
// of that kind. Errors are agent-role-denied, and those of Effective and of scopes.
func (m *Map) AgentEffective(agent, role string, scope []string) (e *Effective, leftOut []string, err error) {
	if e, err = m.Effective(role); err != nil {
		return nil, nil, err
	}
	rule := m.Agent(agent)
	if !rule.Takes(role) {
		of := "no role"
		if len(rule.Roles) > 0 {
			of = firstOf(rule.Roles) + " alone"
		}
		return nil, nil, ui.Errorf("agent-role-denied", ui.Refused, "the coding agent %s asks for the role %s: %w", shownAgent(agent), role, agentWhy("it may take "+of)).
			With(m.ForAgents(agent, "add "+role+" to its roles"))
	}
	leftOut = e.unions()
	if err := m.narrow(e, scope); err != nil {
		return nil, nil, err
	}
	rule.narrow(e)
	return e, leftOut, nil
}

// AgentScopes are what a role's token for a workspace may be used for where a coding agent asks, at least one; workspace "" means
// the role's first. It is Refused, agent-nothing-left, where nothing of the role's scopes is the agent's. Other errors are those of
// AgentEffective. ok is false where the role does not work there.
func (m *Map) AgentScopes(agent, role, workspace string) (scopes []string, ok bool, err error) {
	e, _, err := m.AgentEffective(agent, role, nil)
	if err != nil {
		return nil, false, err
	}
	w, ok := e.In(workspace)
	if ok && len(w.Scopes) == 0 {
		has, may := m.Roles[role].scopesIn(w.Workspace), m.Agent(agent).TokenScopes
		return nil, true, nothingLeft(agent, role, "a token of workspace "+w.Name+" is for "+strings.Join(has, ", "), "may have "+cmp.Or(strings.Join(may, ", "), "none")).
			With(m.ForAgents(agent, "add a scope to its token_scopes"))
	}
	return w.Scopes, ok, nil
}

// hasNone reports whether nothing may be done with any dataset.
func (e *Effective) hasNone() bool { return len(e.Read)+len(e.Write)+len(e.Delete) == 0 }

// unions are, in words, what of a role is allowed besides its datasets.
func (e *Effective) unions() (words []string) {
	for _, s := range e.Statements {
		words = append(words, strings.Join(s.Actions, ", ")+" on "+strings.Join(s.Resources, ", "))
	}
	for _, arn := range e.ManagedPolicies {
		words = append(words, "managed policy "+arn)
	}
	return words
}

// noGrants is the error of a role whose datasets and verbs have nothing in common with the agent's.
func (m *Map) noGrants(agent, role string, scope []string) error {
	rule, has := m.Agent(agent), m.effective(m.Roles[role])
	_ = m.narrow(has, scope) // it was narrowed to that before
	var gives []string
	for _, name := range has.Datasets() {
		gives = append(gives, strings.Join(has.VerbsOn(name), "/")+" "+name)
	}
	on := "all datasets"
	if !rule.AllDatasets {
		on = cmp.Or(strings.Join(rule.Datasets, ", "), "none")
	}
	return nothingLeft(agent, role, "the person may "+firstOf(gives), "may "+cmp.Or(strings.Join(rule.Words(), "/"), "nothing")+" on "+on).
		With(m.ForAgents(agent, "add a verb or a dataset to what it may"))
}

func nothingLeft(agent, role, has, may string) *ui.Error {
	return ui.Errorf("agent-nothing-left", ui.Refused, "the coding agent %s asks for the role %s: %w", shownAgent(agent), role,
		agentWhy(has+", the agent "+may+": they have nothing in common"))
}

// agentWhy is why an agent gets nothing of a role, in words that name neither.
type agentWhy string

func (w agentWhy) Error() string { return string(w) }

// ForAgents is what helps where something is not for an agent: the person, or who writes the map, who is to mend it.
func (m *Map) ForAgents(agent, mend string) ui.Fix {
	return slices.Concat(
		ui.Advice("run this yourself, in a terminal of your own", "or have "+cmp.Or(m.Contact, "the access map's owner")+" "+mend+" (agents: "+shownAgent(agent)+" in the access map)",
			"what the agent may have:"),
		ui.Command("dbxaccess map explain --agent "+shownAgent(agent)))
}

// shownAgent is an agent's name as it may stand in a command.
func shownAgent(agent string) string {
	if IsAgent(agent) {
		return agent
	}
	return shown(agent)
}
