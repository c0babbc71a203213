package accessmap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// agentsMap is a map with roles of every sort, and what it says of agents.
func agentsMap(agents string) string {
	return `version: 1
contact: "#ml"
` + agents + `
identities: {acme: {issuer: https://id.example, client_id: x, groups: {ml: [reader, trainer, by-hand, mixed, dbx, open]}}}
workspaces: {prod: {host: https://prod.example}, bi: {host: https://bi.example, scopes: [genie]}}
datasets: {churn: {location: s3://lake/churn/, deny: [s3://lake/churn/pii/]}, features: {location: s3://lake/features/}, models: {location: s3://lake/models/}}
roles:
  reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1}, read: [churn, features], workspaces: [prod, bi]}
  trainer: {aws: {role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1}, inherits: [reader], readwrite: [models], delete: [models]}
  mixed:
    aws: {role_arn: "arn:aws:iam::111122223333:role/mixed", region: us-east-1, managed_policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}
    read: [churn]
    write: [models]
    statements: [{actions: [glue:GetTable], resources: ["*"]}]
  by-hand: {aws: {role_arn: "arn:aws:iam::111122223333:role/by-hand", region: us-east-1}, statements: [{actions: [glue:GetTable], resources: ["*"]}]}
  open: {aws: {role_arn: "arn:aws:iam::111122223333:role/open", region: us-east-1}, unrestricted: true}
  dbx: {workspace: prod, scopes: [sql, jobs]}
  base: {read: [churn]}
`
}

const someAgents = `agents:
  default: {verbs: [read], max_duration: 30m, token_scopes: ["sql:read"]}
  claude-code: {verbs: [read, write], roles: [trainer, mixed], datasets: [models, features], max_duration: 1h, lease: 5m, leases: 4, per_minute: 7}
  aider: {roles: []}
  hasty: {max_duration: 1m}
`

func TestAgentsRules(t *testing.T) {
	t.Parallel()
	built := AgentRule{
		Verbs: policy.Read, AllRoles: true, AllDatasets: true, MaxDuration: 15 * time.Minute, Lease: 2 * time.Minute, Leases: 16, PerMinute: 30,
		TokenScopes: []string{"clusters:read", "jobs:read", "sql:read", "sql:restricted-query", "unity-catalog:read"},
	}
	every := built
	every.MaxDuration, every.TokenScopes = 30*time.Minute, []string{"sql:read"}
	claude := AgentRule{
		Verbs: policy.Read | policy.Write, Roles: []string{"mixed", "trainer"}, Datasets: []string{"features", "models"}, MaxDuration: time.Hour,
		Lease: 5 * time.Minute, TokenScopes: []string{"sql:read"}, Leases: 4, PerMinute: 7,
	}
	aider, hasty := every, every
	aider.AllRoles = false
	hasty.MaxDuration, hasty.Lease = time.Minute, time.Minute // what is built in is cut to it
	silent, speaking := parsed(t, agentsMap("")), parsed(t, agentsMap(someAgents))
	for _, c := range []struct {
		m     *Map
		agent string
		want  AgentRule
	}{
		{silent, "claude-code", built}, {silent, "", AgentRule{}}, {silent, EveryAgent, built},
		{speaking, "cursor", every}, {speaking, EveryAgent, every}, {speaking, "claude-code", claude}, {speaking, "Claude-Code", claude},
		{speaking, "aider", aider}, {speaking, "hasty", hasty}, {speaking, "", AgentRule{}},
	} {
		if diff := cmp.Diff(c.want, c.m.Agent(c.agent), cmpopts.IgnoreUnexported(AgentRule{})); diff != "" {
			t.Errorf("%q: %s", c.agent, diff)
		}
	}
	if got := strings.Join(speaking.Agents(), " "); got != "aider claude-code hasty" || !speaking.SpeaksOfAgents() || silent.SpeaksOfAgents() {
		t.Error(got)
	}
	// None of what is built in administers, writes, or is for everything.
	for _, s := range built.TokenScopes {
		if m := scope.Modifiers(s); len(m) == 0 || strings.HasPrefix(s, scope.All) {
			t.Errorf("scope %s is built in", s)
		}
	}
}

func TestWhatAgentsMayNotSay(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"default: {verbs: [reed]}":                            `verbs: "reed" is not one of read, write, delete; did you mean read?`,
		"default: {roles: [trainr]}":                          `roles: no role is called "trainr"; did you mean trainer?`,
		"default: {datasets: [modles]}":                       `datasets: no dataset is called "modles"; did you mean models?`,
		"default: {token_scopes: [SQL]}":                      "is not a scope",
		"default: {token_scopes: [offline_access]}":           "is no scope of a workspace token",
		"default: {max_duration: 59s}":                        `max_duration: "59s" is outside 1m to 12h`,
		"default: {max_duration: 13h}":                        "is outside 1m to 12h",
		"default: {lease: 90.5s, max_duration: 1h}":           "is not in whole seconds",
		"default: {lease: soon}":                              "is not a duration, as in 2m or 1h",
		"default: {lease: 16m}":                               `lease of agent "default" is longer than its max_duration, 15m`,
		"x: {lease: 20m, max_duration: 10m}":                  `lease of agent "x" is longer than its max_duration, 10m`,
		"default: {max_duration: 10m}\n  x: {lease: 11m}":     `lease of agent "x" is longer than its max_duration, 10m`,
		"default: {leases: 0}":                                "leases: expected a number from 1 to 1000",
		"default: {per_minute: many}":                         "per_minute: expected a number from 1 to 6000",
		"default: {minutes: 3}":                               `unknown key "minutes"`,
		"Claude: {}":                                          `agents: "Claude" is not the name of an agent`,
		`"a b": {}`:                                           "is not the name of an agent",
		"x: {}\n  x: {}":                                      `agents: duplicate key "x"`,
		"x: [read]":                                           "agent x: expected a mapping",
		"default: {acknowledge: {datasets-overlapp: \"so\"}}": "did you mean datasets-overlap?",
	} {
		_, err := Parse("m.yaml", []byte(agentsMap("agents:\n  "+entry)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", entry, err)
		}
	}
	scopes := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("a%d:read", i)
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	var many strings.Builder
	for i := range maxAgents + 1 {
		fmt.Fprintf(&many, "  a%d: {}\n", i)
	}
	for entries, want := range map[string]string{"agents: {}": "there are none", "agents: []": "expected a mapping",
		"agents: {x: {token_scopes: " + scopes(maxScopes+1) + "}}": "token_scopes: more than 50", "agents:\n" + many.String(): "more than 50"} {
		if _, err := Parse("m.yaml", []byte(agentsMap(entries))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v", entries, err)
		}
	}
}

func TestPoliciesOfAgents(t *testing.T) {
	t.Parallel()
	m := parsed(t, agentsMap(someAgents))
	until := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		agent, role string
		scope       []string
		id          ui.ID
		has, lacks  []string
	}{
		"reads of all": {"cursor", "trainer", nil, "", []string{"churn/*", "features/*", "models/*", "churn/pii/*", "s3:GetObject", "2026-11-30T12:00:00Z"},
			[]string{"PutObject", "DeleteObject"}},
		"some of it":              {"claude-code", "trainer", nil, "", []string{"models/*", "features/*", "PutObject"}, []string{"lake/churn/*", "DeleteObject"}},
		"within a scope":          {"claude-code", "trainer", []string{"models"}, "", []string{"models/*"}, []string{"features"}},
		"no unions":               {"claude-code", "mixed", nil, "", []string{"models/*", "PutObject"}, []string{"glue", "GetObject"}},
		"not its role":            {"claude-code", "reader", nil, "agent-role-denied", nil, nil},
		"no role at all":          {"aider", "trainer", nil, "agent-role-denied", nil, nil},
		"nobody":                  {"", "trainer", nil, "agent-role-denied", nil, nil},
		"statements alone":        {"cursor", "by-hand", nil, "agent-not-narrowable", nil, nil},
		"all that AWS has":        {"cursor", "open", nil, "agent-not-narrowable", nil, nil},
		"nothing in common":       {"claude-code", "trainer", []string{"churn"}, "agent-nothing-left", nil, nil},
		"no verb in common":       {"cursor", "mixed", []string{"models"}, "agent-nothing-left", nil, nil},
		"a dataset of no role":    {"cursor", "trainer", []string{"x"}, "scope-unknown", nil, nil},
		"a role that isn't":       {"cursor", "x", nil, "role-unknown", nil, nil},
		"a role to inherit alone": {"cursor", "base", nil, "role-only-inherited", nil, nil},
		"a role without aws":      {"cursor", "dbx", nil, "role-without-aws", nil, nil},
	} {
		p, err := m.AgentPolicies(c.agent, c.role, c.scope, until)
		if ui.IDOf(err) != c.id || c.id == "" && p.Session == "" {
			t.Errorf("%s: %v, %+v", name, err, p)
			continue
		}
		if strings.HasPrefix(string(c.id), "agent-") && (ui.CodeOf(err) != ui.Refused || !strings.Contains(ui.HintOf(err), "dbxaccess map explain --agent")) {
			t.Errorf("%s: %v, %s", name, ui.CodeOf(err), ui.HintOf(err))
		}
		for _, text := range c.has {
			if !strings.Contains(p.Whole, text) {
				t.Errorf("%s: no %s in %s", name, text, p.Whole)
			}
		}
		for _, text := range c.lacks {
			if strings.Contains(p.Whole, text) {
				t.Errorf("%s: %s in %s", name, text, p.Whole)
			}
		}
	}
	if _, left, err := m.AgentEffective("claude-code", "mixed", nil); err != nil ||
		!slices.Equal(left, []string{"glue:GetTable on *", "managed policy arn:aws:iam::aws:policy/ReadOnlyAccess"}) {
		t.Errorf("%q, %v", left, err)
	}
}

func TestScopesOfAgents(t *testing.T) {
	t.Parallel()
	m := parsed(t, agentsMap("agents: {x: {token_scopes: [jobs]}, none: {token_scopes: []}}"))
	for name, c := range map[string]struct {
		agent, role, workspace string
		want                   string
		ok                     bool
		id                     ui.ID
	}{
		"everything":             {"claude-code", "reader", "", "clusters:read jobs:read sql:read sql:restricted-query unity-catalog:read", true, ""},
		"of the role's":          {"claude-code", "dbx", "prod", "jobs:read sql:read sql:restricted-query", true, ""},
		"its own":                {"x", "dbx", "", "jobs", true, ""},
		"none in common":         {"x", "reader", "bi", "", true, "agent-nothing-left"},
		"none":                   {"none", "dbx", "", "", true, "agent-nothing-left"},
		"another workspace":      {"x", "dbx", "bi", "", false, ""},
		"a role that is unknown": {"x", "y", "", "", false, "role-unknown"},
	} {
		got, ok, err := m.AgentScopes(c.agent, c.role, c.workspace)
		if strings.Join(got, " ") != c.want || ok != c.ok || ui.IDOf(err) != c.id {
			t.Errorf("%s: %q, %v, %v", name, got, ok, err)
		}
	}
}

// A person's session may be narrowed for an agent that may have something of it, where the map speaks of agents; an agent's may not.
func TestPersonsSessionsCanBeNarrowedForAgents(t *testing.T) {
	t.Parallel()
	const action = "sts:GetScopedCredentials"
	narrowed := func(m *Map, role string, scope ...string) bool {
		t.Helper()
		p, err := m.Policies(role, scope, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(p.Session, action)
	}
	m := parsed(t, agentsMap("agents: {claude-code: {verbs: [write], datasets: [models]}, default: {roles: [reader], datasets: [features]}}"))
	for of, want := range map[string]bool{"reader": true, "trainer": false, "mixed": false, "by-hand": false, "open": false} {
		if got := narrowed(m, of); got != want {
			t.Errorf("%s: %v", of, got)
		}
	}
	if narrowed(m, "reader", "churn") || !narrowed(m, "reader", "features") {
		t.Error("not as the scope leaves it")
	}
	if narrowed(parsed(t, agentsMap("")), "reader") {
		t.Error("a map that says nothing of agents")
	}
	p, err := m.AgentPolicies("x", "reader", nil, time.Time{})
	if err != nil || strings.Contains(p.Whole, action) {
		t.Errorf("%s, %v", p.Whole, err)
	}
	// Where there is no room for it, the policy is what it was.
	for n := 1; ; n++ {
		var datasets, names []string
		for i := range n {
			datasets, names = append(datasets, fmt.Sprintf("d%02d: {location: s3://lake/the-place-of-dataset-%02d/}", i, i)), append(names, fmt.Sprintf("d%02d", i))
		}
		text := func(agents string) string {
			return "version: 1\n" + agents + "identities: {acme: {issuer: https://id.example, client_id: x, groups: {ml: [r]}}}\ndatasets: {" + strings.Join(datasets, ", ") +
				"}\nroles: {r: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}, read: [" + strings.Join(names, ", ") + "]}}\n"
		}
		silent, speaking := parsed(t, text("")), parsed(t, text("agents: {default: {}}\n"))
		plain, err := silent.Policies("r", nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if narrowed(speaking, "r") {
			continue
		}
		if got, err := speaking.Policies("r", nil, time.Time{}); err != nil || got != plain {
			t.Errorf("%d datasets: %v, %v", n, got, err)
		}
		break
	}
}
