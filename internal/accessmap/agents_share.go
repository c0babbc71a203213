package accessmap

import (
	"errors"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AgentShare is what a coding agent may have of a role that the person has. Its JSON is part of the contracts of the commands that
// print it.
type AgentShare struct {
	Agent   string `json:"agent"`
	MayTake bool   `json:"may_take"`          // credentials at AWS, or a token of some workspace
	Refused ui.ID  `json:"refused,omitempty"` // by which error there is nothing at AWS, where the role is one there, or nothing at all
	Why     string `json:"why,omitempty"`     // the same in words

	Read   []string `json:"read,omitempty"` // datasets, at AWS
	Write  []string `json:"write,omitempty"`
	Delete []string `json:"delete,omitempty"`
	// LeaseSeconds are how long its AWS credentials live until they are renewed.
	LeaseSeconds int           `json:"lease_seconds,omitempty"`
	Workspaces   []AgentPlace  `json:"workspaces,omitempty"` // in which it gets a token
	LeftOut      []string      `json:"left_out,omitempty"`   // what else the person may by the role, of which it gets nothing
	Life         time.Duration `json:"-"`                    // that anything issued to it may have
	LifeSeconds  int           `json:"max_seconds,omitempty"`
}

// AgentPlace is a workspace with what an agent's token is for there.
type AgentPlace struct {
	Workspace string   `json:"workspace"`
	Scopes    []string `json:"scopes"`
}

// Lease is LeaseSeconds.
func (s *AgentShare) Lease() time.Duration { return time.Duration(s.LeaseSeconds) * time.Second }

// AgentShare says what an agent may have of a role, the map's rules by sensitivity included. An error is that of a role that the map
// does not have.
func (m *Map) AgentShare(agent, role string) (*AgentShare, error) {
	s := &AgentShare{Agent: agent}
	refuse := func(err error) (*AgentShare, error) {
		s.Refused, s.Why = ui.IDOf(err), ui.Clean(err.Error())
		if why, ok := errors.AsType[agentWhy](err); ok {
			s.Why = ui.Clean(string(why))
		}
		return s, nil
	}
	data, err := m.Sensitive(role, nil)
	if err != nil {
		return nil, err
	}
	if data.Handling.Agents == Deny {
		s.Refused, s.Why = "agents-denied", "it reaches "+data.Words()+", which the map keeps from agents (policy: agents: deny)"
		return s, nil
	}
	e, leftOut, err := m.AgentEffective(agent, role, nil)
	if err != nil {
		return refuse(err)
	}
	rule := m.Agent(agent)
	for _, w := range e.Workplaces {
		if len(w.Scopes) > 0 {
			s.Workspaces = append(s.Workspaces, AgentPlace{w.Name, w.Scopes})
		}
	}
	s.MayTake, s.LeftOut = len(s.Workspaces) > 0, leftOut
	s.life(rule.MaxDuration, data.Handling.MaxDuration)
	switch {
	case e.AtAWS:
		_, err = m.AgentPolicies(agent, role, nil, time.Time{})
	case len(e.Workplaces) > 0 && !s.MayTake:
		_, _, err = m.AgentScopes(agent, role, "")
	}
	if err != nil {
		return refuse(err)
	}
	if e.AtAWS {
		s.MayTake, s.Read, s.Write, s.Delete = true, e.Read, e.Write, e.Delete
		lease := min(rule.Lease, s.Life)
		if e.Duration > 0 {
			lease = min(lease, e.Duration)
		}
		s.LeaseSeconds = int(lease.Seconds())
	}
	return s, nil
}

func (s *AgentShare) life(agents, policys time.Duration) {
	if s.Life = agents; policys > 0 {
		s.Life = min(s.Life, policys)
	}
	s.LifeSeconds = int(s.Life.Seconds())
}

// Words are what the share is, in parts of which each is a sentence without its end.
func (s *AgentShare) Words(label func(datasets []string) []string) (words []string) {
	if s.Refused != "" {
		what := "nothing"
		if s.MayTake {
			what = "nothing at AWS"
		}
		words = append(words, what+": "+s.Why)
	}
	for _, verb := range Verbs() {
		if datasets := under(verb, s.Read, s.Write, s.Delete); len(datasets) > 0 {
			words = append(words, verb+" "+strings.Join(label(datasets), ", "))
		}
	}
	if s.LeaseSeconds > 0 {
		words = append(words, "for "+Span(s.Lease())+" at a time")
	}
	for _, w := range s.Workspaces {
		words = append(words, "a token of workspace "+w.Workspace+" for "+strings.Join(w.Scopes, ", "))
	}
	for _, one := range s.LeftOut {
		words = append(words, "not: "+one)
	}
	return words
}
