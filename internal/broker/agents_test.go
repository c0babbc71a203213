package broker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// withAgents is the sandbox's map with rules for agents.
func (w *world) withAgents(rules string) {
	w.t.Helper()
	w.writeMap(w.server.Map() + "agents: { " + rules + " }\n")
}

func (w *world) mustAsAgent(agent string, r broker.Request) *sts.Credentials {
	w.t.Helper()
	c, err := w.asAgent(agent, r)
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", agent, err, ui.HintOf(err))
	}
	return c
}

func (w *world) tokenFor(agent string) (*databricks.Token, error) {
	parts := w.parts()
	parts.Agent = agent
	return broker.New(parts).WorkspaceToken(w.t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"})
}

// may reports whether a policy allows something at a time.
func may(t *testing.T, policy, action, resource string, now time.Time) bool {
	t.Helper()
	p, err := evaluate.Parse(policy)
	if err != nil {
		t.Fatal(err)
	}
	return p.Evaluate(evaluate.Request{Action: action, Resource: resource, Context: map[string][]string{
		"aws:CurrentTime": {now.UTC().Format(time.RFC3339)}, "aws:SecureTransport": {"true"},
	}}).Effect == evaluate.Allow
}

const object = "arn:aws:s3:::acme-ml/churn/part-1"

func TestAnAgentsCredentialsAreNarrowedOutOfThePersons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withAgents("default: { lease: 3m }")
	w.signIn("alice")
	signIns := w.server.Calls()[sandbox.Token]
	w.pass(30 * time.Minute)
	c := w.mustAsAgent("codex", broker.Request{Reason: "look"})
	calls := w.server.STSCalls()
	person, last := calls[0], calls[len(calls)-1]
	if len(calls) != 2 || person.Action != "AssumeRoleWithWebIdentity" || last.Action != "GetScopedCredentials" || last.CallerKeyID != person.AccessKeyID || last.Duration != 3*time.Minute ||
		last.Description != "dbxaccess role=ml-trainer agent=codex reason=look" {
		t.Fatalf("%+v", calls)
	}
	if now := w.clock(); !may(t, person.Policy, "s3:PutObject", object, now) || may(t, last.Policy, "s3:PutObject", object, now) || !may(t, last.Policy, "s3:GetObject", object, now) {
		t.Errorf("the person's %s\nthe agent's %s", person.Policy, last.Policy)
	}
	if left := c.Expires.Sub(w.clock()); left > 3*time.Minute || left < 2*time.Minute {
		t.Errorf("it lives for %s", left)
	}
	issued := w.issued()
	own, agents := issued[len(issued)-2], issued[len(issued)-1]
	if own.Agent != "" || own.Activity != audit.Assume || agents.Agent != "codex" || agents.Activity != audit.Assume || agents.ParentAccessKeyID != own.AccessKeyID ||
		agents.SessionName != own.SessionName || agents.ScopedPolicies != 1 || agents.PolicyDigest == own.PolicyDigest || agents.Subject != own.Subject {
		t.Errorf("recorded as %+v\nand %+v", own, agents)
	}
	// It ends by itself, and is renewed out of what the person has, which takes neither an ID token nor the provider.
	w.pass(3 * time.Minute)
	if again := w.mustAsAgent("codex", broker.Request{Reason: "look"}); again.AccessKeyID == c.AccessKeyID || w.assumed() != 3 {
		t.Errorf("%d calls", w.assumed())
	}
	if w.must("ml-trainer").AccessKeyID != person.AccessKeyID || w.assumed() != 3 {
		t.Error("what was issued on the way is the person's own")
	}
	if got := w.server.Calls()[sandbox.Token]; got != signIns {
		t.Errorf("the provider was asked %d times more", got-signIns)
	}
}

// Where STS narrows nothing the role is assumed by a policy with an end of its own, which the session's own end is behind.
func TestAnAgentsPolicyEndsWhereNothingElseDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withAgents("default: { lease: 3m }")
	w.server.Set(func(b *sandbox.Behaviour) { b.NoScopedCredentials = true })
	w.signIn("alice")
	c := w.mustAsAgent("codex", broker.Request{Run: "churn-7"})
	last := w.lastSTS()
	if last.Action != "AssumeRoleWithWebIdentity" || last.Duration != 15*time.Minute || last.SessionName != "alice@example.com,churn-7,codex" {
		t.Fatalf("%+v", last)
	}
	for after, want := range map[time.Duration]bool{0: true, 2 * time.Minute: true, 3*time.Minute + time.Second: false, 10 * time.Minute: false} {
		if got := may(t, last.Policy, "s3:GetObject", object, w.clock().Add(after)); got != want {
			t.Errorf("%s later: %v, by %s", after, got, last.Policy)
		}
	}
	if may(t, last.Policy, "s3:PutObject", object, w.clock()) {
		t.Errorf("it writes: %s", last.Policy)
	}
	if left := c.Expires.Sub(w.clock()); left > 3*time.Minute || left < 2*time.Minute {
		t.Errorf("it lives for %s", left)
	}
	before := w.assumed() // that STS narrows nothing is remembered
	w.mustAsAgent("codex", broker.Request{Run: "churn-8"})
	if w.assumed() != before+1 || w.lastSTS().Action != "AssumeRoleWithWebIdentity" {
		t.Errorf("%d calls more", w.assumed()-before)
	}
}

// Whatever is asked for in whatever order: what a person and each agent are given is never one another's.
func TestCachesNeverCross(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withAgents("default: { max_duration: 1h }")
	w.signIn("alice")
	given, agents := map[string]string{}, []string{"", "claude-code", "codex", "Codex", "house-agent"}
	for round := range 3 {
		for i := range agents {
			agent := agents[(i*(round+1)+round)%len(agents)]
			for name, r := range map[string]broker.Request{
				"plain": {}, "scoped": {Scope: []string{"churn"}}, "run": {Run: "codex"}, "grant": {From: ofGrant}, "table": {From: ofTable},
			} {
				key := w.mustAsAgent(agent, r).AccessKeyID
				if before, ok := given[key]; ok && before != agent+" "+name {
					t.Errorf("%q is given what %q was", agent+" "+name, before)
				}
				given[key] = agent + " " + name
			}
			token, err := w.tokenFor(agent)
			if err != nil {
				t.Fatal(err)
			}
			if before, ok := given[token.AccessToken.Reveal()]; ok && before != agent+" token" {
				t.Errorf("%q is given the token of %q", agent, before)
			}
			given[token.AccessToken.Reveal()] = agent + " token"
		}
	}
	for _, call := range w.server.ExchangeCalls() {
		if strings.Contains(call.Scope, "restricted-query") == strings.Contains(call.Scope, "all-apis") {
			t.Errorf("a token for %q", call.Scope)
		}
	}
	if calls := w.server.ExchangeCalls(); len(calls) < len(agents) {
		t.Errorf("%d exchanges", len(calls))
	}
}

func TestWhatAnAgentIsRefused(t *testing.T) {
	t.Parallel()
	write := ofTable
	write.Write = true
	grantWrite := ofGrant
	grantWrite.Write = true
	for name, c := range map[string]struct {
		rules string
		r     broker.Request
		id    ui.ID
	}{
		"no role":                         {"default: { roles: [] }", broker.Request{}, "agent-role-denied"},
		"no dataset":                      {"default: { datasets: [] }", broker.Request{}, "agent-nothing-left"},
		"no verb":                         {"default: { verbs: [] }", broker.Request{}, "agent-nothing-left"},
		"a table for longer than it may":  {"default: {}", broker.Request{From: ofTable}, "agent-too-long"},
		"a table to write":                {"default: { max_duration: 1h }", broker.Request{From: write}, "agent-reads-only"},
		"a table, and some datasets":      {"default: { max_duration: 1h, datasets: [churn] }", broker.Request{From: ofTable}, "agent-not-narrowable"},
		"a table of another role":         {"default: { max_duration: 1h, roles: [ml-reader] }", broker.Request{From: ofTable}, "agent-role-denied"},
		"a table, and it reads nothing":   {"default: { max_duration: 1h, verbs: [write] }", broker.Request{From: ofTable}, "agent-not-narrowable"},
		"a table, and no token":           {"default: { max_duration: 1h, token_scopes: [] }", broker.Request{From: ofTable}, "agent-nothing-left"},
		"a service credential":            {"default: { max_duration: 1h }", broker.Request{From: broker.Vended{By: credential.ServiceCredential, Name: "ml-glue"}}, "agent-not-narrowable"},
		"a grant to write":                {"default: {}", broker.Request{From: grantWrite}, "agent-reads-only"},
		"a grant for longer than it may":  {"default: { max_duration: 5m }", broker.Request{From: ofGrant}, "agent-too-long"},
		"a grant of another dataset":      {"default: { datasets: [features] }", broker.Request{From: ofGrant}, "grant-beyond-map"},
		"a grant where it reads nothing":  {"default: { datasets: [] }", broker.Request{From: ofGrant}, "agent-nothing-left"},
		"a role beside that of its entry": {"codex: { roles: [ml-reader] }", broker.Request{}, "agent-role-denied"},
	} {
		w := newWorld(t)
		w.withAgents(c.rules)
		w.signIn("alice")
		w.must("ml-trainer") // which is cached
		before := fmt.Sprint(w.server.Calls())
		got, err := w.asAgent("codex", c.r)
		if got != nil || ui.IDOf(err) != c.id || ui.CodeOf(err) != ui.Refused || ui.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if after := fmt.Sprint(w.server.Calls()); after != before {
			t.Errorf("%s: asked %s, before %s", name, after, before)
		}
		if last := w.records[len(w.records)-1]; last.Refused == nil || last.Agent != "codex" {
			t.Errorf("%s: recorded as %+v", name, last)
		}
		if w.must("ml-trainer") == nil {
			t.Errorf("%s: the person has it", name)
		}
	}
}

// A grant that an agent may read vends for no longer than it may have anything.
func TestAnAgentsGrantIsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withAgents("default: { max_duration: 20m }")
	w.signIn("alice")
	c := w.mustAsAgent("codex", broker.Request{From: ofGrant})
	if left := c.Expires.Sub(w.clock()); left > 20*time.Minute {
		t.Errorf("it lives for %s", left)
	}
}
