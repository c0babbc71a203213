package accessmap

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// EveryAgent is the entry under agents that holds for all of them, as far as they have none of their own that says otherwise.
const EveryAgent = "default"

const (
	// maxAgents bounds the entries: each role is held against each of them.
	maxAgents = 50
	// minLease is how long an agent's credentials live at least: what they are used for takes a while, and each renewal a request.
	minLease = time.Minute
	// maxLeases and maxPerMinute bound what a map may let one agent ask for.
	maxLeases, maxPerMinute = 1000, 6000
)

// agentEntry is what the map says of one agent, or of all.
type agentEntry struct {
	AgentRule

	at   position
	said map[string]position // which keys it has, and where
}

func (e *agentEntry) says(key string) bool { return e.said[key].line != 0 }

var (
	// Names are those that agents are told by, in lower case: see package agent.
	agentNameForm = &form{
		pattern: `^[a-z0-9._-]{1,64}$`,
		wrong:   "is not the name of an agent: 1 to 64 of a-z, 0-9, dot, underscore, hyphen; capitals in the name by which an agent is told make no difference",
	}
	agentsForm        = &form{keys: agentNameForm, each: &form{ref: "agent"}, schema: schema{MinProperties: 1, MaxProperties: maxAgents}}
	verbsForm         = &form{each: &form{words: Verbs}}
	agentScopesForm   = &form{each: scopesForm.each, schema: schema{MaxItems: maxScopes}}
	agentDurationForm = &form{check: checkAgentDuration, unitless: unitlessLease, schema: schema{Pattern: durationForm.schema.Pattern}}
	leasesForm        = &form{schema: schema{Type: "integer", Minimum: 1, Maximum: maxLeases}}
	perMinuteForm     = &form{schema: schema{Type: "integer", Minimum: 1, Maximum: maxPerMinute}}
)

var agentFields = []field[agentEntry]{
	{"verbs", optional, verbsForm, func(v value, e *agentEntry) { e.Verbs = verbsOf(v.list()) },
		"What it may do with datasets, as far as the person may: read, write, delete. Left out: read."},
	{"roles", optional, namesForm, func(v value, e *agentEntry) { e.Roles = set(v.namesOf(anyRole)) },
		"Roles that it may take, as far as the person may. Left out: all; [] is none."},
	{"datasets", optional, namesForm, func(v value, e *agentEntry) { e.Datasets = set(v.namesOf(aDataset)) },
		"Datasets that it may use, as far as the role may. Left out: all."},
	{"max_duration", optional, agentDurationForm, func(v value, e *agentEntry) { e.MaxDuration, _ = time.ParseDuration(v.text()) },
		"How long anything that is issued to it may live, 1m to 12h. Left out: 15m."},
	{"lease", optional, agentDurationForm, func(v value, e *agentEntry) { e.Lease, _ = time.ParseDuration(v.text()) },
		"How long its AWS credentials live until they are renewed, 1m or more and no more than max_duration. Left out: 2m."},
	{"token_scopes", optional, agentScopesForm, readTokenScopes,
		"What its workspace tokens may be used for, as far as the role's may. Left out: reading, and queries that change nothing; [] is no token."},
	{"leases", optional, leasesForm, func(v value, e *agentEntry) { e.Leases = v.number(maxLeases) },
		"How many leases it may have at a time. Left out: 16."},
	{"per_minute", optional, perMinuteForm, func(v value, e *agentEntry) { e.PerMinute = v.number(maxPerMinute) },
		"How often in a minute something may be issued to it. Left out: 30."},
	{"acknowledge", optional, acknowledgeForm, func(v value, e *agentEntry) { v.acknowledge(concern{partAgent, e.name}) }, aboutAcknowledge},
}

func checkAgentDuration(s string) (string, error) {
	duration, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return "", unitlessLease(s)
	case duration < minLease || duration > iam.MaxDuration:
		return "", fmt.Errorf("%s is outside 1m to 12h", shown(s))
	case duration%time.Second != 0:
		return "", fmt.Errorf("%s is not in whole seconds", shown(s))
	}
	return s, nil
}

func unitlessLease(s string) error { return notDuration(s, "2m or 1h", minLease) }

// readTokenScopes reads scopes as of a role, of which there may be none: then there is no token.
func readTokenScopes(v value, e *agentEntry) {
	if e.TokenScopes = set(v.list()); len(e.TokenScopes) > maxScopes {
		v.wrong("more than %d", maxScopes)
	}
}

// number reads a whole number from 1 on.
func (v value) number(most int) int {
	if kindOf(v.node) == "a number" {
		if n, err := strconv.Atoi(v.node.Value); err == nil && n >= 1 && n <= most {
			return n
		}
	}
	v.wrong("expected a number from 1 to %d", most)
	return 0
}

func verbsOf(words []string) (verbs policy.Verbs) {
	for i, word := range Verbs() {
		if slices.Contains(words, word) {
			verbs |= policy.Read << i
		}
	}
	return verbs
}

// said are the keys that the object has, with their places.
func (o *object[T]) said() map[string]position {
	said := make(map[string]position)
	for i, f := range o.fields {
		if o.at[i].line != 0 {
			said[f.key] = o.at[i]
		}
	}
	return said
}

func readAgents(v value, m *Map) {
	m.agents = make(map[string]*agentEntry)
	ok := v.entries(func(name string, key, node *yaml.Node) {
		entry := &agentEntry{AgentRule: AgentRule{name: name}, at: place(key)}
		if o := read(v.decoder, node, "agent "+name, entry.at, agentFields, entry); o != nil {
			entry.said = o.said()
		}
		m.agents[name] = entry
	})
	switch {
	case ok && len(m.agents) == 0:
		v.wrong("there are none")
	case len(m.agents) > maxAgents:
		v.wrong("more than %d", maxAgents)
	}
	for _, name := range slices.Sorted(maps.Keys(m.agents)) {
		entry := m.agents[name]
		if most := m.Agent(name).MaxDuration; entry.Lease > most && most > 0 {
			v.add(entry.said["lease"], "lease of agent %s is longer than its max_duration, %s", shown(name), Span(most))
		}
	}
}
