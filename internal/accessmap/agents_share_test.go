package accessmap

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestSharesOfAgents(t *testing.T) {
	t.Parallel()
	text := strings.Replace(agentsMap("agents: {slow: {max_duration: 2h, lease: 2h}, none: {token_scopes: []}}"), "datasets: {",
		"policy: {confidential: {max_duration: 30m}, restricted: {agents: deny}}\ndatasets: {pay: {location: s3://pay, sensitivity: restricted}, log: {location: s3://log, sensitivity: confidential}, ", 1) +
		"  pay: {aws: {role_arn: \"arn:aws:iam::111122223333:role/pay\", region: us-east-1}, read: [pay], workspace: prod}\n" +
		"  log: {aws: {role_arn: \"arn:aws:iam::111122223333:role/log\", region: us-east-1}, read: [log]}\n" +
		"  short: {aws: {role_arn: \"arn:aws:iam::111122223333:role/short\", region: us-east-1, duration: 15m}, read: [churn]}\n" +
		"  both: {aws: {role_arn: \"arn:aws:iam::111122223333:role/both\", region: us-east-1}, unrestricted: true, workspace: prod}\n"
	m := parsed(t, text)
	for of, want := range map[string]struct {
		may         bool
		refused     ui.ID
		lease, life time.Duration
		words       string
	}{
		"x reader":   {true, "", 2 * time.Minute, 15 * time.Minute, "read churn, features; for 2m at a time; a token of workspace prod for clusters:read, jobs:read, sql:read, sql:restricted-query, unity-catalog:read"},
		"slow log":   {true, "", 30 * time.Minute, 30 * time.Minute, "read log; for 30m at a time"}, // no longer than the data's rule
		"slow short": {true, "", 15 * time.Minute, 2 * time.Hour, "read churn; for 15m at a time"},  // nor than the role
		"x pay":      {false, "agents-denied", 0, 0, "nothing: it reaches pay (restricted), which the map keeps from agents (policy: agents: deny)"},
		"x both": {true, "agent-not-narrowable", 0, 15 * time.Minute,
			"nothing at AWS: the access map gives the role no datasets, so it can't be narrowed for agents; a token of workspace prod for clusters:read, jobs:read, sql:read, sql:restricted-query, unity-catalog:read"},
		"none dbx": {false, "agent-nothing-left", 0, 15 * time.Minute, "nothing: a token of workspace prod is for jobs, sql, the agent may have none: they have nothing in common"},
		"x base":   {false, "", 0, 15 * time.Minute, ""},
	} {
		agent, role, _ := strings.Cut(of, " ")
		s, err := m.AgentShare(agent, role)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(s.Words(func(names []string) []string { return names }), "; ")
		if s.MayTake != want.may || s.Refused != want.refused || s.Lease() != want.lease || s.Life != want.life || words != want.words {
			t.Errorf("%s: %+v, %s", of, s, words)
		}
	}
	if _, err := m.AgentShare("x", "y"); ui.IDOf(err) != "role-unknown" {
		t.Error(err)
	}
}
