package mapcmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// agentsOf lists the map's rules on agents; no rows where it has none.
func agentsOf(shown *answer.Shown) table {
	t := table{header: []string{"AGENT", "MAY", "ROLES", "DATASETS", "LEASE", "AT MOST", "TOKENS FOR", "LEASES", "A MINUTE"}}
	some := func(all bool, names []string) string {
		if all {
			return "all"
		}
		return orNone(names)
	}
	span := func(seconds int) string { return accessmap.Span(time.Duration(seconds) * time.Second) }
	for _, a := range shown.Agents {
		name := a.Agent
		if name == accessmap.EveryAgent {
			name = "every other"
		}
		t.add(ui.Plain, name, orNone(a.Verbs), some(a.AllRoles, a.Roles), some(a.AllDatasets, a.Datasets), span(a.Lease), span(a.Longest),
			orNone(a.TokenScopes), fmt.Sprint(a.Leases), fmt.Sprint(a.PerMinute))
	}
	return t
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// sharesOf lists what one agent may have of each role.
func sharesOf(shown *answer.Shown, agent string) table {
	t := table{header: []string{"ROLE", "AS " + agent}}
	for _, role := range shown.Roles {
		if role.Agent == nil || role.OnlyInherited() {
			continue
		}
		labels := make(map[string]string)
		for _, grant := range role.Datasets {
			labels[grant.Dataset] = grant.Label()
		}
		label := func(datasets []string) []string {
			datasets = slices.Clone(datasets)
			for i, name := range datasets {
				datasets[i] = labels[name]
			}
			return datasets
		}
		for _, words := range role.Agent.Words(label) {
			t.add(ui.Plain, role.Role, words)
		}
	}
	return t
}

// agentsWords are the agents that may something with a dataset, in one cell.
func agentsWords(agents []answer.AgentHold) string {
	words := make([]string, len(agents))
	for i, a := range agents {
		name := a.Agent
		if name == accessmap.EveryAgent {
			name = "every other"
		}
		words[i] = name + ": " + strings.Join(a.Actions, "/")
	}
	return strings.Join(words, "; ")
}
