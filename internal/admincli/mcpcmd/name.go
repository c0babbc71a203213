package mcpcmd

import (
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

// nameOf is what a program calls itself as an agent may be named: in small letters, digits, dots, underscores and hyphens. What can't be in
// a name is left out of it; "" where nothing is left.
func nameOf(client string) string {
	const longest = 64 // as package agent has it
	var b strings.Builder
	for _, r := range strings.ToLower(client) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			b.WriteRune(r)
		case r == ' ', r == '/':
			b.WriteByte('-')
		}
		if b.Len() == longest {
			break
		}
	}
	name := strings.Trim(b.String(), ".-_")
	if known := clients[name]; known != "" {
		return known
	}
	if !agent.IsName(name) {
		return ""
	}
	return name
}
