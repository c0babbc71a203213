package agent

import (
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		variables map[string]string
		want      string
	}{
		"a person":                         {map[string]string{"TERM": "xterm", "SSH_AGENT_PID": "7", "CURSOR_TRACE_ID": "abc"}, ""},
		"Claude Code":                      {map[string]string{"CLAUDECODE": "1"}, "claude-code"},
		"a variable that is empty":         {map[string]string{"CLAUDECODE": "", "CODEX_SANDBOX": "seatbelt"}, "codex"},
		"one that names itself":            {map[string]string{"AI_AGENT": "house-agent_1.2"}, "house-agent_1.2"},
		"by the other variable":            {map[string]string{"AGENT": "goose"}, "goose"},
		"named by who starts it":           {map[string]string{"DBXACCESS_AGENT": "other", "CLAUDECODE": "1"}, "other"},
		"no variable makes a person":       {map[string]string{"DBXACCESS_AGENT": "none", "CLAUDECODE": "1"}, "claude-code"},
		"however it is written":            {map[string]string{"DBXACCESS_AGENT": "None", "AGENT": "NONE"}, Unnamed},
		"nor an agent by that word":        {map[string]string{"DBXACCESS_AGENT": "none"}, ""},
		"what it is before what it says":   {map[string]string{"AGENT": "me", "GEMINI_CLI": "1"}, "gemini-cli"},
		"a name that can't be shown":       {map[string]string{"AGENT": "a\x1b[2Jb"}, Unnamed},
		"a name that is a sentence":        {map[string]string{"AGENT": "the best agent"}, Unnamed},
		"a name that is too long to be so": {map[string]string{"AI_AGENT": strings.Repeat("a", maxName+1)}, Unnamed},
	} {
		if got := Detect(func(name string) string { return c.variables[name] }); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for _, k := range known { // whichever is set alone is enough
		if name, variable := Told(func(name string) string { return map[string]string{k.variable: "1"}[name] }); name == "" || variable != k.variable {
			t.Errorf("%s tells of no agent: %q by %q", k.variable, name, variable)
		}
	}
}

// It is looked at on the way to each cached credential.
func TestLookingCostsNoMemory(t *testing.T) {
	variables := map[string]string{"TERM": "xterm", "AGENT": "house-agent"}
	if n := testing.AllocsPerRun(100, func() { _ = Detect(func(name string) string { return variables[name] }) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("AGENT", "x")
	f.Fuzz(func(t *testing.T, variable, value string) {
		got := Detect(func(name string) string { return map[string]string{variable: value}[name] })
		if len(got) > maxName || strings.ContainsFunc(got, func(c rune) bool { return c <= ' ' || c > '~' }) {
			t.Errorf("%q", got)
		}
	})
}
