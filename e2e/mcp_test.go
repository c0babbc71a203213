package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
)

// A coding agent's program in JavaScript, by both of the protocol's own SDKs and in both generations, is served by the real programs with a
// keyring of the desktop: it learns who is signed in, and runs a command whose credentials it never sees, although the command prints them.
func TestMCPServesNodesClients(t *testing.T) {
	t.Parallel()
	if _, err := admins(); err != nil {
		t.Fatal(err)
	}
	_, l := newDatabricksLaptop(t, `{}`)
	file := filepath.Join(l.Home, "map.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	withData := strings.Replace(string(text), "    workspace: prod\n", "    workspace: prod\n    read: [churn]\n", 1) + "datasets: { churn: { location: s3://acme-ml/churn/ } }\n"
	l.Write(t, "map.yaml", withData, 0o600) // a role without datasets can't be narrowed for an agent
	initialise(t, l)
	databricksLogin(t, l, trainer)
	for _, c := range []struct{ sdk, generation string }{{"sdk", "2025-11-25"}, {"client", "2025-11-25"}, {"client", "2026-07-28"}} {
		told := agentCalls(t, l, c.sdk, c.generation)
		if len(told) != 3 || len(told[0].Tools) < 8 {
			t.Fatalf("%s, %s: %+v", c.sdk, c.generation, told)
		}
		if told[1].Error || !strings.Contains(told[1].Text, `"agent":"node-client"`) || !strings.Contains(told[1].Text, `"signed_in":true`) {
			t.Errorf("%s, %s: whoami: %s", c.sdk, c.generation, told[1].Text)
		}
		if run := told[2]; run.Error || run.Structured.ExitCode != 0 || run.Structured.Redacted < 2 || !strings.Contains(run.Structured.Stdout, "[redacted]") {
			t.Errorf("%s, %s: run: %s", c.sdk, c.generation, run.Text)
		}
	}
}

// agentAnswer is a line of clients/mcp/agent.js.
type agentAnswer struct {
	Tools      []string `json:"tools"`
	Error      bool     `json:"error"`
	Text       string   `json:"text"`
	Structured struct {
		ExitCode int    `json:"exit_code"`
		Redacted int    `json:"redacted"`
		Stdout   string `json:"stdout"`
	} `json:"structured"`
}

// agentCalls has the client ask who is signed in, and run a command that prints the token that it is served. The command keeps the token too, so
// that it can be looked for in all that the client got.
func agentCalls(t *testing.T, l *laptop.Laptop, sdk, generation string) (all []agentAnswer) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("clients/mcp/agent.js")
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(l.Home, "served-"+sdk+generation)
	prints := `curl -s -H 'X-Databricks-Metadata-Version: 1' -H "X-Databricks-Host: $DATABRICKS_HOST" "$DATABRICKS_METADATA_SERVICE_URL" | tee ` + kept + `; echo; base64 ` + kept + `; env`
	calls, err := json.Marshal([][]any{{"whoami", map[string]any{}}, {"run", map[string]any{"role": trainer, "command": []string{"sh", "-c", prints}}}})
	if err != nil {
		t.Fatal(err)
	}
	input := l.Write(t, "calls.json", string(calls), 0o600)
	result := l.Program(t, "/usr/bin/env", "NODE_PATH="+tools.MCP, "sh", "-c", `exec "$@" <`+input, "sh", node, script, sdk, generation, l.Binary(), "mcp")
	if result.Code != 0 {
		t.Fatalf("%s, %s: exit code %d\n%s%s", sdk, generation, result.Code, result.Stdout, result.Stderr)
	}
	answer, err := os.ReadFile(kept)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, result.Stdout, result.Stderr)
	}
	var served struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(answer, &served); err != nil || len(served.Token) < 32 {
		t.Fatalf("the command was served nothing: %s", answer)
	}
	if seen := result.Stdout + result.Stderr; strings.Contains(seen, served.Token) || strings.Contains(seen, served.Token[:24]) || strings.Contains(seen, served.Token[len(served.Token)-24:]) {
		t.Errorf("%s, %s: the model sees the token", sdk, generation)
	}
	for line := range strings.Lines(result.Stdout) {
		var one agentAnswer
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, one)
	}
	return all
}
