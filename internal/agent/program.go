package agent

import "strings"

// programs are those that agents run as, by the names of their files. An editor that has an agent is not among them, since a
// person's own terminal inside it descends from it too, and neither is copilot, which AWS has another program of.
var programs = [...]struct{ program, name string }{
	{"aider", "aider"},
	{"amp", "amp"},
	{"auggie", "augment"},
	{"claude", "claude-code"},
	{"cline", "cline"},
	{"codex", "codex"},
	{"cursor-agent", "cursor"},
	{"gemini", "gemini-cli"},
	{"goose", "goose"},
	{"kiro-cli", "kiro"},
	{"opencode", "opencode"},
}

// OfProgram names the agent that a program is, by the name or path of its file; "" for any other.
func OfProgram(path string) string {
	base := path[strings.LastIndexAny(path, `/\`)+1:]
	for _, p := range programs {
		if base == p.program || base == p.program+".exe" {
			return p.name
		}
	}
	return ""
}

// OfLine names the agent that a running program is, by the name that the system has of it and, where that is an interpreter's, by
// the first words that it was started with: as in node /usr/bin/claude, or python -m aider. words are asked for then alone.
func OfLine(called string, words func() []string) string {
	if name := OfProgram(called); name != "" || !interprets(called) {
		return name
	}
	for i, word := range words() {
		if i == 0 || strings.HasPrefix(word, "-") { // its own name, which it may have changed to that of what it runs
			if name := OfProgram(word); i == 0 && name != "" {
				return name
			}
			continue
		}
		return OfProgram(word)
	}
	return ""
}

// interprets reports whether a program by this name runs another's text. Node calls its first thread MainThread, and Linux the process
// by that.
func interprets(called string) bool {
	called = strings.TrimSuffix(called, ".exe")
	switch called {
	case "node", "MainThread", "node-MainThread", "bun", "deno":
		return true
	}
	version, python := strings.CutPrefix(called, "python")
	return python && strings.Trim(version, "0123456789.") == ""
}

// MaxSteps bounds how far up the programs above one are looked at.
const MaxSteps = 16
