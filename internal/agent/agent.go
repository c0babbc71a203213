// Package agent tells whether a coding agent asks: a program that works by a language model's decisions on a person's machine,
// as that person.
//
// In come the variables that agents set for the programs they start, and the programs above this one; out comes the agent's name,
// or none. It is a hint and no boundary: who sets no variable, or has it removed, and leaves its parent is taken for the person. So
// it may be used to refuse and to narrow, and must never be used to give anybody more. It runs before main on the way to a cached
// credential, so it imports next to nothing and reads nothing by itself.
package agent

import "strings"

// Variable is that by which a person or a program names the agent that something is run for, as exec does for its program.
const Variable = "DBXACCESS_AGENT"

// known are the variables by which agents are told, in the order in which they are looked at: those of the agents themselves,
// then those that any may set to its name.
// https://github.com/databricks/databricks-sdk-go/blob/main/useragent/agent.go keeps such a list too.
//
// CURSOR_TRACE_ID is not among them: a person's own terminal inside the editor has it.
var known = [...]struct{ variable, name string }{
	{Variable, ""},
	{"CLAUDECODE", "claude-code"},
	{"CLAUDE_CODE_SESSION_ID", "claude-code"},
	{"CURSOR_AGENT", "cursor"},
	{"CODEX_CI", "codex"},
	{"CODEX_THREAD_ID", "codex"},
	{"CODEX_SANDBOX", "codex"},
	{"CODEX_SANDBOX_NETWORK_DISABLED", "codex"},
	{"GEMINI_CLI", "gemini-cli"},
	{"COPILOT_CLI", "copilot-cli"},
	{"VSCODE_AGENT", "vscode"},
	{"AMP_CURRENT_THREAD_ID", "amp"},
	{"ANTIGRAVITY_AGENT", "antigravity"},
	{"AUGMENT_AGENT", "augment"},
	{"CLINE_ACTIVE", "cline"},
	{"GOOSE_TERMINAL", "goose"},
	{"KIRO", "kiro"},
	{"OPENCODE", "opencode"},
	{"PI_CODING_AGENT", "pi"},
	{"WINDSURF_AGENT", "windsurf"},
	{"AI_AGENT", ""},
	{"AGENT", ""},
}

// Unnamed is what an agent is called that says that it is one, and no name that could be shown.
const Unnamed = "unnamed"

// maxName bounds the name that an agent gives itself, in bytes.
const maxName = 64

// Detect names the agent that the variables tell of, "" for none. A name is of letters, digits, dots, underscores and hyphens,
// 64 at most.
func Detect(getenv func(string) string) string {
	name, _ := Told(getenv)
	return name
}

// Told is Detect, and which variable told it: of a person who has one of them for something else, that is what helps.
func Told(getenv func(string) string) (name, variable string) {
	for _, k := range known {
		value := getenv(k.variable)
		switch {
		case value == "", k.variable == Variable && strings.EqualFold(value, Nobody): // a variable makes nobody a person
		case k.name != "":
			return k.name, k.variable
		default:
			return named(value), k.variable
		}
	}
	return "", ""
}

// Nobody is the word by which a person says that no agent asks, however it is written. No agent is called so.
const Nobody = "none"

// named is the name that an agent gives itself, as far as it can be shown.
func named(value string) string {
	if !IsName(value) {
		return Unnamed
	}
	return value
}

// IsName reports whether an agent can be called so.
func IsName(name string) bool {
	strange := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-'
	}
	return name != "" && !strings.EqualFold(name, Nobody) && len(name) <= maxName && !strings.ContainsFunc(name, strange)
}
