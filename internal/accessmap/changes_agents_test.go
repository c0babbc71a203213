package accessmap

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChangesOfAgents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"nothing":                {"", "", nil},
		"what is built in":       {"", "agents: {default: {verbs: [read], lease: 2m}, x: {leases: 16}}", nil},
		"another order":          {"agents: {x: {roles: [reader, mixed]}}", "agents: {x: {roles: [mixed, reader]}}", nil},
		"writing":                {"", "agents: {default: {verbs: [read, write]}}", []string{"widens agent: agents: verbs read, write (it was read)"}},
		"no verb":                {"", "agents: {default: {verbs: []}}", []string{"narrows agent: agents: verbs none (it was read)"}},
		"no role":                {"", "agents: {aider: {roles: []}}", []string{"narrows agent: agent aider: roles none (it was all)"}},
		"all roles":              {"agents: {aider: {roles: [reader]}}", "", []string{"widens agent: agent aider: roles all (it was reader)"}},
		"another role":           {"agents: {aider: {roles: [reader]}}", "agents: {aider: {roles: [mixed]}}", []string{"widens agent: agent aider: roles mixed (it was reader)"}},
		"a dataset less":         {"agents: {x: {datasets: [churn, models]}}", "agents: {x: {datasets: [churn]}}", []string{"narrows agent: agent x: datasets churn (it was churn, models)"}},
		"longer, and less often": {"", "agents: {x: {max_duration: 1h, per_minute: 1}}", []string{"widens agent: agent x: max_duration 1h (it was 15m)", "narrows agent: agent x: per_minute 1 (it was 30)"}},
		"a lease":                {"", "agents: {x: {lease: 3m, leases: 17}}", []string{"widens agent: agent x: lease 3m (it was 2m)", "widens agent: agent x: leases 17 (it was 16)"}},
		"a scope within":         {"agents: {x: {token_scopes: [sql]}}", `agents: {x: {token_scopes: ["sql:read"]}}`, []string{"narrows agent: agent x: token_scopes sql:read (it was sql)"}},
		"a scope beyond":         {`agents: {x: {token_scopes: ["sql:read"]}}`, "agents: {x: {token_scopes: [sql]}}", []string{"widens agent: agent x: token_scopes sql (it was sql:read)"}},
		"no scope":               {`agents: {x: {token_scopes: ["sql:read"]}}`, "agents: {x: {token_scopes: []}}", []string{"narrows agent: agent x: token_scopes none (it was sql:read)"}},
		"all, once": {"agents: {x: {leases: 16}}", "agents: {default: {leases: 8}}",
			[]string{"narrows agent: agents: leases 8 (it was 16)"}},
		"one that is not held to it": {"", "agents: {default: {leases: 8}, x: {leases: 16}}", []string{"narrows agent: agents: leases 8 (it was 16)"}},
		"one that was": {"agents: {default: {leases: 8}}", "agents: {default: {leases: 8}, x: {leases: 9}}",
			[]string{"widens agent: agent x: leases 9 (it was 8)"}},
	} {
		if diff := cmp.Diff(c.want, lines(Changes(parsed(t, agentsMap(c.old)), parsed(t, agentsMap(c.new))))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
