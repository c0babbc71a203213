package mcpclients

import (
	"errors"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestWhatCannotBeChangedForCertainIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ client, text, want string }{
		{"cursor", "{\n  \"mcpServers\": {\n  \"a\": canary}\n}\n", "line 3, column 8: no value of JSON"},
		{"cursor", `{"mcpServers": {}`, "line 1, column 18: neither a comma nor the end"},
		{"cursor", `{"mcpServers": {}} {}`, "line 1, column 20: more than one value"},
		{"cursor", `{"mcpServers": {}, "mcpServers": {}}`, "column 20: a second member mcpServers"},
		{"cursor", `{"mcpServers": []}`, "column 16: no object"},
		{"cursor", `[]`, "column 1: no object"},
		{"cursor", `{canary: 1}`, "column 2: no name in double quotes"},
		{"cursor", `{"a" 1}`, "column 6: no colon"},
		{"cursor", `/* canary`, "column 1: a comment that does not end"},
		{"cursor", strings.Repeat("[", 1<<20), "too deep"},
		{"cursor", "\xff\xfe{\x00}\x00", "no text in UTF-8"},
		{"codex", "model = \n", "line 1, column 9: this is no TOML"},
		{"codex", "mcp_servers = {}\n", "mcp_servers is written in a form that can't be added to"},
		{"codex", strings.Repeat("[", 1<<20), "too large"},
		{"goose", "extensions: [canary]\n", "line 1, column 13: no list of extensions"},
		{"goose", "extensions:\n\t- canary\n", "this is no YAML (line 2: found character that cannot start any token)"},
		{"goose", "a: 1\n---\nb: 2\n", "more than one document"},
		{"goose", "{a: 1}\n", "no list of settings, a line each"},
		{"goose", "extensions: ~\n", "written in a form"},
		{"goose", "extensions: {}\nextensions: {}\n", "one of them is there twice"},
	} {
		c, err := Find(test.client)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Install("file", []byte(test.text), program(c), "")
		_, syntax := errors.AsType[*SyntaxError](err)
		if ui.IDOf(err) != "mcp-file-unreadable" || !syntax || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s of %.40q: %v, want %s", test.client, test.text, err, test.want)
		}
	}
}

func TestAnEntryThatIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"mcpServers": {"dbxaccess": {"command": "npx", "args": ["mcp"]}}}`,
		`{"mcpServers": {"dbxaccess": {"command": "/usr/local/bin/dbxaccess", "args": ["exec"]}}}`,
		`{"mcpServers": {"dbxaccess": {"url": "https://example.com"}}}`,
		`{"mcpServers": {"dbxaccess": null}}`,
	} {
		c, _ := Find("cursor")
		if _, err := c.Install("file", []byte(text), program(c), ""); ui.IDOf(err) != "mcp-entry-foreign" {
			t.Errorf("%s: %v", text, err)
		}
		if plan, err := c.Remove("file", []byte(text), ""); err != nil || string(plan.After) != text {
			t.Errorf("%s: %v, %s", text, err, plan.After)
		}
	}
}

func TestEntriesInOtherForms(t *testing.T) {
	t.Parallel()
	for client, text := range map[string]string{
		"codex": "[mcp_servers]\ndbxaccess = {command = \"/usr/bin/dbxaccess\", args = [\"mcp\"]}\n",
		"goose": "extensions: {dbxaccess: {cmd: /usr/bin/dbxaccess, args: [mcp]}}\n",
	} {
		c, _ := Find(client)
		if _, err := c.Remove("file", []byte(text), ""); ui.IDOf(err) != "mcp-file-unreadable" || !strings.Contains(err.Error(), "take it out by hand") {
			t.Errorf("%s: %v", client, err)
		}
	}
	c, _ := Find("goose")
	before := "extensions: {} # none\n"
	plan, err := c.Install("file", []byte(before), program(c), "")
	if err != nil {
		t.Fatal(err)
	}
	if undone, err := c.Remove("file", plan.After, plan.Inserted); err != nil || string(undone.After) != before {
		t.Errorf("undoing: %v, %s", err, undone.After)
	}
}

func TestALaterEditOfOthersStays(t *testing.T) {
	t.Parallel()
	c, _ := Find("cursor")
	plan, err := c.Install("file", nil, program(c), "")
	if err != nil {
		t.Fatal(err)
	}
	// The client writes the file anew, in its own form, with a server behind ours.
	later := "{\n\t\"mcpServers\": {\n\t\t\"dbxaccess\": {\"command\": \"/usr/local/bin/dbxaccess\", \"args\": [\"mcp\"]},\n\t\t\"files\": {\"command\": \"npx\"}\n\t}\n}\n"
	undone, err := c.Remove("file", []byte(later), plan.Inserted)
	if want := "{\n\t\"mcpServers\": {\n\t\t\"files\": {\"command\": \"npx\"}\n\t}\n}\n"; err != nil || string(undone.After) != want {
		t.Errorf("%v\n%s", err, undone.After)
	}
	// And before it.
	later = `{"mcpServers": {"files": {"command": "npx"}, "dbxaccess": {"command": "/usr/local/bin/dbxaccess", "args": ["mcp"]}}}`
	undone, err = c.Remove("file", []byte(later), plan.Inserted)
	if want := `{"mcpServers": {"files": {"command": "npx"} }}`; err != nil || string(undone.After) != want {
		t.Errorf("%v\n%s", err, undone.After)
	}
}

func TestPathsThatClientsWouldReplace(t *testing.T) {
	t.Parallel()
	c, _ := Find("cursor")
	for _, path := range []string{"/opt/${HOME}/dbxaccess", "/opt/$x/dbxaccess", "dbxaccess", "/opt/\x1b/dbxaccess", "/opt/%x%/dbxaccess", "/opt/{env:X}/dbxaccess"} {
		if _, err := c.Install("file", nil, Program{Path: path, Agent: "cursor"}, ""); ui.IDOf(err) != "mcp-program-path" {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestServers(t *testing.T) {
	t.Parallel()
	c, _ := Find("claude-code")
	servers, err := c.Servers("file", []byte(`{
		"mcpServers": {"far": {"type": "http", "url": "https://example.com", "headers": {"Authorization": "Bearer x"}}},
		"projects": {"/p": {"mcpServers": {"near": {"command": "npx", "args": ["-y", "x"], "env": {"A": "b"}}}}, "/q": 1}
	}`))
	if err != nil || len(servers) != 2 {
		t.Fatalf("%v, %v", err, servers)
	}
	if got := strings.Join(servers[0].Settings, " "); got != "Authorization=Bearer x type=http url=https://example.com" {
		t.Error(got)
	}
	if s := servers[1]; s.Command != "npx" || len(s.Args) != 2 || s.Settings[0] != "A=b" || s.Ours() {
		t.Error(s)
	}
	if _, err := c.Servers("file", []byte("{")); ui.IDOf(err) != "mcp-file-unreadable" {
		t.Error(err)
	}
	if !(Server{Command: `C:\bin\dbxaccess.exe`, Args: []string{"mcp"}}).Ours() {
		t.Error("a program of Windows is not known")
	}
}

// An entry that a project's file has already may do more than start the program: that is told by its names.
func TestWhatAnEntrySaysBesides(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ client, text, want string }{
		{"cursor", `{"mcpServers": {"dbxaccess": {"command": "/x/dbxaccess", "args": ["mcp", "--agent", "cursor"]}}}`, ""},
		{"cursor", `{"mcpServers": {"dbxaccess": {"command": "/x/dbxaccess", "args": ["mcp", "--agent", "cursor"], "env": {"AWS_CA_BUNDLE": "${env:AWS_CA_BUNDLE}"}}}}`, ""},
		{"cursor", `{"mcpServers": {"dbxaccess": {"command": "/x/dbxaccess", "args": ["mcp", "--agent", "cursor"], "env": {"LD_PRELOAD": "./x.so"}}}}`, "env"},
		{"cursor", `{"mcpServers": {"dbxaccess": {"command": "/usr/local/bin/dbxaccess", "args": ["mcp", "--agent", "other"], "envFile": "x"}}}`, "args envFile"},
		{"cursor", `{"mcpServers": {"dbxaccess": {"command": "/x/dbxaccess", "args": ["mcp", "--agent", "cursor"], "cmd": []}}}`, "cmd"},
		{"gemini-cli", `{"mcpServers": {"dbxaccess": {"command": "/x/dbxaccess", "args": ["mcp", "--agent", "gemini-cli"], "trust": true}}}`, "trust"},
		{"opencode", `{"mcp": {"dbxaccess": {"type": "local", "command": ["/x/dbxaccess", "mcp", "--agent", "opencode"]}}}`, ""},
		{"opencode", `{"mcp": {"dbxaccess": {"type": "local", "command": ["/x/dbxaccess", "mcp", "--agent", "x"], "environment": {"A": "b"}}}}`, "command environment"},
		{"codex", "[mcp_servers.dbxaccess]\ncommand = \"/x/dbxaccess\"\nargs = [\"mcp\", \"--agent\", \"codex\"]\nenv_vars = [\"A\"]\n", ""},
		{"codex", "[mcp_servers.dbxaccess]\ncommand = \"/x/dbxaccess\"\nargs = [\"mcp\", \"--agent\", \"codex\"]\nenv = { A = \"b\" }\n", "env"},
		{"goose", "extensions:\n  dbxaccess:\n    type: stdio\n    cmd: /x/dbxaccess\n    args: [mcp, --agent, goose]\n    envs: {A: b}\n", "envs"},
	} {
		c, err := Find(test.client)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := c.Install("file", []byte(test.text), program(c), "")
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
		} else if got := strings.Join(plan.Besides, " "); got != test.want {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
}
