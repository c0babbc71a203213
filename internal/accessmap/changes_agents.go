package accessmap

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
)

// agents compares what coding agents may have, of each that either map names and of all others, as it holds: an entry that says
// what holds anyway changes nothing.
func (c *comparison) agents() {
	before, after := c.old.Agent(EveryAgent), c.next.Agent(EveryAgent)
	c.agent("agents", before, after)
	for _, name := range union(slices.Values(c.old.Agents()), slices.Values(c.next.Agents())) {
		was, is := c.old.Agent(name), c.next.Agent(name)
		if !was.same(before) || !is.same(after) { // else it is told of all
			c.agent("agent "+name, was, is)
		}
	}
}

func (c *comparison) agent(of string, before, after AgentRule) {
	list := func(what, all string, was, is []string, wasAll, isAll bool) {
		words := func(names []string, every bool) string {
			switch {
			case every:
				return all
			case len(names) == 0:
				return "none"
			}
			return strings.Join(names, ", ")
		}
		effect := Narrows
		if !wasAll && (isAll || len(beyond(is, was)) > 0) {
			effect = Widens
		}
		c.value(effect, AboutAgent, of, what, words(was, wasAll), words(is, isAll))
	}
	list("verbs", "", before.Words(), after.Words(), false, false)
	list("roles", "all", before.Roles, after.Roles, before.AllRoles, after.AllRoles)
	list("datasets", "all", before.Datasets, after.Datasets, before.AllDatasets, after.AllDatasets)
	span := func(what string, was, is time.Duration) { c.more(of, what, int(was), int(is), Span(was), Span(is)) }
	span("max_duration", before.MaxDuration, after.MaxDuration)
	span("lease", before.Lease, after.Lease)
	if !slices.Equal(before.TokenScopes, after.TokenScopes) {
		effect := Narrows
		if slices.ContainsFunc(after.TokenScopes, func(s string) bool { return !scope.WithinAny(s, before.TokenScopes) }) {
			effect = Widens
		}
		words := func(scopes []string) string {
			if len(scopes) == 0 {
				return "none"
			}
			return strings.Join(scopes, ", ")
		}
		c.value(effect, AboutAgent, of, "token_scopes", words(before.TokenScopes), words(after.TokenScopes))
	}
	c.more(of, "leases", before.Leases, after.Leases, strconv.Itoa(before.Leases), strconv.Itoa(after.Leases))
	c.more(of, "per_minute", before.PerMinute, after.PerMinute, strconv.Itoa(before.PerMinute), strconv.Itoa(after.PerMinute))
}

// more adds a change of a bound.
func (c *comparison) more(of, what string, was, is int, before, after string) {
	effect := Narrows
	if is > was {
		effect = Widens
	}
	c.value(effect, AboutAgent, of, what, before, after)
}

// same reports whether two rules say the same.
func (r AgentRule) same(o AgentRule) bool {
	return r.Verbs == o.Verbs && r.AllRoles == o.AllRoles && r.AllDatasets == o.AllDatasets && r.MaxDuration == o.MaxDuration && r.Lease == o.Lease &&
		r.Leases == o.Leases && r.PerMinute == o.PerMinute && slices.Equal(r.Roles, o.Roles) && slices.Equal(r.Datasets, o.Datasets) &&
		slices.Equal(r.TokenScopes, o.TokenScopes)
}
