package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
)

// What the map lets the person do, and not the agent that works for them, is told so: by their own policy it would be allowed.
func TestWhatAnAgentWasRefused(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("m.yaml", []byte(strings.Replace(sample, "version: 1", "version: 1\nagents: {default: {verbs: [read]}, aider: {roles: []}}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	put := "An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::111122223333:assumed-role/ml-trainer/ada@acme.com " +
		`is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::acme-ml/churn/x" because no session policy allows the s3:PutObject action`
	for agent, want := range map[string]struct {
		verdict  Verdict
		says     string
		next     string
		deletion string
	}{
		"": {Allowed, "allows it to ml-trainer", "", ""},
		"codex": {Denied, "allows it by ml-trainer to the person, and not to the coding agent codex, which gets read churn (confidential), features (internal), for 2m at a time",
			"dbxaccess map explain --agent codex", "lets ml-trainer read and write"},
		"aider": {Denied, "which gets nothing: it may take no role", "in a terminal of your own", ""},
	} {
		answer := func(text string) Answer {
			found, err := refusal.Read([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			return Of(found.Refusal, Asker{Map: m, Now: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), Agent: agent})
		}
		if a := answer(put); a.Verdict != want.verdict || !strings.Contains(a.Map, want.says) || !strings.Contains(a.Next.String(), want.next) {
			t.Errorf("%q: %+v", agent, a)
		}
		// What the person may not do either is told of the person.
		if a := answer(strings.ReplaceAll(put, "PutObject", "DeleteObject")); a.Verdict != Denied || !strings.Contains(a.Map, want.deletion) || strings.Contains(a.Map, "agent") {
			t.Errorf("%q: %+v", agent, a)
		}
	}
}
