package accessmap

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLintsOfAgents(t *testing.T) {
	t.Parallel()
	for agents, want := range map[string]string{
		"":                                                     "",
		"default: {verbs: [read]}":                             "",
		"default: {verbs: [read, write]}":                      "agent-may-write agent default: it may read, write",
		"default: {verbs: [delete]}":                           "agent-may-write agent default: it may delete",
		`default: {token_scopes: [jobs]}`:                      "agent-may-write agent default: a token for jobs may change what is there",
		`default: {token_scopes: ["x:reed"]}`:                  "agent-may-write agent default: a token for x:reed may change what is there\nscope-modifier-unknown scope x:reed of agent default: Databricks documents no modifier reed; did you mean read?",
		"x: {roles: [base]}":                                   "agent-rule-idle agent x: it gets nothing of role base, which can only be inherited",
		"x: {roles: [by-hand]}":                                "agent-rule-idle agent x: it gets nothing of role by-hand, which has no datasets, so it can't be narrowed",
		"x: {roles: [open]}":                                   "agent-rule-idle agent x: it gets nothing of role open, which has no datasets, so it can't be narrowed",
		"x: {verbs: [], roles: [mixed]}":                       "agent-rule-idle agent x: it gets nothing of role mixed, on whose datasets it has no verb in common",
		"x: {token_scopes: [], roles: [dbx]}":                  "agent-rule-idle agent x: it gets nothing of role dbx, whose tokens are for nothing that its own may be for",
		"x: {roles: [reader]}":                                 "",
		"x: {roles: [mixed], datasets: [churn, models]}":       "agent-rule-idle agent x: no role that it may take has one of its verbs on dataset models",
		"x: {leases: 16}":                                      "agent-rule-idle agent x: the entry says nothing that does not hold for every agent",
		"x: {roles: [pay]}":                                    "agent-rule-denied agent x: it gets nothing of role pay, which reaches pay (restricted): the policy keeps that from agents",
		"x: {datasets: [pay]}":                                 "agent-rule-denied agent x: it gets nothing of dataset pay (restricted), which the policy keeps from agents",
		`x: {leases: 1, acknowledge: {agent-may-write: "so"}}`: "acknowledgement-unused agent x acknowledges agent-may-write, and there is no such warning about it",
		`default: {verbs: [write], acknowledge: {agent-may-write: "so"}}`: "agent-may-write agent default: it may write (so)",
	} {
		text := ""
		if agents != "" {
			text = "agents:\n  " + agents
		}
		text = strings.Replace(agentsMap(text), "datasets: {", "policy: {restricted: {agents: deny}}\ndatasets: {pay: {location: s3://pay, sensitivity: restricted}, ", 1) +
			"  pay: {aws: {role_arn: \"arn:aws:iam::111122223333:role/pay\", region: us-east-1}, read: [pay]}\n"
		m := parsed(t, text)
		var got []string
		for _, w := range m.Lint(time.Now()) {
			if strings.Contains(w.Message, "agent ") {
				line := string(w.ID) + " " + w.Message
				if w.Reason != "" {
					line += " (" + w.Reason + ")"
				}
				got = append(got, line)
			}
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s: %q", agents, got)
		}
	}
}

func TestNotesOnAgents(t *testing.T) {
	t.Parallel()
	if notes := parsed(t, agentsMap("")).Notes(time.Now()); len(notes) != 0 {
		t.Errorf("%v", notes)
	}
	text := strings.Replace(agentsMap(someAgents), "bi: {host: https://bi.example, scopes: [genie]}", "bi: {host: https://bi.example, login: browser}", 1) +
		"  set: {aws: {account_id: \"111122223333\", role_name: Set, region: us-east-1}, read: [churn]}\n"
	var got []string
	for _, n := range parsed(t, text).Notes(time.Now()) {
		got = append(got, n.Message)
		if n.Line != 4 {
			t.Errorf("line %d: %s", n.Line, n.Message)
		}
	}
	for _, want := range []string{
		"agents: no agent gets credentials of by-hand, open: without datasets there is nothing that could be less",
		"agents: agents get credentials of set only where AWS lets sts:GetScopedCredentials narrow a permission set",
		"agents: no agent gets a token of workspace bi: what its own sign-in gives has no scopes",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if len(got) != 5 {
		t.Errorf("%q", got)
	}
}
