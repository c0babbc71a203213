package mcpclients

import "runtime"

// clients are those whose file is known. What each passes to the servers that it starts was read in November 2026.
var clients = []Client{
	{
		// "claude mcp add" writes the same, in its scopes user and project. All variables are passed.
		Name: "claude-code", Title: "Claude Code", Docs: "https://code.claude.com/docs/en/mcp",
		form: jsonForm{}, lists: [][]string{{"mcpServers"}}, project: []string{".mcp.json"},
		user:  func(p Places) string { return p.below("CLAUDE_CONFIG_DIR", "", ".claude.json") },
		entry: typed("stdio"),
	},
	{
		// Servers get the few variables of the MCP SDK, and those that the entry names.
		Name: "cursor", Title: "Cursor", Docs: "https://cursor.com/docs/mcp",
		form: jsonForm{}, lists: [][]string{{"mcpServers"}}, project: []string{".cursor/mcp.json"},
		user: func(p Places) string { return p.below("", ".cursor", "mcp.json") },
		entry: func(p Program) fields {
			return append(typed("stdio")(p), environment("env", p, "${env:", "}")...)
		},
	},
	{
		// Of the environment a list of names is passed, and what env_vars names besides:
		// https://github.com/openai/codex/blob/main/codex-rs/rmcp-client/src/utils.rs
		Name: "codex", Title: "Codex", Docs: "https://developers.openai.com/codex/mcp",
		form: tomlForm{}, lists: [][]string{{"mcp_servers"}}, project: []string{".codex/config.toml"},
		user: func(p Places) string { return p.below("CODEX_HOME", ".codex", "config.toml") },
		entry: func(p Program) fields {
			entry := plain(p)
			if len(p.Variables) > 0 {
				entry = append(entry, field{"env_vars", p.Variables})
			}
			return entry
		},
	},
	{
		// All variables are passed.
		Name: "vscode", Title: "VS Code", Docs: "https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
		form: jsonForm{}, lists: [][]string{{"servers"}}, project: []string{".vscode/mcp.json"},
		user:  func(p Places) string { return p.applications("Code", "User", "mcp.json") },
		entry: typed("stdio"),
	},
	{
		// All variables are passed, unless the settings have names like KEY and TOKEN taken out.
		Name: "gemini-cli", Title: "Gemini CLI", Docs: "https://geminicli.com/docs/tools/mcp-server",
		form: jsonForm{}, lists: [][]string{{"mcpServers"}}, project: []string{".gemini/settings.json"},
		user:  func(p Places) string { return p.below("", ".gemini", "settings.json") },
		entry: plain,
	},
	{
		// Since 1.0.10 variables that are taken for safe are passed, and the entry may name others.
		// https://github.com/github/copilot-cli/issues/903
		Name: "copilot-cli", Title: "Copilot CLI", Docs: "https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers",
		form: jsonForm{}, lists: [][]string{{"mcpServers"}}, project: []string{".github/mcp.json"},
		user: func(p Places) string { return p.below("COPILOT_HOME", ".copilot", "mcp-config.json") },
		entry: func(p Program) fields {
			entry := append(typed("local")(p), environment("env", p, "${", ":-}")...)
			return append(entry, field{"tools", []string{"*"}})
		},
	},
	{
		// All variables are passed.
		Name: "goose", Title: "Goose", Docs: "https://block.github.io/goose/docs/guides/config-files",
		form: yamlForm{}, lists: [][]string{{"extensions"}},
		user: func(p Places) string {
			if runtime.GOOS == "windows" {
				return p.applications("Block", "goose", "config", "config.yaml")
			}
			return p.below("XDG_CONFIG_HOME", ".config", "goose", "config.yaml")
		},
		entry: func(p Program) fields {
			return fields{
				{"enabled", true}, {"type", "stdio"}, {"name", Name}, {"description", "Short-lived credentials for AWS and Databricks"},
				{"cmd", p.Path}, {"args", p.arguments()}, {"timeout", 300},
			}
		},
	},
	{
		// All variables are passed. Before version 2 the servers stood in "mcp" itself.
		Name: "opencode", Title: "opencode", Docs: "https://opencode.ai/docs/mcp-servers",
		form: jsonForm{}, lists: [][]string{{"mcp", "servers"}, {"mcp"}}, project: []string{"opencode.jsonc", "opencode.json"},
		user: func(p Places) string {
			return p.first(p.below("XDG_CONFIG_HOME", ".config", "opencode", "opencode.jsonc"), p.below("XDG_CONFIG_HOME", ".config", "opencode", "opencode.json"))
		},
		entry: func(p Program) fields {
			return fields{{"type", "local"}, {"command", append([]string{p.Path}, p.arguments()...)}}
		},
	},
	{
		// What is passed is not documented; an entry may name variables.
		Name: "windsurf", Title: "Windsurf", Docs: "https://docs.windsurf.com/windsurf/cascade/mcp",
		form: jsonForm{}, lists: [][]string{{"mcpServers"}},
		user: func(p Places) string { return p.below("", ".codeium/windsurf", "mcp_config.json") },
		entry: func(p Program) fields {
			return append(plain(p), environment("env", p, "${env:", "}")...)
		},
	},
	{
		// What is passed is not documented; for a variable that an entry names, Kiro asks.
		Name: "kiro", Title: "Kiro", Docs: "https://kiro.dev/docs/mcp/configuration",
		form: jsonForm{}, lists: [][]string{{"mcpServers"}}, project: []string{".kiro/settings/mcp.json"},
		user:  func(p Places) string { return p.below("", ".kiro", "settings", "mcp.json") },
		entry: plain,
	},
}

// plain is the entry that most clients read.
func plain(p Program) fields { return fields{{"command", p.Path}, {"args", p.arguments()}} }

// typed is it with the kind of the server before.
func typed(kind string) func(Program) fields {
	return func(p Program) fields { return append(fields{{"type", kind}}, plain(p)...) }
}

// environment has the client look up the variables, in its own writing. The values are never written.
func environment(key string, p Program, before, behind string) fields {
	var variables fields
	for _, name := range p.Variables {
		variables = append(variables, field{name, before + name + behind})
	}
	if variables == nil {
		return nil
	}
	return fields{{key, variables}}
}
