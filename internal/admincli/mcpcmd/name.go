package mcpcmd

import (
	"cmp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/agent"
)

// unknownClient is the agent where nothing else tells of one: who speaks to this server is one.
const unknownClient = "mcp"

// clients are how programs call themselves that are known by another name as agents. The others' names are taken as they are.
var clients = map[string]string{
	"claude-ai":                  "claude-desktop",
	"codex-mcp-client":           "codex",
	"cursor-vscode":              "cursor",
	"gemini-cli-mcp-client":      "gemini-cli",
	"github-copilot-developer":   "copilot-cli",
	"visual-studio-code":         "vscode",
	"visual-studio-code-insider": "vscode",
	"cline":                      "cline",
}

// maxName bounds an agent's name, in bytes, as package agent does.
const maxName = 64

// agentName is a name as an agent may have it: in small letters, digits, dots, underscores and hyphens. What can't be one is left out of it;
// "" where nothing is left, and for none, which is how a person says that they are no agent.
func agentName(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			b.WriteRune(r)
		case r == ' ', r == '/':
			b.WriteByte('-')
		}
		if b.Len() == maxName {
			break
		}
	}
	name := strings.Trim(b.String(), ".-_")
	if name == "none" {
		return ""
	}
	return name
}

// agentOf is the agent that is served. named is the one of the flag, client what the program at the other end calls itself.
func agentOf(named string, getenv func(string) string, client string) string {
	name := agentName(client)
	if known := clients[name]; known != "" {
		name = known
	}
	return cmp.Or(named, agentName(agent.Detect(getenv)), name, unknownClient)
}
